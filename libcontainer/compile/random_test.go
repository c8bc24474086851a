package compile_test

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/compile"
	"rt/libcontainer/host"
)

// dice makes choices out of bytes: the same bytes, the same choices. When they are
// used up, every choice is the first one.
type dice []byte

func (d *dice) upTo(n int) int {
	if len(*d) == 0 || n < 1 {
		return 0
	}
	c := int((*d)[0])
	*d = (*d)[1:]
	return c % n
}

func (d *dice) yes() bool { return d.upTo(2) == 1 }

// rarely is for what makes most of the rest pointless.
func (d *dice) rarely() bool { return d.upTo(100) == 1 }

// mostly picks what is sound; the last choice is not, and rare.
func mostly[T any](d *dice, list ...T) T {
	if d.rarely() {
		return list[len(list)-1]
	}
	return pick(d, list[:len(list)-1]...)
}

func pick[T any](d *dice, list ...T) T { return list[d.upTo(len(list))] }

func some[T any](d *dice, most int, list ...T) (out []T) {
	for range d.upTo(most + 1) {
		out = append(out, pick(d, list...))
	}
	return out
}

// randomInput is any configuration on any host. Much of it is not sound.
func randomInput(data []byte) *compile.Input {
	d := dice(data)
	in := input()
	in.Host = pick(&d, v2Host, hybridHost, v1Host, userHost, noCgroups)()
	in.Host.InUserNS, in.SetgroupsDenied = d.rarely(), d.rarely()
	if in.Host.InUserNS && in.Host.EUID == 0 {
		in.Host.ForeignMounts, in.Host.ForeignNet = d.yes(), d.yes()
	}
	in.MadeUserNS = in.Host.EUID != 0 && d.rarely()
	in.Host.AppArmor, in.Host.SELinux = d.yes(), d.yes()
	if d.yes() {
		in.Host.Caps = uint64(d.upTo(256)) << d.upTo(40)
	}
	in.Host.Rlimits[7].Hard = uint64(d.upTo(3)) * 1024
	in.NoPivot, in.NoNewKeyring = d.rarely(), d.yes()
	in.PidFile = pick(&d, "", "/run/pid")
	in.PidfdSocket = pick(&d, "", "/run/pidfd")
	in.PreserveFDs = d.upTo(4)
	in.ListenFDs = min(d.upTo(3), in.PreserveFDs)
	in.Home = pick(&d, "", "/root")
	in.Caller = some(&d, 2, "A=1", "B=2")
	s := in.Spec
	randomNamespaces(&d, s.Linux)
	if has(s.Linux, specs.UTSNamespace) || d.rarely() {
		s.Hostname, s.Domainname = pick(&d, "", "h"), pick(&d, "", "d")
	}
	randomProcess(&d, s.Process)
	if s.Process.Terminal {
		in.ConsoleSocket = pick(&d, "", "/run/console")
	}
	randomLinux(&d, s.Linux)
	if has(s.Linux, specs.MountNamespace) || d.rarely() {
		s.Root.Readonly = d.yes()
		randomPaths(&d, s.Linux)
		randomMounts(&d, in)
	}
	if d.yes() {
		s.Hooks = randomHooks(&d)
	}
	if d.yes() {
		in.Seccomp, in.SeccompFlags = filter, pick(&d, uint64(0), 2, abi.SeccompFilterFlagNewListener)
		s.Linux.Seccomp = &specs.LinuxSeccomp{ListenerPath: "/run/agent"}
	}
	if d.yes() {
		randomCgroup(&d, in)
	}
	if d.rarely() {
		s.Linux = nil
		in.Seccomp = nil
	}
	return in
}

func has(l *specs.Linux, t specs.LinuxNamespaceType) bool {
	for _, ns := range l.Namespaces {
		if ns.Type == t {
			return true
		}
	}
	return false
}

func noCgroups() *host.Facts {
	return &host.Facts{Caps: allCaps, Cgroups: host.Cgroups{Kind: host.KindNone}}
}

