package compile_test

import (
	"fmt"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/compile"
)

// mounted makes a case of some entries of mounts.
func mounted(name string, list ...specs.Mount) planCase {
	return planCase{name, func(in *compile.Input) { mounts(in, list...) }}
}

var mountCases = []planCase{
	mounted("mount-proc", specs.Mount{Type: "proc", Source: "proc", Destination: "/proc", Options: []string{"hidepid=2", "nosuid", "noexec", "nodev"}}),
	mounted("mount-sysfs", specs.Mount{Type: "sysfs", Source: "sysfs", Destination: "/sys", Options: []string{"ro", "nosuid"}}),
	mounted("mount-tmpfs", tmpfs("/tmp", "nosuid", "strictatime", "mode=1777", "size=65536k")),
	mounted("mount-tmpfs-readonly", tmpfs("/dev", "ro", "mode=755"), tmpfs("/dev/shm", "rro", "rnoatime")),
	{"mount-tmpfs-keeps-mode", func(in *compile.Input) {
		mounts(in, tmpfs("/tmp"))
		in.Mounts[0].DestMode = 0o1777
	}},
	{"mount-tmpfs-over-nothing", func(in *compile.Input) {
		mounts(in, tmpfs("/dev"), tmpfs("/dev/shm"))
		in.Mounts[0].DestMode, in.Mounts[1].DestMode = 0o755, 0o700
	}},
	mounted("mount-devpts-mqueue",
		specs.Mount{Type: "devpts", Source: "devpts", Destination: "/dev/pts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "gid=5"}},
		specs.Mount{Type: "mqueue", Source: "mqueue", Destination: "/dev/mqueue", Options: []string{"nosuid", "noexec", "nodev"}}),
	mounted("mount-device", specs.Mount{Type: "ext4", Source: "/dev/sdb1", Destination: "data", Options: []string{"ro", "sync", "lazytime", "iversion", "silent", "errors=panic"}}),
	mounted("mount-overlay", specs.Mount{Type: "overlay", Source: "overlay", Destination: "/o", Options: []string{`lowerdir=/a\,b:/c,upperdir=/u`, "workdir=/w", "ro"}}),
	mounted("mount-selinux-context", tmpfs("/tmp", `context="system_u:object_r:container_file_t:s0:c1,c2"`, "mode=755")),
	mounted("mount-dots", tmpfs("/a/../b/./c//d/..")),

	mounted("bind", bind("/src", "/dst")),
	{"bind-file", func(in *compile.Input) {
		mounts(in, bind("/etc/hosts", "/etc/hosts"))
		in.Mounts[0].SourceFile = true
	}},
	mounted("bind-not-recursive", specs.Mount{Type: "none", Source: "/src", Destination: "/dst", Options: []string{"bind"}}),
	mounted("bind-readonly", bind("/src", "/dst", "ro", "nosuid", "nodev", "noexec", "nosymfollow")),
	mounted("bind-recursive-readonly", bind("/src", "/dst", "rro", "rnosuid", "rnoatime")),
	mounted("bind-recursive-and-plain", bind("/src", "/dst", "rro", "rw")),
	mounted("bind-atime", bind("/a", "/a", "noatime"), bind("/b", "/b", "relatime"), bind("/c", "/c", "strictatime", "nodiratime"), bind("/d", "/d", "norelatime")),
	mounted("bind-clears", bind("/src", "/dst", "rw", "suid", "dev", "exec", "atime", "diratime", "symfollow")),
	mounted("bind-slave", bind("/src", "/dst", "rslave")),
	mounted("bind-shared", bind("/src", "/dst", "rshared")),
	mounted("bind-private", bind("/src", "/dst", "private")),
	mounted("bind-unbindable", bind("/src", "/dst", "runbindable", "slave")),
	mounted("bind-idmap", specs.Mount{
		Type: "bind", Source: "/src", Destination: "/dst", Options: []string{"rbind", "idmap"},
		UIDMappings: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 10}},
		GIDMappings: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 200000, Size: 10}, {ContainerID: 10, HostID: 5, Size: 1}},
	}),
	{"bind-idmap-of-container", func(in *compile.Input) {
		userns(in)
		mounts(in, bind("/src", "/dst", "ridmap"), bind("/b", "/b", "idmap"))
	}},
	{"bind-idmap-of-joined", func(in *compile.Input) {
		join(in, specs.UserNamespace, "/proc/7/ns/user")
		mounts(in, bind("/src", "/dst", "ridmap"))
	}},
	mounted("remount", tmpfs("/t"), specs.Mount{Destination: "/t", Options: []string{"remount", "ro", "noexec"}}),
	mounted("remount-bind", bind("/src", "/dst"), specs.Mount{Type: "bind", Source: "/src", Destination: "/dst", Options: []string{"bind", "remount", "ro", "rprivate"}}),
	mounted("tmpcopyup", tmpfs("/etc", "tmpcopyup", "mode=755", "nosuid")),
	mounted("tmpcopyup-readonly", tmpfs("/etc", "tmpcopyup", "ro", "nosuid"), bind("/h", "/etc/h")),
	mounted("mount-order", bind("/a", "/a"), tmpfs("/t", "tmpcopyup"), tmpfs("/a/b"), bind("/c", "/a/b/c")),
	{"bind-batches", func(in *compile.Input) {
		for i := range 34 {
			mounts(in, bind(fmt.Sprintf("/s%d", i), fmt.Sprintf("/d%d", i)))
		}
	}},
	mounted("mount-below-proc", tmpfs("/proc/stat"), tmpfs("/proc/sys/fs/binfmt_misc")),
}

