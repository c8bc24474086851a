package spec

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestValidateWantsAProcess(t *testing.T) {
	check(t, []flaw{
		{"no process", func(s *specs.Spec) { s.Process = nil }, "process", "is missing, want an object with args and cwd"},
		{"no args", func(s *specs.Spec) { s.Process.Args = nil }, "process.args", "is empty, want at least the program to run"},
		{"an empty command", func(s *specs.Spec) { s.Process.Args[0] = "" }, "process.args[0]", `exec: "": executable file not found in $PATH`},
		{"no cwd", func(s *specs.Spec) { s.Process.Cwd = "" }, "process.cwd", "is missing, want an absolute path"},
		{"a relative cwd", func(s *specs.Spec) { s.Process.Cwd = "tmp" }, "process.cwd", `got "tmp", want an absolute path`},
		{"a variable without a value", func(s *specs.Spec) { s.Process.Env = []string{"A=", "FOO"} }, "process.env[1]", `got "FOO" without a '=', want NAME=value`},
		{"a variable without a name", func(s *specs.Spec) { s.Process.Env = []string{"=x"} }, "process.env[0]", `got "=x" without a name, want NAME=value`},
		{"an oom score too low", func(s *specs.Spec) { s.Process.OOMScoreAdj = ptr(-1001) }, "process.oomScoreAdj", "got -1001, want a number from -1000 to 1000"},
		{"an oom score too high", func(s *specs.Spec) { s.Process.OOMScoreAdj = ptr(1001) }, "process.oomScoreAdj", "got 1001"},
	})
	accept(t, map[string]func(*specs.Spec){
		"the highest oom score": func(s *specs.Spec) { s.Process.OOMScoreAdj = ptr(1000) },
		"no environment":        func(s *specs.Spec) { s.Process.Env = nil },
	})
}

func TestValidateWantsAConsoleForItsSize(t *testing.T) {
	check(t, []flaw{
		{"without a terminal", func(s *specs.Spec) { s.Process.Terminal = false; s.Process.ConsoleSize = &specs.Box{} },
			"process.consoleSize", "warning: is ignored, because process.terminal is not true"},
		{"too high", func(s *specs.Spec) { s.Process.ConsoleSize = &specs.Box{Height: 65536} }, "process.consoleSize.height", "got 65536, want at most 65535"},
		{"too wide", func(s *specs.Spec) { s.Process.ConsoleSize = &specs.Box{Width: 1 << 20} }, "process.consoleSize.width", "got 1048576"},
	})
}

func TestValidateWantsUsableIDs(t *testing.T) {
	noUserNS := func(change func(*specs.Spec)) func(*specs.Spec) {
		return func(s *specs.Spec) {
			without(s, "user")
			s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
			change(s)
		}
	}
	check(t, []flaw{
		{"the reserved uid", noUserNS(func(s *specs.Spec) { s.Process.User.UID = 1<<32 - 1 }), "process.user.uid", "got 4294967295, which the kernel reserves, want at most 4294967294"},
		{"the reserved gid", noUserNS(func(s *specs.Spec) { s.Process.User.GID = 1<<32 - 1 }), "process.user.gid", "which the kernel reserves"},
		{"the reserved gid as an additional one", noUserNS(func(s *specs.Spec) { s.Process.User.AdditionalGids = []uint32{1, 1<<32 - 1} }),
			"process.user.additionalGids[1]", "which the kernel reserves"},
		{"too many groups", func(s *specs.Spec) { s.Process.User.AdditionalGids = make([]uint32, 65537) }, "process.user.additionalGids", "got 65537 groups, want at most 65536"},
		{"a umask above the permission bits", func(s *specs.Spec) { s.Process.User.Umask = ptr(uint32(0o1000)) }, "process.user.umask", "got 512, want at most 511 (octal 0777)"},
		{"a uid that is not mapped", func(s *specs.Spec) { s.Process.User.UID = 65536 }, "process.user.uid", "got 65536, want an id of the container that linux.uidMappings maps"},
		{"a gid that is not mapped", func(s *specs.Spec) { s.Process.User.GID = 65536 }, "process.user.gid", "that linux.gidMappings maps"},
		{"an additional gid that is not mapped", func(s *specs.Spec) { s.Process.User.AdditionalGids = []uint32{7, 70000} },
			"process.user.additionalGids[1]", "got 70000, want an id of the container that linux.gidMappings maps"},
	})
	accept(t, map[string]func(*specs.Spec){
		"the last id mapped":            func(s *specs.Spec) { s.Process.User.UID, s.Process.User.Umask = 65535, ptr(uint32(0o777)) },
		"any id without user namespace": noUserNS(func(s *specs.Spec) { s.Process.User.UID = 1<<32 - 2 }),
		"any id in a joined namespace whose maps are not given": func(s *specs.Spec) {
			join(s, "user", "/proc/1/ns/user")
			s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
			s.Process.User.UID = 70000
		},
	})
}

