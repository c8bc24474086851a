package spec

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// resources returns a change to linux.resources.
func resources(change func(*specs.LinuxResources)) func(*specs.Spec) {
	return func(s *specs.Spec) { change(s.Linux.Resources) }
}

func TestValidateWantsACgroupThatStaysInItsPlace(t *testing.T) {
	check(t, []flaw{
		{"a way up", func(s *specs.Spec) { s.Linux.CgroupsPath = "/a/../../b" }, "linux.cgroupsPath", `got "/a/../../b", want a path without '..'`},
		{"a way up at once", func(s *specs.Spec) { s.Linux.CgroupsPath = ".." }, "linux.cgroupsPath", `got ".."`},
	})
	accept(t, map[string]func(*specs.Spec){
		"a path of systemd": func(s *specs.Spec) { s.Linux.CgroupsPath = "system.slice:rt:a..b" },
		"a relative path":   func(s *specs.Spec) { s.Linux.CgroupsPath = "a/b" },
	})
}

func TestValidateWantsDeviceRulesTheControllerHas(t *testing.T) {
	set := func(d specs.LinuxDeviceCgroup) func(*specs.Spec) {
		return resources(func(r *specs.LinuxResources) { r.Devices = append(r.Devices, d) })
	}
	const field = "linux.resources.devices[1]"
	check(t, []flaw{
		{"an unknown type", set(specs.LinuxDeviceCgroup{Type: "p"}), field + ".type", `got "p", want one of a, c, b`},
		{"a major below -1", set(specs.LinuxDeviceCgroup{Major: ptr(int64(-2))}), field + ".major", "got -2, want a number from 0 to 4095, or none for any"},
		{"a major too large", set(specs.LinuxDeviceCgroup{Major: ptr(int64(4096))}), field + ".major", "got 4096"},
		{"a minor below -1", set(specs.LinuxDeviceCgroup{Minor: ptr(int64(-2))}), field + ".minor", "got -2"},
		{"a minor too large", set(specs.LinuxDeviceCgroup{Minor: ptr(int64(1 << 20))}), field + ".minor", "got 1048576, want a number from 0 to 1048575"},
		{"an unknown access", set(specs.LinuxDeviceCgroup{Access: "rx"}), field + ".access", `got "rx", want letters out of "rwm"`},
	})
	accept(t, map[string]func(*specs.Spec){
		"any device": set(specs.LinuxDeviceCgroup{Allow: true, Type: "a", Access: "mwr", Major: ptr(int64(-1)), Minor: ptr(int64(-1))}),
	})
}

func TestValidateWantsLimitsOfMemoryThatFitTogether(t *testing.T) {
	set := func(change func(*specs.LinuxMemory)) func(*specs.Spec) {
		return resources(func(r *specs.LinuxResources) { r.Memory = &specs.LinuxMemory{}; change(r.Memory) })
	}
	const field = "linux.resources.memory."
	check(t, []flaw{
		{"a limit below -1", set(func(m *specs.LinuxMemory) { m.Limit = ptr(int64(-2)) }), field + "limit", "got -2, want a number of bytes, or -1 for no limit"},
		{"a reservation below -1", set(func(m *specs.LinuxMemory) { m.Reservation = ptr(int64(-2)) }), field + "reservation", "got -2"},
		{"a swap limit below -1", set(func(m *specs.LinuxMemory) { m.Swap = ptr(int64(-2)) }), field + "swap", "got -2"},
		{"a kernel limit below -1", set(func(m *specs.LinuxMemory) { m.Kernel = ptr(int64(-2)) }), field + "kernel", "got -2"},
		{"a limit for TCP below -1", set(func(m *specs.LinuxMemory) { m.KernelTCP = ptr(int64(-2)) }), field + "kernelTCP", "got -2"},
		{"a swap limit below the limit", set(func(m *specs.LinuxMemory) { m.Limit, m.Swap = ptr(int64(20)), ptr(int64(19)) }), field + "swap",
			"got 19, want at least the limit, 20: it is the sum of memory and swap"},
		{"a swap limit alone", set(func(m *specs.LinuxMemory) { m.Swap = ptr(int64(20)) }), field + "swap", "got 20, want it together with a limit"},
		{"a swap limit without a limit of memory", set(func(m *specs.LinuxMemory) { m.Limit, m.Swap = ptr(int64(-1)), ptr(int64(20)) }), field + "swap", "got 20, want it together with a limit"},
		{"a swappiness above 100", set(func(m *specs.LinuxMemory) { m.Swappiness = ptr(uint64(101)) }), field + "swappiness", "got 101, want a number from 0 to 100"},
	})
	accept(t, map[string]func(*specs.Spec){
		"no swap": set(func(m *specs.LinuxMemory) { m.Limit, m.Swap = ptr(int64(20)), ptr(int64(20)) }),
		"unlimited swap": set(func(m *specs.LinuxMemory) {
			m.Limit, m.Swap, m.Swappiness = ptr(int64(20)), ptr(int64(-1)), ptr(uint64(100))
		}),
		"a tiny container": set(func(m *specs.LinuxMemory) { m.Limit = ptr(int64(1)) }),
	})
}