func randomCgroup(d *dice, in *compile.Input) {
	set, err := setting.Resolve(mostly(d, "", "/a/b", "c", "/../.."), "id", &in.Host.Cgroups)
	if err != nil {
		return
	}
	in.Cgroup = &setting.Set{Dirs: set}
	for _, dir := range set {
		if d.yes() {
			in.Cgroup.Writes = append(in.Cgroup.Writes, setting.Write{Dir: dir.Path, File: "f", Value: "1", Optional: d.yes(), Field: "linux.resources"})
		}
	}
	if d.yes() {
		in.DeviceProgram = filter
	}
	if d.yes() {
		in.Unit = request(pick(d, "a.scope", "a.slice"))
		in.Unit.User = d.yes()
		if d.yes() {
			in.Unit.Late = []string{"TasksMax=uint64 1"}
		}
	}
}

func randomNamespaces(d *dice, l *specs.Linux) {
	l.Namespaces = nil
	for _, t := range []specs.LinuxNamespaceType{
		specs.MountNamespace, specs.PIDNamespace, specs.UserNamespace, specs.NetworkNamespace, specs.IPCNamespace,
		specs.UTSNamespace, specs.CgroupNamespace, specs.TimeNamespace,
	} {
		switch d.upTo(8) {
		case 1, 2:
		case 3:
			l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: t, Path: "/proc/9/ns/" + string(t)})
		default:
			l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: t})
		}
	}
	maps := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65535}}
	if has(l, specs.UserNamespace) || d.rarely() {
		l.UIDMappings, l.GIDMappings = maps[:1+d.upTo(2)], maps[:1+d.upTo(2)]
	}
	if has(l, specs.TimeNamespace) && d.yes() || d.rarely() {
		l.TimeOffsets = map[string]specs.LinuxTimeOffset{pick(d, "monotonic", "boottime"): {Secs: int64(d.upTo(9)) - 4}}
	}
	if has(l, specs.NetworkNamespace) || d.rarely() {
		l.NetDevices = map[string]specs.LinuxNetDevice{"eth0": {Name: mostly(d, "", "lan", "/")}}
		l.Sysctl = map[string]string{mostly(d, "net.ipv4.ip_forward", "net/core/somaxconn", "../x"): "1"}
	}
}

func randomProcess(d *dice, p *specs.Process) {
	capabilities := func() []string {
		return some(d, 3, "CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE", "CAP_NONE")
	}
	p.Terminal = d.yes()
	if d.yes() {
		p.ConsoleSize = &specs.Box{Height: 24, Width: uint(d.upTo(200))}
	}
	if p.User.UID = 0; d.upTo(4) == 1 {
		p.User = specs.User{UID: uint32(d.upTo(3)), GID: uint32(d.upTo(3)), AdditionalGids: some(d, 3, uint32(0), 1, 50)}
	}
	if d.yes() {
		p.User.Umask = ptr(uint32(d.upTo(256)))
	}
	p.Args = append(p.Args[:0], mostly(d, "sh", "/bin/sh", "./sh", ""))
	p.Args = append(p.Args, some(d, 2, "-c", "")...)
	p.Env = some(d, 4, "PATH=/bin", "PATH=", "PATH=::", "HOME=/x", "A=1", "A=2", "LISTEN_FDS=1")
	p.Cwd = mostly(d, "/", "/a/b", "/../x/./y", "//", "relative")
	if d.upTo(4) != 1 {
		p.Capabilities = &specs.LinuxCapabilities{
			Bounding: capabilities(), Effective: capabilities(), Permitted: capabilities(),
			Inheritable: capabilities(), Ambient: capabilities(),
		}
	}
	for _, name := range []string{"RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_RTTIME"} {
		if d.yes() {
			p.Rlimits = append(p.Rlimits, specs.POSIXRlimit{Type: mostly(d, name, "RLIMIT_FOO"), Soft: uint64(d.upTo(10)), Hard: mostly(d, uint64(4096), 0)})
		}
	}
	p.NoNewPrivileges = d.yes()
	p.ApparmorProfile, p.SelinuxLabel = pick(d, "", "box"), pick(d, "", "box_t")
	if d.yes() {
		p.OOMScoreAdj = ptr(d.upTo(2001) - 1000)
	}
	if d.yes() {
		p.Scheduler = &specs.Scheduler{Policy: mostly(d, specs.SchedOther, specs.SchedBatch, specs.SchedIdle, "SCHED_X")}
	}
	if d.yes() {
		p.IOPriority = &specs.LinuxIOPriority{Class: mostly(d, specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, "X"), Priority: mostly(d, 0, 7, 9)}
	}
}