func TestValidateWarnsOfCapabilitiesThatCannotBeGranted(t *testing.T) {
	caps := func(s *specs.Spec) *specs.LinuxCapabilities { return s.Process.Capabilities }
	check(t, []flaw{
		{"unknown in bounding", func(s *specs.Spec) { caps(s).Bounding[1] = "CAP_FLY" }, "process.capabilities.bounding[1]", `warning: got "CAP_FLY", which is not a known capability`},
		{"unknown in effective", func(s *specs.Spec) { caps(s).Effective[2] = "cap_kill" }, "process.capabilities.effective[2]", `warning: got "cap_kill"`},
		{"unknown in inheritable", func(s *specs.Spec) { caps(s).Inheritable = []string{"KILL"} }, "process.capabilities.inheritable[0]", `warning: got "KILL"`},
		{"unknown in permitted", func(s *specs.Spec) { caps(s).Permitted = append(caps(s).Permitted, "") }, "process.capabilities.permitted[3]", `warning: got ""`},
		{"unknown in ambient", func(s *specs.Spec) { caps(s).Ambient = []string{"CAP_41"} }, "process.capabilities.ambient[0]", `warning: got "CAP_41"`},
		{"effective and not permitted", func(s *specs.Spec) { caps(s).Effective[0] = "CAP_BPF" }, "process.capabilities.effective[0]",
			"warning: got CAP_BPF, which cannot be granted unless process.capabilities.permitted has it too"},
		{"ambient and not permitted", func(s *specs.Spec) { caps(s).Inheritable = []string{"CAP_BPF"}; caps(s).Ambient = []string{"CAP_BPF"} },
			"process.capabilities.ambient[0]", "warning: got CAP_BPF, which cannot be granted unless process.capabilities.permitted"},
		{"ambient and not inheritable", func(s *specs.Spec) { caps(s).Ambient = []string{"CAP_KILL"} },
			"process.capabilities.ambient[0]", "warning: got CAP_KILL, which cannot be granted unless process.capabilities.inheritable"},
	})
	accept(t, map[string]func(*specs.Spec){
		"no capabilities": func(s *specs.Spec) { s.Process.Capabilities = nil },
		"every capability": func(s *specs.Spec) {
			n := CapabilityNames()
			s.Process.Capabilities = &specs.LinuxCapabilities{Bounding: n, Effective: n, Inheritable: n, Permitted: n, Ambient: n}
		},
	})
}

func TestCapabilityNamesAreIndexedByTheirNumbers(t *testing.T) {
	names := CapabilityNames()
	for number, name := range map[int]string{
		0: "CAP_CHOWN", 5: "CAP_KILL", 8: "CAP_SETPCAP", 12: "CAP_NET_ADMIN", 18: "CAP_SYS_CHROOT", 21: "CAP_SYS_ADMIN",
		27: "CAP_MKNOD", 29: "CAP_AUDIT_WRITE", 34: "CAP_SYSLOG", 37: "CAP_AUDIT_READ", 40: "CAP_CHECKPOINT_RESTORE",
	} {
		if names[number] != name {
			t.Errorf("capability %d is %s, want %s", number, names[number], name)
		}
	}
	if len(names) != 41 {
		t.Errorf("%d capabilities, want 41", len(names))
	}
}

func TestValidateWantsRlimitsTheKernelHas(t *testing.T) {
	set := func(l ...specs.POSIXRlimit) func(*specs.Spec) { return func(s *specs.Spec) { s.Process.Rlimits = l } }
	check(t, []flaw{
		{"an unknown type", set(specs.POSIXRlimit{Type: "RLIMIT_X"}), "process.rlimits[0].type", `got "RLIMIT_X", want one of RLIMIT_CPU, `},
		{"no type", set(specs.POSIXRlimit{}), "process.rlimits[0].type", "is missing, want one of RLIMIT_CPU"},
		{"soft above hard", set(specs.POSIXRlimit{Type: "RLIMIT_CORE", Soft: 2, Hard: 1}), "process.rlimits[0].soft", "got 2 for RLIMIT_CORE, want at most the hard limit, 1"},
		{"a duplicate", set(specs.POSIXRlimit{Type: "RLIMIT_CORE"}, specs.POSIXRlimit{Type: "RLIMIT_CPU"}, specs.POSIXRlimit{Type: "RLIMIT_CORE"}),
			"process.rlimits[2].type", `got "RLIMIT_CORE" twice, want each limit once`},
	})
	accept(t, map[string]func(*specs.Spec){
		"every type": func(s *specs.Spec) {
			s.Process.Rlimits = nil
			for _, name := range rlimitNames {
				s.Process.Rlimits = append(s.Process.Rlimits, specs.POSIXRlimit{Type: name, Soft: 1<<64 - 1, Hard: 1<<64 - 1})
			}
		},
	})
}