func TestValidateWantsTimesOfTheCPUInRange(t *testing.T) {
	set := func(c specs.LinuxCPU) func(*specs.Spec) {
		return resources(func(r *specs.LinuxResources) { r.CPU = &c })
	}
	const field = "linux.resources.cpu."
	check(t, []flaw{
		{"a share too small", set(specs.LinuxCPU{Shares: ptr(uint64(1))}), field + "shares", "warning: got 1, which the kernel takes as the nearest number from 2 to 262144"},
		{"a share too large", set(specs.LinuxCPU{Shares: ptr(uint64(262145))}), field + "shares", "warning: got 262145"},
		{"a quota too small", set(specs.LinuxCPU{Quota: ptr(int64(999))}), field + "quota", "got 999, want at least 1000 (microseconds), or -1 for no limit"},
		{"a quota below -1", set(specs.LinuxCPU{Quota: ptr(int64(-2))}), field + "quota", "got -2"},
		{"a period too short", set(specs.LinuxCPU{Period: ptr(uint64(999))}), field + "period", "got 999, want a number from 1000 to 1000000 (microseconds)"},
		{"a period too long", set(specs.LinuxCPU{Period: ptr(uint64(1000001))}), field + "period", "got 1000001"},
		{"a burst above the quota", set(specs.LinuxCPU{Quota: ptr(int64(1000)), Burst: ptr(uint64(1001))}), field + "burst", "got 1001, want at most the quota, 1000"},
		{"a real-time runtime below -1", set(specs.LinuxCPU{RealtimeRuntime: ptr(int64(-2))}), field + "realtimeRuntime", "got -2, want a number of microseconds"},
		{"a real-time runtime above its period", set(specs.LinuxCPU{RealtimeRuntime: ptr(int64(2)), RealtimePeriod: ptr(uint64(1))}), field + "realtimeRuntime",
			"got 2, want at most the realtimePeriod, 1"},
		{"another idleness", set(specs.LinuxCPU{Idle: ptr(int64(2))}), field + "idle", "got 2, want 0 or 1"},
		{"no list of CPUs", set(specs.LinuxCPU{Cpus: "0-"}), field + "cpus", `got "0-", want numbers and ranges`},
		{"no list of memory nodes", set(specs.LinuxCPU{Mems: "a"}), field + "mems", `got "a", want numbers and ranges`},
	})
	accept(t, map[string]func(*specs.Spec){
		"everything": set(specs.LinuxCPU{
			Shares: ptr(uint64(2)), Quota: ptr(int64(1000)), Burst: ptr(uint64(1000)), Period: ptr(uint64(1000000)), Idle: ptr(int64(1)),
			RealtimeRuntime: ptr(int64(950000)), RealtimePeriod: ptr(uint64(1000000)), Cpus: "0-3,7", Mems: "0",
		}),
		"nothing, with zeros":  set(specs.LinuxCPU{Shares: ptr(uint64(0)), Quota: ptr(int64(0)), Period: ptr(uint64(0)), Burst: ptr(uint64(5))}),
		"nothing, with limits": set(specs.LinuxCPU{Quota: ptr(int64(-1)), RealtimeRuntime: ptr(int64(-1))}),
	})
}

