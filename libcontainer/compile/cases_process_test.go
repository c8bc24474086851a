package compile_test

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/compile"
)

// filter stands for a compiled seccomp filter: "return ALLOW".
var filter = []byte{6, 0, 0, 0, 0, 0, 0xff, 0x7f}

var processCases = []planCase{
	{"user", func(in *compile.Input) {
		in.Spec.Process.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{5, 6}, Umask: ptr(uint32(0o077))}
		in.Home = "/home/u"
		in.Spec.Process.Env = []string{"A=1", "B=2", "A=3"}
	}},
	{"user-setgroups-denied", func(in *compile.Input) { in.Host.InUserNS, in.SetgroupsDenied = true, true }},
	{"args-search", func(in *compile.Input) {
		in.Spec.Process.Args = []string{"sh", "-c", "echo"}
		in.Spec.Process.Env = []string{"PATH=/bin::/opt/", "HOME=/"}
	}},
	{"args-default-path", func(in *compile.Input) {
		in.Spec.Process.Args, in.Spec.Process.Env = []string{"sh"}, nil
	}},
	{"cwd", func(in *compile.Input) { in.Spec.Process.Cwd = "/var/../srv/app" }},
	{"capabilities", func(in *compile.Input) {
		in.Spec.Process.Capabilities = &specs.LinuxCapabilities{
			Bounding: []string{"CAP_CHOWN", "CAP_KILL"}, Permitted: []string{"CAP_CHOWN", "CAP_KILL"},
			Effective: []string{"CAP_KILL"}, Inheritable: []string{"CAP_KILL"}, Ambient: []string{"CAP_KILL"},
		}
	}},
	{"capabilities-not-granted", func(in *compile.Input) {
		in.Host.Caps = 1<<0 | 1<<5
		in.Spec.Process.Capabilities = &specs.LinuxCapabilities{
			Bounding: []string{"CAP_CHOWN", "CAP_SYS_ADMIN"}, Permitted: []string{"CAP_KILL", "CAP_SYS_ADMIN"},
			Effective: []string{"CAP_CHOWN", "CAP_KILL"}, Inheritable: []string{"CAP_KILL"}, Ambient: []string{"CAP_CHOWN", "CAP_KILL"},
		}
	}},
	{"no-new-privileges", func(in *compile.Input) { in.Spec.Process.NoNewPrivileges = true }},
	{"seccomp", func(in *compile.Input) { in.Seccomp = filter }},
	{"seccomp-no-new-privileges", func(in *compile.Input) {
		in.Spec.Process.NoNewPrivileges = true
		in.Seccomp, in.SeccompFlags = filter, 2
	}},
	{"seccomp-listener", func(in *compile.Input) {
		in.Spec.Linux.Seccomp = &specs.LinuxSeccomp{ListenerPath: "/run/agent", ListenerMetadata: "m"}
		in.Seccomp, in.SeccompFlags = filter, abi.SeccompFilterFlagNewListener
	}},
	{"seccomp-listener-no-new-privileges", func(in *compile.Input) {
		in.Spec.Process.NoNewPrivileges = true
		in.Spec.Linux.Seccomp = &specs.LinuxSeccomp{ListenerPath: "/run/agent"}
		in.Seccomp, in.SeccompFlags = filter, abi.SeccompFilterFlagNewListener
	}},
	{"apparmor", func(in *compile.Input) {
		in.Host.AppArmor = true
		in.Spec.Process.ApparmorProfile = "box"
	}},
	{"selinux", func(in *compile.Input) {
		in.Host.SELinux = true
		in.Spec.Process.SelinuxLabel = "system_u:system_r:container_t:s0"
	}},
	{"selinux-without-keyring", func(in *compile.Input) {
		in.Host.SELinux, in.NoNewKeyring = true, true
		in.Spec.Process.SelinuxLabel = "system_u:system_r:container_t:s0"
	}},
	{"selinux-mount-label", func(in *compile.Input) {
		in.Host.SELinux = true
		in.Spec.Linux.MountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
		own := tmpfs("/own")
		own.Options = append(own.Options, `context="system_u:object_r:own_t:s0"`)
		mounts(in, tmpfs("/tmp"), own, specs.Mount{Type: "proc", Source: "proc", Destination: "/proc"},
			specs.Mount{Type: "mqueue", Source: "mqueue", Destination: "/dev/mqueue"},
			specs.Mount{Type: "sysfs", Source: "sysfs", Destination: "/sys"})
	}},
	{"selinux-masks", func(in *compile.Input) {
		in.Host.SELinux = true
		in.Spec.Linux.MountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
		in.Spec.Linux.MaskedPaths = []string{"/proc/keys"}
	}},
	{"rlimits", func(in *compile.Input) {
		in.Spec.Process.Rlimits = []specs.POSIXRlimit{
			{Type: "RLIMIT_NOFILE", Soft: 1024, Hard: 4096}, {Type: "RLIMIT_CORE", Soft: 0, Hard: 1<<64 - 1},
		}
	}},
	{"rlimits-userns", func(in *compile.Input) {
		userns(in)
		in.Host.Rlimits[7].Hard = 4096
		in.Spec.Process.Rlimits = []specs.POSIXRlimit{
			{Type: "RLIMIT_NOFILE", Soft: 1024, Hard: 4096}, {Type: "RLIMIT_NPROC", Soft: 10, Hard: 20},
		}
	}},
	{"oom-score", func(in *compile.Input) { in.Spec.Process.OOMScoreAdj = ptr(-500) }},
	{"scheduler", func(in *compile.Input) {
		in.Spec.Process.Scheduler = &specs.Scheduler{
			Policy: specs.SchedDeadline, Nice: -3, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagResetOnFork},
			Runtime: 1, Deadline: 2, Period: 3,
		}
		in.Spec.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_BE, Priority: 4}
	}},
	{"exec-affinity-ignored", func(in *compile.Input) {
		in.Spec.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: "0", Final: "0-1"}
	}},
	{"memory-policy", func(in *compile.Input) {
		in.Spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{
			Mode: "MPOL_INTERLEAVE", Nodes: "0-1,65", Flags: []specs.MemoryPolicyFlagType{"MPOL_F_STATIC_NODES"},
		}
	}},
	{"personality", func(in *compile.Input) {
		in.Spec.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux32}
	}},
	{"terminal-socket", func(in *compile.Input) {
		in.Spec.Process.Terminal, in.ConsoleSocket = true, "/run/console.sock"
		in.Spec.Process.ConsoleSize = &specs.Box{Height: 24, Width: 80}
	}},
	{"terminal-own", func(in *compile.Input) { in.Spec.Process.Terminal = true }},
	{"terminal-without-mount-namespace", func(in *compile.Input) {
		in.Spec.Linux.Namespaces = nil
		in.Spec.Process.Terminal = true
	}},
	{"preserve-fds", func(in *compile.Input) { in.PreserveFDs = 2 }},
	{"listen-fds", func(in *compile.Input) {
		in.PreserveFDs, in.ListenFDs = 3, 2
		in.Spec.Process.Env = append(in.Spec.Process.Env, "LISTEN_FDS=9")
	}},
	{"pid-file-and-pidfd", func(in *compile.Input) {
		in.PidFile, in.PidfdSocket = "/run/c1.pid", "/run/pidfd.sock"
	}},
}