func TestValidateWantsASchedulerTheKernelHas(t *testing.T) {
	set := func(c specs.Scheduler) func(*specs.Spec) { return func(s *specs.Spec) { s.Process.Scheduler = &c } }
	const max = 1 << 63
	check(t, []flaw{
		{"no policy", set(specs.Scheduler{}), "process.scheduler.policy", "is missing, want one of SCHED_OTHER, "},
		{"an unknown policy", set(specs.Scheduler{Policy: "SCHED_FAIR"}), "process.scheduler.policy", `got "SCHED_FAIR", want one of SCHED_OTHER, SCHED_FIFO, `},
		{"the policy no kernel has", set(specs.Scheduler{Policy: "SCHED_ISO"}), "process.scheduler.policy", `got "SCHED_ISO", which no Linux kernel implements`},
		{"a nice value too low", set(specs.Scheduler{Policy: "SCHED_OTHER", Nice: -21}), "process.scheduler.nice", "got -21, want a number from -20 to 19"},
		{"a nice value too high", set(specs.Scheduler{Policy: "SCHED_BATCH", Nice: 20}), "process.scheduler.nice", "got 20"},
		{"an unknown flag", set(specs.Scheduler{Policy: "SCHED_OTHER", Flags: []specs.LinuxSchedulerFlag{"SCHED_FLAG_KEEP_POLICY", "X"}}),
			"process.scheduler.flags[1]", `got "X", want one of SCHED_FLAG_RESET_ON_FORK, `},
		{"no priority for a real-time policy", set(specs.Scheduler{Policy: "SCHED_FIFO"}), "process.scheduler.priority", "got 0, want a number from 1 to 99 for SCHED_FIFO"},
		{"a priority too high", set(specs.Scheduler{Policy: "SCHED_RR", Priority: 100}), "process.scheduler.priority", "got 100, want a number from 1 to 99"},
		{"a priority for another policy", set(specs.Scheduler{Policy: "SCHED_IDLE", Priority: 1}), "process.scheduler.priority", "got 1, want 0 for SCHED_IDLE"},
		{"a runtime for another policy", set(specs.Scheduler{Policy: "SCHED_OTHER", Runtime: 5}), "process.scheduler.runtime", "got 5, want 0 for SCHED_OTHER: it is for SCHED_DEADLINE"},
		{"a deadline for another policy", set(specs.Scheduler{Policy: "SCHED_OTHER", Deadline: 5}), "process.scheduler.deadline", "got 5, want 0"},
		{"a period for another policy", set(specs.Scheduler{Policy: "SCHED_OTHER", Period: 5}), "process.scheduler.period", "got 5, want 0"},
		{"a runtime too short", set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 1023, Deadline: 2000}), "process.scheduler.runtime", "got 1023, want at least 1024"},
		{"a deadline before the runtime", set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 2000, Deadline: 1999}), "process.scheduler.deadline", "got 1999, want at least the runtime, 2000"},
		{"a deadline too long", set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 2000, Deadline: max}), "process.scheduler.deadline", "got 9223372036854775808"},
		{"a period before the deadline", set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 2000, Deadline: 3000, Period: 2999}),
			"process.scheduler.period", "got 2999, want at least the deadline, 3000 (nanoseconds), or 0"},
		{"a period too long", set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 2000, Deadline: 3000, Period: max}), "process.scheduler.period", "got 9223372036854775808"},
	})
	accept(t, map[string]func(*specs.Spec){
		"a nice batch":              set(specs.Scheduler{Policy: "SCHED_BATCH", Nice: 19}),
		"a real-time process":       set(specs.Scheduler{Policy: "SCHED_FIFO", Priority: 99}),
		"a deadline":                set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 1024, Deadline: 1024, Period: 1024}),
		"a deadline without period": set(specs.Scheduler{Policy: "SCHED_DEADLINE", Runtime: 1024, Deadline: 4096, Flags: []specs.LinuxSchedulerFlag{"SCHED_FLAG_RECLAIM"}}),
	})
}

