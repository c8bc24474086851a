package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The bundles. Together their plans have every operation that needs no device and
// no security module of the host's.
var variants = []string{
	"host",   // every namespace but user
	"userns", // all eight
	"plain",  // a mount namespace alone: init's hooks do not die with it
	"user",   // every namespace but network, by a user without privileges
}

// user is who calls the runtime in the variant of that name. Nobody needs to know it.
const user = 64811

// caller is what makes a process the user's, nil for root's.
func caller(variant string) *syscall.SysProcAttr {
	if variant != "user" {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
}

type bundle struct {
	dir     string
	variant string
}

// newBundle makes a bundle with its own copy of the root file system.
func newBundle(dir, variant, rootfs string) (*bundle, error) {
	b := &bundle{dir, variant}
	if err := os.MkdirAll(dir+"/source/sub", 0o755); err != nil {
		return nil, err
	}
	if out, err := exec.Command("cp", "-a", rootfs, dir+"/rootfs").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copying %s: %w: %s", rootfs, err, out)
	}
	for _, name := range []string{dir + "/source/file", dir + "/rootfs/etc/copied"} {
		if err := os.WriteFile(name, []byte("text\n"), 0o644); err != nil {
			return nil, err
		}
	}
	for owner, path := range map[string]string{"userns": dir + "/rootfs", "user": dir} {
		if variant != owner {
			continue
		}
		id := fmt.Sprint(b.ids()[0].HostID)
		if out, err := exec.Command("chown", "-R", "-h", id+":"+id, path).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("chown: %w: %s", err, out)
		}
	}
	return b, nil
}

// flags are those of create, plan and run.
func (b *bundle) flags(dir, id string) []string {
	list := []string{"--bundle", b.dir}
	if err := b.write(id, dir); err != nil {
		panic(err)
	}
	if b.variant != "plain" {
		list = append(list, "--console-socket", dir+"/console.sock")
	}
	return append(list, "--pidfd-socket", dir+"/pidfd.sock", "--pid-file", dir+"/pid/file")
}

// write writes config.json for a container with that id.
func (b *bundle) write(id, dir string) error {
	data, err := json.Marshal(b.config(id, dir))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, "config.json"), data, 0o644)
}