var deviceCases = []planCase{
	{"devices", func(in *compile.Input) {
		in.Spec.Linux.Devices = []specs.LinuxDevice{
			{Path: "/dev/fuse", Type: "c", Major: 10, Minor: 229},
			{Path: "/dev/null", Type: "u", Major: 1, Minor: 3, FileMode: ptr(filemode(0o600)), UID: ptr(uint32(7)), GID: ptr(uint32(8))},
			{Path: "/dev/vg/lv", Type: "b", Major: 253, Minor: 300},
			{Path: "/run/pipe", Type: "p"},
		}
	}},
	{"devices-userns", func(in *compile.Input) {
		userns(in)
		in.Spec.Linux.Devices = []specs.LinuxDevice{
			{Path: "/dev/fuse", Type: "c", Major: 10, Minor: 229}, {Path: "/dev/tty", Type: "c", Major: 5},
			{Path: "/dev/pipe", Type: "p"},
		}
	}},
	{"devices-in-userns", func(in *compile.Input) { in.Host.InUserNS = true }},
	{"devices-twice", func(in *compile.Input) {
		in.Spec.Linux.Devices = []specs.LinuxDevice{
			{Path: "/dev/x", Type: "c", Major: 1, Minor: 3}, {Path: "/dev//x", Type: "c", Major: 1, Minor: 5},
		}
	}},
	{"devices-dev-bound", func(in *compile.Input) { mounts(in, bind("/dev", "/dev/")) }},
	{"devices-dev-tmpfs", func(in *compile.Input) { mounts(in, tmpfs("/dev", "ro")) }},
}

var hookCases = []planCase{
	hooked("hooks-prestart", specs.Hooks{Prestart: []specs.Hook{hook("/bin/a")}}), //nolint:staticcheck // deprecated but still used by engines
	hooked("hooks-create-runtime", specs.Hooks{CreateRuntime: []specs.Hook{hook("/bin/a", "a", "-x"), hook("/bin/b")}}),
	hooked("hooks-create-container", specs.Hooks{CreateContainer: []specs.Hook{hook("/bin/a")}}),
	hooked("hooks-start-container", specs.Hooks{StartContainer: []specs.Hook{hook("/bin/a"), {Path: "/bin/b", Env: []string{}}}}),
	hooked("hooks-later-ones", specs.Hooks{Poststart: []specs.Hook{hook("/bin/a")}, Poststop: []specs.Hook{hook("/bin/b")}}),
	hooked("hooks-all", specs.Hooks{
		Prestart:        []specs.Hook{hook("/bin/p")}, //nolint:staticcheck // deprecated but still used by engines
		CreateRuntime:   []specs.Hook{{Path: "/bin/r", Env: []string{"X=1"}, Timeout: ptr(3)}},
		CreateContainer: []specs.Hook{hook("/bin/c")},
		StartContainer:  []specs.Hook{hook("/bin/s")},
		Poststop:        []specs.Hook{hook("/bin/z")},
	}),
	{"hooks-own-pid-namespace", func(in *compile.Input) {
		with(in, specs.PIDNamespace)
		in.Spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{hook("/bin/r")}, CreateContainer: []specs.Hook{hook("/bin/c")}}
	}},
}

func hooked(name string, h specs.Hooks) planCase {
	return planCase{name, func(in *compile.Input) {
		in.Caller = []string{"CALLER=1"}
		in.Spec.Hooks = &h
	}}
}

func hook(path string, args ...string) specs.Hook { return specs.Hook{Path: path, Args: args} }