func TestValidateWantsBlockIOInRange(t *testing.T) {
	set := func(b specs.LinuxBlockIO) func(*specs.Spec) {
		return resources(func(r *specs.LinuxResources) { r.BlockIO = &b })
	}
	device := func(major, minor int64) specs.LinuxBlockIODevice {
		return specs.LinuxBlockIODevice{Major: major, Minor: minor}
	}
	weight := func(w specs.LinuxWeightDevice) func(*specs.Spec) {
		return set(specs.LinuxBlockIO{WeightDevice: []specs.LinuxWeightDevice{w}})
	}
	bad := []specs.LinuxThrottleDevice{{LinuxBlockIODevice: device(4096, 0)}}
	const field = "linux.resources.blockIO."
	check(t, []flaw{
		{"a weight too small", set(specs.LinuxBlockIO{Weight: ptr(uint16(9))}), field + "weight", "got 9, want a number from 10 to 1000"},
		{"a leaf weight too large", set(specs.LinuxBlockIO{LeafWeight: ptr(uint16(1001))}), field + "leafWeight", "got 1001"},
		{"a device without a weight", weight(specs.LinuxWeightDevice{LinuxBlockIODevice: device(8, 0)}), field + "weightDevice[0]", "has no weight, want weight or leafWeight"},
		{"a device's weight too small", weight(specs.LinuxWeightDevice{Weight: ptr(uint16(9))}), field + "weightDevice[0].weight", "got 9"},
		{"a device's leaf weight too small", weight(specs.LinuxWeightDevice{LeafWeight: ptr(uint16(9))}), field + "weightDevice[0].leafWeight", "got 9"},
		{"a negative minor", weight(specs.LinuxWeightDevice{LinuxBlockIODevice: device(8, -1), Weight: ptr(uint16(10))}), field + "weightDevice[0].minor", "got -1"},
		{"a wrong device to read bytes from", set(specs.LinuxBlockIO{ThrottleReadBpsDevice: bad}), field + "throttleReadBpsDevice[0].major", "got 4096, want a number from 0 to 4095"},
		{"a wrong device to write bytes to", set(specs.LinuxBlockIO{ThrottleWriteBpsDevice: bad}), field + "throttleWriteBpsDevice[0].major", "got 4096"},
		{"a wrong device to read from", set(specs.LinuxBlockIO{ThrottleReadIOPSDevice: bad}), field + "throttleReadIOPSDevice[0].major", "got 4096"},
		{"a wrong device to write to", set(specs.LinuxBlockIO{ThrottleWriteIOPSDevice: bad}), field + "throttleWriteIOPSDevice[0].major", "got 4096"},
	})
	accept(t, map[string]func(*specs.Spec){
		"weights": set(specs.LinuxBlockIO{Weight: ptr(uint16(0)), LeafWeight: ptr(uint16(1000)),
			WeightDevice: []specs.LinuxWeightDevice{{LinuxBlockIODevice: device(8, 0), LeafWeight: ptr(uint16(10))}}}),
	})
}