// fileSystems is what every container mounts.
var fileSystems = []specs.Mount{
	{Destination: "/proc", Type: "proc", Source: "proc"},
	{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
	{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
		Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777"}},
	{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
	{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
	{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
	{Destination: "/etc", Type: "tmpfs", Source: "tmpfs", Options: []string{"tmpcopyup", "mode=755"}},
}

// ids is the map of the container's user namespace.
func (b *bundle) ids() []specs.LinuxIDMapping {
	if b.variant == "user" {
		return []specs.LinuxIDMapping{{ContainerID: 0, HostID: user, Size: 1}}
	}
	return idMap
}

var idMap = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}

func (b *bundle) binds() []specs.Mount {
	return []specs.Mount{
		{Destination: "/mnt/dir", Type: "bind", Source: b.dir + "/source", Options: []string{"rbind", "rro", "rslave"}},
		{Destination: "/mnt/file", Type: "bind", Source: b.dir + "/source/file", Options: []string{"bind", "ro"}},
		{Destination: "/mnt/mapped", Type: "bind", Source: b.dir + "/source", Options: []string{"bind", "idmap"},
			UIDMappings: idMap, GIDMappings: idMap},
	}
}

func (b *bundle) config(id, dir string) *specs.Spec {
	plain := b.variant == "plain"
	c := &specs.Spec{
		Version: "1.3.0",
		Root:    &specs.Root{Path: "rootfs", Readonly: true},
		Process: process(!plain),
		Mounts:  append(fileSystems[:len(fileSystems):len(fileSystems)], b.binds()...),
		Hooks:   b.hooks(),
		Linux:   b.linux(id, dir),
	}
	switch b.variant {
	case "plain":
		c.Mounts = []specs.Mount{
			{Destination: "/proc", Type: "bind", Source: "/proc", Options: []string{"rbind"}},
			fileSystems[1], b.binds()[0],
		}
	case "user":
		b.unprivileged(c)
		fallthrough
	default:
		c.Hostname, c.Domainname = "box", "example.org"
	}
	return c
}

// unprivileged takes away what a user cannot have: groups, cgroups and their limits,
// id mappings of mounts. The terminal has no group.
func (b *bundle) unprivileged(c *specs.Spec) {
	c.Process.User.AdditionalGids = nil
	c.Linux.CgroupsPath, c.Linux.Resources = "", nil
	c.Mounts = slices.Clone(fileSystems)
	c.Mounts[2].Options = c.Mounts[2].Options[:4]
	c.Mounts = append(c.Mounts, b.binds()[:2]...)
}

func process(terminal bool) *specs.Process {
	caps := []string{"CAP_KILL", "CAP_SYS_CHROOT"}
	zero, umask := 100, uint32(0o27)
	p := &specs.Process{
		User:            specs.User{AdditionalGids: []uint32{5, 7}, Umask: &umask},
		Args:            []string{"sleep", "1000"},
		Env:             []string{"PATH=/bin"},
		Cwd:             "/tmp",
		NoNewPrivileges: true,
		OOMScoreAdj:     &zero,
		Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 512, Soft: 512}, {Type: "RLIMIT_CORE"}},
		IOPriority:      &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_BE, Priority: 4},
		Scheduler:       &specs.Scheduler{Policy: specs.SchedBatch, Nice: 1},
		ExecCPUAffinity: &specs.CPUAffinity{Initial: "0", Final: "0"},
		Capabilities: &specs.LinuxCapabilities{
			Bounding: caps, Effective: caps, Permitted: caps, Inheritable: caps, Ambient: caps,
		},
	}
	if terminal {
		p.Terminal, p.ConsoleSize = true, &specs.Box{Height: 24, Width: 80}
	}
	return p
}

// hooks has one of each kind, which runs busybox by the path it has where it runs.
func (b *bundle) hooks() *specs.Hooks {
	timeout := 5
	host := []specs.Hook{{Path: b.dir + "/rootfs/bin/busybox", Args: []string{"true"}, Timeout: &timeout}}
	inside := []specs.Hook{{Path: "/bin/busybox", Args: []string{"true"}, Timeout: &timeout}}
	return &specs.Hooks{
		Prestart: host, CreateRuntime: host, CreateContainer: host, StartContainer: inside,
		Poststart: host, Poststop: host,
	}
}

func (b *bundle) linux(id, dir string) *specs.Linux {
	memory, pids, shares, period := int64(64<<20), int64(64), uint64(512), uint64(100000)
	quota, no := int64(50000), false
	null, zero, mode := int64(1), int64(3), os.FileMode(0o666)
	l := &specs.Linux{
		CgroupsPath: "/" + id,
		Namespaces:  []specs.LinuxNamespace{{Type: specs.MountNamespace}},
		Devices:     []specs.LinuxDevice{{Path: "/dev/node", Type: "c", Major: null, Minor: zero, FileMode: &mode}},
		Resources: &specs.LinuxResources{
			Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}, {Allow: true, Type: "c", Major: &null, Minor: &zero, Access: "rwm"}},
			Memory:  &specs.LinuxMemory{Limit: &memory, DisableOOMKiller: &no},
			CPU:     &specs.LinuxCPU{Shares: &shares, Quota: &quota, Period: &period},
			Pids:    &specs.LinuxPids{Limit: &pids},
		},
		Seccomp: &specs.LinuxSeccomp{
			DefaultAction: specs.ActAllow, ListenerPath: dir + "/agent.sock",
			Syscalls: []specs.LinuxSyscall{
				{Names: []string{"ptrace"}, Action: specs.ActErrno},
				{Names: []string{"swapon"}, Action: specs.ActNotify},
			},
		},
		RootfsPropagation: "slave",
	}
	if b.variant == "plain" {
		return l
	}
	for _, t := range []specs.LinuxNamespaceType{
		specs.PIDNamespace, specs.NetworkNamespace, specs.IPCNamespace, specs.UTSNamespace, specs.CgroupNamespace, specs.TimeNamespace,
	} {
		l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: t})
	}
	l.TimeOffsets = map[string]specs.LinuxTimeOffset{"monotonic": {Secs: 100}}
	l.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "kernel.msgmax": "8000"}
	l.MaskedPaths = []string{"/proc/kcore", "/proc/acpi", "/proc/keys", "/sys/firmware"}
	l.ReadonlyPaths = []string{"/proc/sys", "/proc/bus", "/proc/irq"}
	l.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux}
	l.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolPreferred, Nodes: "0"}
	if b.variant == "userns" || b.variant == "user" {
		l.Devices = nil // it could only be the host's of that path
		l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		l.UIDMappings, l.GIDMappings = b.ids(), b.ids()
	}
	return l
}