func TestValidateWantsAnIOPriorityInRange(t *testing.T) {
	set := func(class string, n int) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPriorityClass(class), Priority: n}
		}
	}
	check(t, []flaw{
		{"no class", set("", 0), "process.ioPriority.class", "is missing, want one of IOPRIO_CLASS_RT, "},
		{"an unknown class", set("IOPRIO_CLASS_NONE", 0), "process.ioPriority.class", `got "IOPRIO_CLASS_NONE"`},
		{"a negative priority", set("IOPRIO_CLASS_BE", -1), "process.ioPriority.priority", "got -1, want a number from 0 (highest) to 7 (lowest)"},
		{"a priority too low", set("IOPRIO_CLASS_RT", 8), "process.ioPriority.priority", "got 8"},
	})
	accept(t, map[string]func(*specs.Spec){"the lowest": set("IOPRIO_CLASS_IDLE", 7)})
}

func TestValidateWantsListsOfCPUs(t *testing.T) {
	set := func(initial, final string) func(*specs.Spec) {
		return func(s *specs.Spec) { s.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: initial, Final: final} }
	}
	check(t, []flaw{
		{"no list at first", set("all", ""), "process.execCPUAffinity.initial", `got "all", want numbers and ranges separated by commas, such as "0-3,7"`},
		{"no list in the end", set("0", "1-"), "process.execCPUAffinity.final", `got "1-"`},
		{"a range that runs backwards", set("", "0,3-1"), "process.execCPUAffinity.final", `got "0,3-1", where the range 3-1 runs backwards, want 1-3`},
	})
	accept(t, map[string]func(*specs.Spec){"both": set("7", "0-3,7"), "neither": set("", "")})
}

func TestValidateProcessIsForProcessesAlone(t *testing.T) {
	if problems := ValidateProcess(Default().Process); len(problems) > 0 {
		t.Errorf("got %s, want none", list(problems))
	}
	if problems := ValidateProcess(&specs.Process{Args: []string{"x"}, Cwd: "x"}); len(problems) != 1 || problems[0].Field != "process.cwd" {
		t.Errorf("got %s, want one about process.cwd", list(problems))
	}
	if problems := ValidateProcess(nil); len(problems) != 1 || problems[0].Field != "process" {
		t.Errorf("got %s, want one about process", list(problems))
	}
}

func TestValidateWantsHooksThatCanRun(t *testing.T) {
	good := specs.Hook{Path: "/bin/true", Env: []string{"A=b"}, Timeout: ptr(1)}
	set := func(h specs.Hook) []specs.Hook { return []specs.Hook{good, h} }
	check(t, []flaw{
		{"a relative prestart hook", func(s *specs.Spec) { s.Hooks = &specs.Hooks{Prestart: set(specs.Hook{Path: "true"})} },
			"hooks.prestart[1].path", `got "true", want an absolute path`},
		{"a createRuntime hook without a path", func(s *specs.Spec) { s.Hooks = &specs.Hooks{CreateRuntime: set(specs.Hook{})} },
			"hooks.createRuntime[1].path", "is missing, want the absolute path of a program"},
		{"a timeout of 0", func(s *specs.Spec) {
			s.Hooks = &specs.Hooks{CreateContainer: set(specs.Hook{Path: "/x", Timeout: ptr(0)})}
		},
			"hooks.createContainer[1].timeout", "got 0, want a number of seconds greater than 0"},
		{"a negative timeout", func(s *specs.Spec) {
			s.Hooks = &specs.Hooks{StartContainer: set(specs.Hook{Path: "/x", Timeout: ptr(-3)})}
		},
			"hooks.startContainer[1].timeout", "got -3"},
		{"a variable without a value", func(s *specs.Spec) {
			s.Hooks = &specs.Hooks{Poststart: set(specs.Hook{Path: "/x", Env: []string{"A=", "B"}})}
		},
			"hooks.poststart[1].env[1]", `got "B" without a '=', want NAME=value`},
		{"a relative poststop hook", func(s *specs.Spec) { s.Hooks = &specs.Hooks{Poststop: set(specs.Hook{Path: "./x"})} },
			"hooks.poststop[1].path", `got "./x", want an absolute path`},
	})
	accept(t, map[string]func(*specs.Spec){"the deprecated prestart": func(s *specs.Spec) { s.Hooks = &specs.Hooks{Prestart: set(good)} }})
}