func TestValidateWantsOtherResourcesByTheirNames(t *testing.T) {
	page := func(size string) func(*specs.Spec) {
		return resources(func(r *specs.LinuxResources) { r.HugepageLimits = []specs.LinuxHugepageLimit{{Pagesize: size}} })
	}
	unified := func(name string) func(*specs.Spec) {
		return resources(func(r *specs.LinuxResources) { r.Unified = map[string]string{name: "1\n2"} })
	}
	check(t, []flaw{
		{"a page size without a unit", page("2048"), "linux.resources.hugepageLimits[0].pageSize", `got "2048", want a number and a unit, such as 64KB, 2MB or 1GB`},
		{"a page size without a number", page("MB"), "linux.resources.hugepageLimits[0].pageSize", `got "MB"`},
		{"a page size of nothing", page("0MB"), "linux.resources.hugepageLimits[0].pageSize", `got "0MB"`},
		{"a page size in another unit", page("2MiB"), "linux.resources.hugepageLimits[0].pageSize", `got "2MiB"`},
		{"a page size that is a path", page("2MB/../x"), "linux.resources.hugepageLimits[0].pageSize", `got "2MB/../x"`},
		{"no page size", page(""), "linux.resources.hugepageLimits[0].pageSize", `got ""`},
		{"a wrong interface", resources(func(r *specs.LinuxResources) {
			r.Network = &specs.LinuxNetwork{Priorities: []specs.LinuxInterfacePriority{{Name: "a b"}}}
		}), "linux.resources.network.priorities[0].name", `got the name "a b"`},
		{"an RDMA device without limits", resources(func(r *specs.LinuxResources) { r.Rdma = map[string]specs.LinuxRdma{"mlx": {}} }),
			`linux.resources.rdma["mlx"]`, "has no limit, want hcaHandles or hcaObjects"},
		{"an RDMA device of two words", resources(func(r *specs.LinuxResources) {
			r.Rdma = map[string]specs.LinuxRdma{"a b": {HcaObjects: ptr(uint32(0))}}
		}),
			`linux.resources.rdma["a b"]`, `got the device "a b", want a name without white space`},
		{"a path for a file of the cgroup", unified("../memory.max"), `linux.resources.unified["../memory.max"]`, `got the file "../memory.max", want a name such as "memory.high", not a path`},
		{"a path below the cgroup", unified("sub/memory.max"), `linux.resources.unified["sub/memory.max"]`, "not a path"},
		{"a hidden file", unified(".x"), `linux.resources.unified[".x"]`, "not a path"},
		{"no file", unified(""), `linux.resources.unified[""]`, "not a path"},
	})
	accept(t, map[string]func(*specs.Spec){
		"a page size": page("64KB"), "a large page size": page("16GB"), "a file": unified("io.max"),
		"an RDMA device": resources(func(r *specs.LinuxResources) {
			r.Rdma = map[string]specs.LinuxRdma{"mlx5_1": {HcaHandles: ptr(uint32(0))}}
		}),
		"any number of processes": resources(func(r *specs.LinuxResources) { r.Pids = &specs.LinuxPids{Limit: ptr(int64(0))} }),
		"an interface": resources(func(r *specs.LinuxResources) {
			r.Network = &specs.LinuxNetwork{Priorities: []specs.LinuxInterfacePriority{{Name: "eth0"}}}
		}),
	})
}

func TestValidateResourcesIsForResourcesAlone(t *testing.T) {
	r := &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(1))}}
	if problems := ValidateResources(r); len(problems) != 1 || problems[0].Field != "linux.resources.cpu.quota" {
		t.Errorf("got %s, want one about the quota", list(problems))
	}
	if problems := ValidateResources(nil); len(problems) > 0 {
		t.Errorf("got %s for none", list(problems))
	}
}

