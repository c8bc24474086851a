package compile_test

import (
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/compile"
	"rt/libcontainer/resctrl"
)

// execInput is the smallest sound one: a program in a container with a mount
// namespace, started by root.
func execInput() *compile.ExecInput {
	in := &compile.ExecInput{Input: *input()}
	in.Spec.Linux.Namespaces = nil
	join(&in.Input, specs.MountNamespace, "/proc/7/ns/mnt")
	return in
}

var execCases = []struct {
	name   string
	change func(*compile.ExecInput)
}{
	{"exec-minimal", func(*compile.ExecInput) {}},
	{"exec-namespaces", func(in *compile.ExecInput) {
		for _, t := range []specs.LinuxNamespaceType{specs.PIDNamespace, specs.UserNamespace, specs.CgroupNamespace, specs.TimeNamespace} {
			join(&in.Input, t, "/proc/7/ns/"+string(t))
		}
		in.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
		in.Spec.Linux.GIDMappings = in.Spec.Linux.UIDMappings
		in.V2 = "/sys/fs/cgroup/box/c1"
	}},
	{"exec-without-mount-namespace", func(in *compile.ExecInput) {
		in.Spec.Linux.Namespaces = nil
		in.Root = "/proc/7/root"
	}},
	{"exec-cgroup-v2-namespace", func(in *compile.ExecInput) {
		in.V2 = "/sys/fs/cgroup/box/c1"
		join(&in.Input, specs.CgroupNamespace, "/proc/7/ns/cgroup")
	}},
	{"exec-by-systemd", func(in *compile.ExecInput) { in.AttachUnit, in.AttachPath = "rt-c1.scope", "/sub" }},
	{"exec-cgroup-v2", func(in *compile.ExecInput) { in.V2 = "/sys/fs/cgroup/box/c1" }},
	{"exec-resctrl", func(in *compile.ExecInput) {
		in.Resctrl = &resctrl.Group{Dir: "/sys/fs/resctrl/c1", Monitor: "/sys/fs/resctrl/c1/mon_groups/c1"}
	}},
	{"exec-selinux", func(in *compile.ExecInput) {
		in.Host.SELinux = true
		in.Spec.Process.SelinuxLabel = "system_u:system_r:container_t:s0"
	}},
	{"exec-cgroup-v1", func(in *compile.ExecInput) {
		in.Host = v1Host()
		in.Tasks = []string{"/sys/fs/cgroup/cpuset/box/c1/tasks", "/sys/fs/cgroup/pids/box/c1/tasks"}
	}},
	{"exec-terminal", func(in *compile.ExecInput) {
		in.Spec.Process.Terminal, in.ConsoleSocket = true, "/run/console"
		in.Spec.Process.ConsoleSize = &specs.Box{Height: 25, Width: 80}
	}},
	{"exec-terminal-without-mount-namespace", func(in *compile.ExecInput) {
		in.Spec.Linux.Namespaces = nil
		in.Root = "/proc/7/root"
		in.Spec.Process.Terminal = true
	}},
	{"exec-affinity", func(in *compile.ExecInput) {
		in.Spec.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: "0-1", Final: "7"}
	}},
	{"exec-process", func(in *compile.ExecInput) {
		p := in.Spec.Process
		p.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{5}, Umask: ptr(uint32(0o027))}
		p.Cwd, p.NoNewPrivileges, p.OOMScoreAdj = "/srv", true, ptr(9)
		p.Capabilities = &specs.LinuxCapabilities{Bounding: []string{"CAP_KILL"}}
		p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_CORE"}}
		p.ApparmorProfile, in.Host.AppArmor = "box", true
		in.Seccomp = filter
		in.PreserveFDs, in.PidFile, in.PidfdSocket = 2, "/run/pid", "/run/pidfd"
	}},
	{"exec-seccomp-listener", func(in *compile.ExecInput) {
		in.Spec.Linux.Seccomp = &specs.LinuxSeccomp{ListenerPath: "/run/agent"}
		in.Seccomp, in.SeccompFlags = filter, abi.SeccompFilterFlagNewListener
	}},
	{"exec-rootless", func(in *compile.ExecInput) {
		in.Host = userHost()
		join(&in.Input, specs.UserNamespace, "/proc/7/ns/user")
		in.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
		in.Spec.Linux.GIDMappings = in.Spec.Linux.UIDMappings
	}},
}

// TestPlansOfExec holds one small case for each feature of exec against its golden
// file, which shows what it changes in the plan called exec-minimal.
func TestPlansOfExec(t *testing.T) {
	for _, tc := range execCases {
		t.Run(tc.name, func(t *testing.T) {
			in := execInput()
			tc.change(in)
			p, warnings, err := compile.Exec(in)
			minimal, none, noErr := compile.Exec(execInput())
			golden(t, tc.name, against(listed(t, minimal, none, noErr), listed(t, p, warnings, err), tc.name != "exec-minimal"))
		})
	}
}
