package compile_test

import (
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/compile"
)

// TestRootlessPlans holds what a feature changes in the plan of an unprivileged
// caller, called rootless-self-map, against its golden file.
func TestRootlessPlans(t *testing.T) {
	for _, tc := range rootlessCases {
		t.Run(tc.name, func(t *testing.T) {
			base, in := input(), input()
			rootless(base)
			rootless(in)
			tc.change(in)
			golden(t, tc.name, against(listing(t, base), listing(t, in), true))
		})
	}
}

// inUserns makes the caller root of a user namespace that its other namespaces do not
// belong to, as unshare -Ur does.
func inUserns(in *compile.Input) {
	base := input()
	in.Spec = base.Spec
	in.Host.EUID, in.Host.EGID, in.Host.InUserNS, in.Host.Caps = 0, 0, true, allCaps
	in.SetgroupsDenied = true
}

var rootlessCases = []planCase{
	{"rootless-bind", func(in *compile.Input) { mounts(in, bind("/src", "/dst", "ro", "nodev")) }},
	{"rootless-bind-sys", func(in *compile.Input) { mounts(in, bind("/sys", "/sys", "ro", "nosuid")) }},
	{"rootless-bind-file", func(in *compile.Input) {
		mounts(in, bind("/etc/hosts", "/etc/hosts"))
		in.Mounts[0].SourceFile = true
	}},
	{"rootless-bind-shared", func(in *compile.Input) { mounts(in, bind("/src", "/dst", "rshared")) }},
	{"rootless-sysfs-of-host", func(in *compile.Input) { mounts(in, sysfs()) }},
	{"rootless-sysfs-own", func(in *compile.Input) {
		with(in, specs.NetworkNamespace)
		mounts(in, sysfs())
	}},
	{"rootless-sysfs-joined", func(in *compile.Input) {
		join(in, specs.NetworkNamespace, "/run/netns/a")
		mounts(in, sysfs())
	}},
	{"rootless-masks", func(in *compile.Input) { in.Spec.Linux.MaskedPaths = []string{"/proc/kcore"} }},
	{"rootless-tmpcopyup", func(in *compile.Input) {
		mounts(in, tmpfs("/etc", "tmpcopyup", "mode=755"), tmpfs("/run", "tmpcopyup", "ro", "nosuid"))
	}},
	{"rootless-devices", func(in *compile.Input) {
		in.Spec.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/fuse", Type: "c", Major: 10, Minor: 229}, {Path: "/dev/p", Type: "p"}}
	}},
	{"rootless-no-pivot", func(in *compile.Input) { in.NoPivot = true }},
	{"rootless-cgroup-v2", func(in *compile.Input) { in.Cgroup = v2Set() }},
	{"rootless-cgroup-mount", func(in *compile.Input) {
		in.Cgroup = v2Set()
		mounts(in, specs.Mount{Type: "cgroup", Source: "cgroup", Destination: "/sys/fs/cgroup", Options: []string{"ro"}})
	}},
	{"rootless-cgroup-delegated", func(in *compile.Input) {
		in.Cgroup = v2Set()
		with(in, specs.CgroupNamespace)
		mounts(in, specs.Mount{Type: "cgroup", Source: "cgroup", Destination: "/sys/fs/cgroup"})
	}},
	{"rootless-cgroup-not-given-away", func(in *compile.Input) {
		in.Cgroup = v2Set()
		with(in, specs.CgroupNamespace)
		mounts(in, specs.Mount{Type: "cgroup", Source: "cgroup", Destination: "/sys/fs/cgroup"})
		in.Spec.Linux.UIDMappings[0].HostID = 100000
	}},
	{"rootless-without-mount-namespace", func(in *compile.Input) { in.Spec.Linux.Namespaces = in.Spec.Linux.Namespaces[1:] }},
	{"rootless-terminals-group", func(in *compile.Input) {
		in.MadeUserNS = true
		mounts(in, devpts())
	}},
	{"rootless-score-of-joined", func(in *compile.Input) {
		in.Spec.Linux.Namespaces[1].Path = "/proc/7/ns/user"
		in.Spec.Process.OOMScoreAdj = ptr(7)
	}},
	{"rootless-rlimit", func(in *compile.Input) {
		in.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 10, Hard: 524288}}
	}},
	{"rootless-in-userns", inUserns},
	{"rootless-in-userns-sysfs", func(in *compile.Input) {
		inUserns(in)
		mounts(in, sysfs())
	}},
	{"rootless-in-userns-own-mounts", func(in *compile.Input) {
		inUserns(in)
		in.Host.ForeignMounts, in.Host.ForeignNet = false, false
		mounts(in, sysfs(), bind("/src", "/dst"))
	}},

	{"refused-rootless-group-option", func(in *compile.Input) { mounts(in, devpts()) }},
	{"refused-rootless-owner-option", func(in *compile.Input) {
		in.MadeUserNS = true
		mounts(in, tmpfs("/tmp", "uid=7"))
	}},
	{"refused-rootless-groups", func(in *compile.Input) { in.Spec.Process.User.AdditionalGids = []uint32{0} }},
	{"refused-rootless-unmapped-group", func(in *compile.Input) {
		in.MadeUserNS = true
		in.Spec.Linux.GIDMappings[0].Size = 4
		in.Spec.Process.User.AdditionalGids = []uint32{4}
	}},
	{"refused-rootless-rlimit", func(in *compile.Input) {
		in.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 10, Hard: 524289}}
	}},
	{"refused-rootless-net-device", func(in *compile.Input) {
		with(in, specs.NetworkNamespace)
		in.Spec.Linux.NetDevices = map[string]specs.LinuxNetDevice{"eth0": {}}
	}},
	{"refused-rootless-idmap", func(in *compile.Input) { mounts(in, bind("/src", "/dst", "idmap")) }},
	{"refused-rootless-joined-mount", func(in *compile.Input) { in.Spec.Linux.Namespaces[0].Path = "/proc/7/ns/mnt" }},
}

func sysfs() specs.Mount {
	return specs.Mount{Type: "sysfs", Source: "sysfs", Destination: "/sys", Options: []string{"nosuid", "noexec", "nodev", "ro"}}
}

func devpts() specs.Mount {
	return specs.Mount{Type: "devpts", Source: "devpts", Destination: "/dev/pts", Options: []string{"newinstance", "gid=5"}}
}