func TestValidateWantsASeccompFilterThatCanBeMade(t *testing.T) {
	set := func(change func(*specs.LinuxSeccomp, *specs.LinuxSyscall)) func(*specs.Spec) {
		return func(s *specs.Spec) {
			call := specs.LinuxSyscall{Names: []string{"read", "write"}, Action: specs.ActErrno}
			s.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
			change(s.Linux.Seccomp, &call)
			s.Linux.Seccomp.Syscalls = []specs.LinuxSyscall{{Names: []string{"open"}, Action: specs.ActLog}, call}
		}
	}
	type p = *specs.LinuxSeccomp
	type c = *specs.LinuxSyscall
	const call = "linux.seccomp.syscalls[1]"
	check(t, []flaw{
		{"no default action", set(func(p p, _ c) { p.DefaultAction = "" }), "linux.seccomp.defaultAction", "is missing, want one of SCMP_ACT_KILL, "},
		{"an unknown default action", set(func(p p, _ c) { p.DefaultAction = "ALLOW" }), "linux.seccomp.defaultAction", `got "ALLOW", want one of SCMP_ACT_KILL, `},
		{"an errno for a default action without one", set(func(p p, _ c) { p.DefaultErrnoRet = ptr(uint(1)) }), "linux.seccomp.defaultErrnoRet",
			"got 1 for the action SCMP_ACT_ALLOW, want it for SCMP_ACT_ERRNO or SCMP_ACT_TRACE only"},
		{"a default errno too large", set(func(p p, _ c) { p.DefaultAction, p.DefaultErrnoRet = specs.ActErrno, ptr(uint(4096)) }), "linux.seccomp.defaultErrnoRet",
			"got 4096, want a number from 0 to 4095"},
		{"an unknown architecture", set(func(p p, _ c) { p.Architectures = []specs.Arch{"SCMP_ARCH_X86", "x86"} }), "linux.seccomp.architectures[1]", `got "x86", want one of SCMP_ARCH_X86, `},
		{"an unknown flag", set(func(p p, _ c) { p.Flags = []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_NEW_LISTENER"} }), "linux.seccomp.flags[0]",
			`got "SECCOMP_FILTER_FLAG_NEW_LISTENER", want one of SECCOMP_FILTER_FLAG_TSYNC, `},
		{"no names", set(func(_ p, c c) { c.Names = nil }), call + ".names", "is empty, want the name of at least one system call"},
		{"an empty name", set(func(_ p, c c) { c.Names[1] = "" }), call + ".names[1]", "is empty, want the name of a system call"},
		{"no action", set(func(_ p, c c) { c.Action = "" }), call + ".action", "is missing, want one of SCMP_ACT_KILL, "},
		{"an unknown action", set(func(_ p, c c) { c.Action = "SCMP_ACT_X" }), call + ".action", `got "SCMP_ACT_X"`},
		{"an errno for an action without one", set(func(_ p, c c) { c.Action, c.ErrnoRet = specs.ActKill, ptr(uint(0)) }), call + ".errnoRet", "got 0 for the action SCMP_ACT_KILL"},
		{"an errno too large", set(func(_ p, c c) { c.ErrnoRet = ptr(uint(4096)) }), call + ".errnoRet", "got 4096, want a number from 0 to 4095"},
		{"a value for the tracer too large", set(func(_ p, c c) { c.Action, c.ErrnoRet = specs.ActTrace, ptr(uint(65536)) }), call + ".errnoRet", "got 65536, want a number from 0 to 65535"},
		{"a seventh argument", set(func(_ p, c c) {
			c.Args = []specs.LinuxSeccompArg{{Op: specs.OpEqualTo}, {Index: 6, Op: specs.OpEqualTo}}
		}), call + ".args[1].index", "got 6, want a number from 0 to 5"},
		{"no operator", set(func(_ p, c c) { c.Args = []specs.LinuxSeccompArg{{}} }), call + ".args[0].op", "is missing, want one of SCMP_CMP_NE, "},
		{"an unknown operator", set(func(_ p, c c) { c.Args = []specs.LinuxSeccompArg{{Op: "=="}} }), call + ".args[0].op", `got "==", want one of SCMP_CMP_NE, `},
		{"metadata without a listener", set(func(p p, _ c) { p.ListenerMetadata = "x" }), "linux.seccomp.listenerMetadata", "is given, want listenerPath with it"},
		{"a notification without a listener", set(func(_ p, c c) { c.Action = specs.ActNotify }), call + ".action", "got SCMP_ACT_NOTIFY, want linux.seccomp.listenerPath"},
		{"notification by default without a listener", set(func(p p, _ c) { p.DefaultAction = specs.ActNotify }), "linux.seccomp.defaultAction", "got SCMP_ACT_NOTIFY, want linux.seccomp.listenerPath"},
	})
	accept(t, map[string]func(*specs.Spec){
		"everything": set(func(p p, c c) {
			p.Architectures = seccompArchs
			p.Flags = []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}
			p.ListenerPath, p.ListenerMetadata = "/run/agent.sock", "x"
			p.DefaultAction, p.DefaultErrnoRet = specs.ActTrace, ptr(uint(65535))
			c.Action = specs.ActNotify
			for _, op := range seccompOps {
				c.Args = append(c.Args, specs.LinuxSeccompArg{Index: 5, Op: op})
			}
		}),
		"an errno":           set(func(_ p, c c) { c.ErrnoRet = ptr(uint(38)) }),
		"a socket to ignore": set(func(p p, _ c) { p.ListenerPath = "/run/agent.sock" }),
	})
}
