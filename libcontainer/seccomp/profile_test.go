package seccomp

import (
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestAMissingOrEmptyProfileIsNoFilter(t *testing.T) {
	for _, s := range []*specs.LinuxSeccomp{nil, {}, {ListenerPath: "/agent"}} {
		if f, err := Compile(s, ""); f != nil || err != nil {
			t.Errorf("%+v: %v, %v", s, f, err)
		}
	}
}

func allowing(change func(*specs.LinuxSeccomp)) *specs.LinuxSeccomp {
	s := &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno,
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"getpid"}, Action: specs.ActAllow}},
	}
	change(s)
	return s
}

func TestEveryErrorNamesItsField(t *testing.T) {
	arg := func(index uint, op specs.LinuxSeccompOperator) []specs.LinuxSeccompArg {
		return []specs.LinuxSeccompArg{{Op: specs.OpEqualTo}, {Index: index, Op: op}}
	}
	for want, change := range map[string]func(*specs.LinuxSeccomp){
		`linux.seccomp.defaultAction: ""`:               func(s *specs.LinuxSeccomp) { s.DefaultAction = "" },
		`linux.seccomp.defaultAction: "SCMP_ACT_NONE"`:  func(s *specs.LinuxSeccomp) { s.DefaultAction = "SCMP_ACT_NONE" },
		`SCMP_ACT_NOTIFY cannot be used as default`:     func(s *specs.LinuxSeccomp) { s.DefaultAction = specs.ActNotify },
		`linux.seccomp.defaultErrnoRet: 4095, SCMP_ACT`: func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = ptr(4095) },
		`linux.seccomp.defaultErrnoRet: 1, but SCMP_ACT_KILL takes no errno`: func(s *specs.LinuxSeccomp) {
			s.DefaultAction, s.DefaultErrnoRet = specs.ActKill, ptr(1)
		},
		`linux.seccomp.architectures[1]: "SCMP_ARCH_LOONGARCH64" is not an architecture`: func(s *specs.LinuxSeccomp) {
			s.Architectures = []specs.Arch{specs.ArchX86_64, specs.ArchLOONGARCH64}
		},
		`linux.seccomp.architectures[2]: SCMP_ARCH_S390X cannot be in one filter`: func(s *specs.LinuxSeccomp) {
			s.Architectures = []specs.Arch{specs.ArchX86_64, specs.ArchX86_64, specs.ArchS390X}
		},
		`linux.seccomp.flags[1]: "SECCOMP_FILTER_FLAG_NEW_LISTENER" is not a flag`: func(s *specs.LinuxSeccomp) {
			s.Flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog, "SECCOMP_FILTER_FLAG_NEW_LISTENER"}
		},
		`linux.seccomp.listenerMetadata: "m" without listenerPath`: func(s *specs.LinuxSeccomp) { s.ListenerMetadata = "m" },
		`linux.seccomp.listenerPath: missing`:                      func(s *specs.LinuxSeccomp) { s.Syscalls[0].Action = specs.ActNotify },
		`linux.seccomp.syscalls[0].action: "allow" is not`:         func(s *specs.LinuxSeccomp) { s.Syscalls[0].Action = "allow" },
		`linux.seccomp.syscalls[0].errnoRet: 0, but SCMP_ACT_A`:    func(s *specs.LinuxSeccomp) { s.Syscalls[0].ErrnoRet = ptr(0) },
		`linux.seccomp.syscalls[0].errnoRet: 65536, SCMP_ACT_TRACE takes 0 to 65535`: func(s *specs.LinuxSeccomp) {
			s.Syscalls[0].Action, s.Syscalls[0].ErrnoRet = specs.ActTrace, ptr(65536)
		},
		`linux.seccomp.syscalls[0].names[1]: "" is not`:      func(s *specs.LinuxSeccomp) { s.Syscalls[0].Names = []string{"read", ""} },
		`linux.seccomp.syscalls[0].names[0]: "a\x00b" is`:    func(s *specs.LinuxSeccomp) { s.Syscalls[0].Names = []string{"a\x00b"} },
		`linux.seccomp.syscalls[0].args[1].index: 6, system`: func(s *specs.LinuxSeccomp) { s.Syscalls[0].Args = arg(6, specs.OpEqualTo) },
		`linux.seccomp.syscalls[0].args[1].op: "=="`:         func(s *specs.LinuxSeccomp) { s.Syscalls[0].Args = arg(1, "==") },
		`linux.seccomp.syscalls[1]: "read" has two actions on equal conditions`: func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{
				{Names: []string{"read"}, Action: specs.ActAllow, Args: arg(1, specs.OpEqualTo)},
				{Names: []string{"read"}, Action: specs.ActTrap, Args: arg(1, specs.OpEqualTo)},
			}
		},
	} {
		_, err := Compile(allowing(change), "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestInitCanHandItsListenerOver(t *testing.T) {
	for _, name := range []string{"write", "sendmsg"} {
		_, err := Compile(allowing(func(s *specs.LinuxSeccomp) {
			s.ListenerPath = "/agent"
			s.Syscalls[0] = specs.LinuxSyscall{Names: []string{"read", name}, Action: specs.ActNotify}
		}), "")
		want := "linux.seccomp.syscalls[0].names[1]: SCMP_ACT_NOTIFY cannot be used for the " + name + " syscall"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestFlagsAreThoseOfTheProfileAndTheListener(t *testing.T) {
	const log, allow, listener, wait = 2, 4, 8, 32
	for _, c := range []struct {
		flags   []specs.LinuxSeccompFlag
		notify  bool
		want    uint64
		warning string
	}{
		{nil, false, allow, ""},
		{nil, true, allow | listener, ""},
		{[]specs.LinuxSeccompFlag{}, false, 0, ""},
		{[]specs.LinuxSeccompFlag{}, true, listener, ""},
		{[]specs.LinuxSeccompFlag{flagTsync, specs.LinuxSeccompFlagLog}, false, log, ""},
		{[]specs.LinuxSeccompFlag{specs.LinuxSeccompFlagSpecAllow, specs.LinuxSeccompFlagLog}, false, log | allow, ""},
		{[]specs.LinuxSeccompFlag{specs.LinuxSeccompFlagWaitKillableRecv}, true, listener | wait, ""},
		{[]specs.LinuxSeccompFlag{specs.LinuxSeccompFlagWaitKillableRecv}, false, 0, "linux.seccomp.flags[0]"},
	} {
		f := compile(t, allowing(func(s *specs.LinuxSeccomp) {
			s.Flags, s.ListenerPath = c.flags, "/agent"
			if c.notify {
				s.Syscalls = append(s.Syscalls, specs.LinuxSyscall{Names: []string{"mkdir"}, Action: specs.ActNotify})
			}
		}))
		if f.Flags != c.want {
			t.Errorf("%v, notify %v: flags %#x, want %#x", c.flags, c.notify, f.Flags, c.want)
		}
		if got := strings.Join(f.Warnings, "; "); !strings.Contains(got, c.warning) || c.warning == "" && got != "" {
			t.Errorf("%v, notify %v: warnings %q, want %q", c.flags, c.notify, got, c.warning)
		}
	}
}

func TestThisKernelSupportsEveryFlag(t *testing.T) {
	if got := SupportedFlags(); !slices.Equal(got, KnownFlags()) {
		t.Errorf("%v of %v", got, KnownFlags())
	}
	if kernelHas(1 << 30) {
		t.Error("the kernel seems to support a flag that does not exist")
	}
}

func TestVocabulariesAreSortedForFeatures(t *testing.T) {
	for _, list := range [][]string{KnownActions(), KnownOperators(), KnownArchs(), KnownFlags()} {
		if !slices.IsSorted(list) || len(list) == 0 {
			t.Errorf("%v", list)
		}
	}
}

func TestUnknownSystemCallsAndEmptyEntriesAreWarnedAbout(t *testing.T) {
	s := allowing(func(s *specs.LinuxSeccomp) {
		s.Syscalls = append(s.Syscalls,
			specs.LinuxSyscall{Names: []string{"zap", "read", "flip"}, Action: specs.ActAllow},
			specs.LinuxSyscall{Names: []string{"zap"}, Action: specs.ActTrap, Args: []specs.LinuxSeccompArg{{Op: specs.OpEqualTo}}},
			specs.LinuxSyscall{Action: specs.ActAllow})
	})
	dir := t.TempDir()
	for _, cached := range []string{"compiled", "cached"} {
		f, err := Compile(s, dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Warnings) != 2 || !strings.HasPrefix(f.Warnings[0], "linux.seccomp.syscalls[3].names: empty") ||
			!strings.HasSuffix(f.Warnings[1], "unknown to libseccomp: flip zap") {
			t.Errorf("%s: %q", cached, f.Warnings)
		}
	}
}

func TestEveryArchitectureThatLibseccompKnowsCompilesWithTheMachinesOwn(t *testing.T) {
	var little []specs.Arch
	for _, name := range KnownArchs() {
		arch := specs.Arch(name)
		_, err := Compile(allowing(func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{arch} }), "")
		switch {
		case err == nil:
			little = append(little, arch)
		case !strings.Contains(err.Error(), "cannot be in one filter"):
			t.Errorf("%s: %v", name, err)
		}
	}
	// What remains has the machine's byte order.
	if len(little) != 10 {
		t.Errorf("%d architectures: %v", len(little), little)
	}
	f := compile(t, allowing(func(s *specs.LinuxSeccomp) { s.Architectures = little }))
	if n := len(f.Program) / instructionSize; n > unix.BPF_MAXINSNS {
		t.Errorf("%d instructions", n)
	}
}