// refused makes a case of one mount that is an error.
func refused(name string, m specs.Mount) planCase { return mounted("refused-"+name, m) }

var refusedCases = []planCase{
	refused("root", tmpfs("/x/..")),
	refused("bind-data", bind("/src", "/dst", "mode=755")),
	refused("bind-type", specs.Mount{Type: "bind", Source: "/src", Destination: "/dst", Options: []string{"ro"}}),
	refused("no-type", specs.Mount{Source: "/src", Destination: "/dst"}),
	refused("tmpcopyup-bind", bind("/src", "/dst", "tmpcopyup")),
	refused("tmpcopyup-type", specs.Mount{Type: "ramfs", Destination: "/dst", Options: []string{"tmpcopyup"}}),
	refused("idmap-type", specs.Mount{Type: "tmpfs", Destination: "/dst", Options: []string{"idmap"}}),
	refused("inside-proc", bind("/src", "/proc/self/attr")),
	refused("remount-data", specs.Mount{Type: "tmpfs", Destination: "/dst", Options: []string{"remount", "size=1k"}}),
	refused("idmap-without-maps", bind("/src", "/dst", "idmap")),
	{"refused-mounts-of-host", func(in *compile.Input) {
		in.Spec.Linux.Namespaces = nil
		mounts(in, tmpfs("/tmp"))
	}},
	{"refused-readonly-of-host", func(in *compile.Input) {
		in.Spec.Linux.Namespaces = nil
		in.Spec.Root.Readonly = true
	}},
	{"refused-masks-of-host", func(in *compile.Input) {
		in.Spec.Linux.Namespaces = nil
		in.Spec.Linux.MaskedPaths = []string{"/proc/kcore"}
	}},
	{"refused-rlimit", func(in *compile.Input) {
		in.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_FOO"}}
	}},
	{"refused-scheduler", func(in *compile.Input) {
		in.Spec.Process.Scheduler = &specs.Scheduler{Policy: "SCHED_NONE"}
	}},
	{"refused-nodes", func(in *compile.Input) {
		in.Spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: "MPOL_BIND", Nodes: "3-1"}
	}},
	{"refused-apparmor", func(in *compile.Input) { in.Spec.Process.ApparmorProfile = "box" }},
	{"refused-selinux", func(in *compile.Input) { in.Spec.Process.SelinuxLabel = "box_t" }},
	{"refused-device-type", func(in *compile.Input) {
		in.Spec.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/x", Type: "z"}}
	}},
	{"refused-sysctl", func(in *compile.Input) {
		in.Spec.Linux.Sysctl = map[string]string{"../x": strings.Repeat("1", 3)}
	}},
}

var rootfsCases = []planCase{
	{"root-readonly", func(in *compile.Input) { in.Spec.Root.Readonly = true }},
	{"root-no-pivot", func(in *compile.Input) { in.NoPivot = true }},
	{"paths-masked", func(in *compile.Input) {
		in.Spec.Linux.MaskedPaths = []string{"/proc/kcore", "/sys/firmware/"}
	}},
	{"paths-readonly", func(in *compile.Input) {
		in.Spec.Linux.ReadonlyPaths = []string{"/proc/sys", "/a/../proc/bus"}
	}},
	{"paths-readonly-and-masked", func(in *compile.Input) {
		in.Spec.Root.Readonly = true
		in.Spec.Linux.ReadonlyPaths = []string{"/proc/sys"}
		in.Spec.Linux.MaskedPaths = []string{"/proc/kcore"}
	}},
}

func init() {
	for _, p := range []string{"shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable"} {
		rootfsCases = append(rootfsCases, planCase{"propagation-" + p, func(in *compile.Input) {
			in.Spec.Linux.RootfsPropagation = p
			mounts(in, bind("/src", "/dst"))
		}})
	}
}