func randomPaths(d *dice, l *specs.Linux) {
	paths := func() []string {
		return some(d, 3, "/proc/kcore", "/proc/sys", "/sys/firmware", "/a/../..", "/", mostly(d, "/x", "relative"))
	}
	l.MaskedPaths, l.ReadonlyPaths = paths(), paths()
	l.RootfsPropagation = mostly(d, "", "shared", "rslave", "private", "runbindable", "rshared", "odd")
}

func randomLinux(d *dice, l *specs.Linux) {
	for range d.upTo(4) {
		l.Devices = append(l.Devices, specs.LinuxDevice{
			Path: mostly(d, "/dev/fuse", "/dev/null", "/dev/a/b", "/x", "/dev//./y", pick(d, "/", "dev/z", "/dev/..")),
			Type: mostly(d, "c", "b", "u", "p", "q"), Major: 1 + int64(d.upTo(250)), Minor: int64(d.upTo(300)),
		})
	}
	if d.yes() {
		l.Personality = &specs.LinuxPersonality{Domain: mostly(d, specs.PerLinux, specs.PerLinux32, "X")}
	}
	if d.yes() {
		l.MemoryPolicy = &specs.LinuxMemoryPolicy{
			Mode: mostly(d, specs.MpolBind, specs.MpolInterleave, "X"), Nodes: mostly(d, "0-3,7", "0-8191", pick(d, "", "9999999999", "3-1")),
		}
	}
}

func randomMounts(d *dice, in *compile.Input) {
	for range d.upTo(8) {
		m := specs.Mount{
			Type:        mostly(d, "tmpfs", "bind", "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "none", "ext4", "overlay", ""),
			Destination: mostly(d, "/a", "/dev", "/dev/pts", "/proc", "/sys", "/sys/fs/cgroup", "/a/b/../c", "rel", "/proc/stat", pick(d, "/", "/proc/self", "..")),
			Source:      mostly(d, "src", "/host", ""),
			Options: some(d, 4, "ro", "rw", "rro", "noatime", "rnoatime", "strictatime", "nosuid", "rslave", "rshared", "private", "unbindable",
				"sync", "iversion", "nofail"),
		}
		switch bind := m.Type == "bind" || m.Type == "none"; {
		case d.rarely():
			m.Options = append(m.Options, pick(d, "bind", "rbind", "idmap", "tmpcopyup", "size=1k"))
		case d.upTo(20) == 1:
			m.Options = append(m.Options, "remount")
		case bind:
			m.Options = append(m.Options, some(d, 1, "ridmap", "idmap")...)
			m.Options = append(m.Options, pick(d, "bind", "rbind"))
			m.UIDMappings = []specs.LinuxIDMapping{{HostID: 5, Size: 1}}
			m.GIDMappings = m.UIDMappings
		case m.Type == "tmpfs":
			m.Options = append(m.Options, some(d, 3, "size=1k", "mode=755", "tmpcopyup", `context="a,b"`)...)
		}
		in.Spec.Mounts = append(in.Spec.Mounts, m)
		in.Mounts = append(in.Mounts, compile.MountFacts{Source: "/host", SourceFile: d.yes(), DestMode: pick(d, 0, 0o1777)})
	}
}

func randomHooks(d *dice) *specs.Hooks {
	list := func() []specs.Hook {
		return some(d, 2, hook("/bin/a"), hook("/bin/b", "b", "c"), specs.Hook{Path: "/c", Env: []string{}, Timeout: ptr(1)})
	}
	return &specs.Hooks{
		Prestart:      list(), //nolint:staticcheck // deprecated but still used by engines
		CreateRuntime: list(), CreateContainer: list(), StartContainer: list(), Poststart: list(), Poststop: list(),
	}
}
