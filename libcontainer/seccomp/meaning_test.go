package seccomp

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/seccomp/bpftest"
)

func ptr(v uint) *uint { return &v }

var threeArchs = []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}

// withoutMultiplexers forgets socketcall(2) and ipc(2): on i386 the filter judges
// what comes through them by the rules of what they multiplex.
func withoutMultiplexers(machines []*machine) []*machine {
	for _, m := range machines {
		delete(m.nrs, "socketcall")
		delete(m.nrs, "ipc")
	}
	return machines
}

func TestDockersProfileDecidesAboutEverySystemCallAsItSays(t *testing.T) {
	s := docker(t)
	agrees(t, s, compile(t, s), x86(t), [][6]uint64{
		{}, {8}, {0x20000}, {0x20008}, {0xffffffff}, {1}, {0x7e020000}, {0x10000000}, {1 << 63},
		{0xffffffffffffffff}, {0xffffffff00000008}, {0, 0x7e020000},
	})
}

func TestAProfileWithoutArchitecturesIsAboutTheMachinesOwn(t *testing.T) {
	s := &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno,
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"getpid", "read"}, Action: specs.ActAllow}},
	}
	machines := x86(t)
	f := compile(t, s)
	agrees(t, s, f, machines[:1], [][6]uint64{{}})
	for _, m := range machines[1:] {
		d := bpftest.Data{Nr: m.nrs["getpid"], Arch: m.audit}
		if got := run(t, f, d); got != unix.SECCOMP_RET_KILL_THREAD {
			t.Errorf("getpid on %s: %#x, want the thread killed", m.arch, got)
		}
	}
}

func TestEveryActionIsReturnedForItsRule(t *testing.T) {
	machines := x86(t)
	for _, act := range KnownActions() {
		act := specs.LinuxSeccompAction(act)
		for _, errno := range []*uint{nil, ptr(0), ptr(38), ptr(4094)} {
			if errno != nil && act != specs.ActErrno && act != specs.ActTrace {
				continue
			}
			s := &specs.LinuxSeccomp{
				DefaultAction: specs.ActLog,
				ListenerPath:  "/agent",
				Syscalls:      []specs.LinuxSyscall{{Names: []string{"getpid", "mkdir"}, Action: act, ErrnoRet: errno}},
			}
			agrees(t, s, compile(t, s), machines[:1], [][6]uint64{{}})
		}
	}
}

func TestEveryDefaultActionIsReturnedForWhatHasNoRule(t *testing.T) {
	machines := x86(t)
	for _, act := range KnownActions() {
		s := &specs.LinuxSeccomp{
			DefaultAction: specs.LinuxSeccompAction(act),
			Architectures: threeArchs,
			Syscalls: []specs.LinuxSyscall{
				{Names: []string{"mkdir"}, Action: specs.ActErrno, ErrnoRet: ptr(7)},
				{Names: []string{"futex"}, Action: specs.LinuxSeccompAction(act)},
			},
		}
		if s.DefaultAction == specs.ActNotify {
			continue
		}
		agrees(t, s, compile(t, s), machines, [][6]uint64{{}})
	}
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: ptr(13)}
	agrees(t, s, compile(t, s), machines[:1], [][6]uint64{{}})
}

// values are where comparisons tip over, in both halves of an argument.
var values = []uint64{
	0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
	0x1ffffffff, 1 << 63, 1<<64 - 2, 1<<64 - 1,
}

func TestEveryOperatorComparesAsItsNameSays(t *testing.T) {
	machines := x86(t)
	for _, op := range KnownOperators() {
		for _, value := range values {
			arg := specs.LinuxSeccompArg{Index: 3, Value: value, ValueTwo: value & 0x80000001ffffffff, Op: specs.LinuxSeccompOperator(op)}
			s := &specs.LinuxSeccomp{
				DefaultAction: specs.ActAllow,
				Syscalls:      []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActTrap, Args: []specs.LinuxSeccompArg{arg}}},
			}
			f := compile(t, s)
			for _, v := range values {
				d := bpftest.Data{Nr: machines[0].nrs["read"], Arch: machines[0].audit, Args: [6]uint64{9, 9, 9, v, 9, 9}}
				if got, want := run(t, f, d), meaning(s, machines[0], d); got != want {
					t.Errorf("%s %#x of argument %#x: %#x, want %#x", op, value, v, got, want)
				}
			}
		}
	}
}

func TestConditionsOnDifferentArgumentsMeanAllAndOnOneArgumentMeanAny(t *testing.T) {
	machines := x86(t)
	eq := func(index uint, v uint64) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: index, Value: v, Op: specs.OpEqualTo}
	}
	var arguments [][6]uint64
	for i := range uint64(3) {
		for j := range uint64(3) {
			arguments = append(arguments, [6]uint64{i, j})
		}
	}
	for _, args := range [][]specs.LinuxSeccompArg{
		{eq(0, 1), eq(1, 2)}, {eq(0, 1), eq(0, 2)}, {eq(0, 1), eq(1, 2), eq(1, 0)},
	} {
		s := &specs.LinuxSeccomp{
			DefaultAction: specs.ActErrno,
			Syscalls: []specs.LinuxSyscall{
				{Names: []string{"openat2"}, Action: specs.ActAllow},
				{Names: []string{"ioctl"}, Action: specs.ActAllow, Args: args},
			},
		}
		agrees(t, s, compile(t, s), machines[:1], arguments)
	}
}

// randomProfile has names with several rules. Of each name's rules without
// conditions only the first is kept, so that no two contradict each other.
func randomProfile(rng *rand.Rand, m *machine) *specs.LinuxSeccomp {
	acts := KnownActions()
	pick := func() (specs.LinuxSeccompAction, *uint) {
		act := specs.LinuxSeccompAction(acts[rng.IntN(len(acts))])
		if (act == specs.ActErrno || act == specs.ActTrace) && rng.IntN(2) == 0 {
			return act, ptr(uint(rng.IntN(5)))
		}
		return act, nil
	}
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActNotify, ListenerPath: "/agent"}
	for s.DefaultAction == specs.ActNotify {
		s.DefaultAction, s.DefaultErrnoRet = pick()
	}
	s.Architectures = slices.Clone(threeArchs[:rng.IntN(4)])
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(m.nrs)), func(name string) bool {
		return name == "write" || name == "sendmsg"
	})
	for range rng.IntN(40) {
		call := specs.LinuxSyscall{}
		call.Action, call.ErrnoRet = pick()
		for range rng.IntN(5) * rng.IntN(2) {
			call.Args = append(call.Args, specs.LinuxSeccompArg{
				Index: uint(rng.IntN(6)), Value: values[rng.IntN(len(values))], ValueTwo: values[rng.IntN(len(values))],
				Op: specs.LinuxSeccompOperator(KnownOperators()[rng.IntN(7)]),
			})
		}
		for range 1 + rng.IntN(20) {
			// Half of them from a few names, so that rules meet.
			name := names[rng.IntN(len(names))/(1+49*rng.IntN(2))]
			call.Names = append(call.Names, name)
		}
		s.Syscalls = append(s.Syscalls, call)
	}
	return s
}

func TestRandomProfilesDecideAsTheySay(t *testing.T) {
	machines := withoutMultiplexers(x86(t))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		s := randomProfile(rng, machines[0])
		var arguments [][6]uint64
		for range 6 {
			var args [6]uint64
			for i := range args {
				args[i] = values[rng.IntN(len(values))]
			}
			arguments = append(arguments, args)
		}
		f, err := Compile(s, "")
		if err != nil && strings.Contains(err.Error(), "two actions on equal conditions") {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, s, f, machines[:max(1, len(s.Architectures))], arguments)
	}
}

// Each of these is wrong, or never finished, when libseccomp 2.5.4 has to do it.
func TestSeveralComparisonsOfOneArgumentDecideAsTheySay(t *testing.T) {
	m := x86(t)[0]
	rng := rand.New(rand.NewPCG(3, 2))
	for range 30 {
		s := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
		for range 1 + rng.IntN(5) {
			var args []specs.LinuxSeccompArg
			for _, i := range rng.Perm(3)[:1+rng.IntN(2)] {
				args = append(args, specs.LinuxSeccompArg{
					Index: uint(i), Value: values[rng.IntN(len(values))], ValueTwo: values[rng.IntN(len(values))],
					Op: specs.LinuxSeccompOperator(KnownOperators()[rng.IntN(7)]),
				})
			}
			s.Syscalls = append(s.Syscalls, specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActTrap, Args: args})
		}
		f := compile(t, s)
		for _, a := range values {
			for _, b := range values {
				for _, c := range values {
					d := bpftest.Data{Nr: m.nrs["read"], Arch: m.audit, Args: [6]uint64{a, b, c}}
					if got, want := run(t, f, d), meaning(s, m, d); got != want {
						t.Fatalf("%+v: %x: %#x, want %#x", s.Syscalls, d.Args, got, want)
					}
				}
			}
		}
	}
}

func TestI386SocketCallsFollowTheUnconditionalRuleOfWhatTheyMultiplex(t *testing.T) {
	s := &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno,
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"socket", "openat2"}, Action: specs.ActAllow}},
	}
	if got := socketcall(t, s, sysSocket); got != unix.SECCOMP_RET_ALLOW {
		t.Errorf("socket: %#x, want it allowed", got)
	}
	if got := socketcall(t, s, sysBind); got != unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM) {
		t.Errorf("bind: %#x, want EPERM", got)
	}
}

const sysSocket, sysBind = 1, 2

func socketcall(t *testing.T, s *specs.LinuxSeccomp, call uint64) uint32 {
	t.Helper()
	m := x86(t)[1]
	s.Architectures = threeArchs
	// The pointer to the arguments would satisfy any condition of these tests.
	return run(t, compile(t, s), bpftest.Data{Nr: m.nrs["socketcall"], Arch: m.audit, Args: [6]uint64{call, 16}})
}

func TestI386SocketCallsWhoseArgumentsDecideGetTheStrictestOfWhatTheyCouldGet(t *testing.T) {
	family := func(op specs.LinuxSeccompOperator, v uint64) []specs.LinuxSeccompArg {
		return []specs.LinuxSeccompArg{{Index: 0, Op: op, Value: v}}
	}
	denied := uint32(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	allow := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"openat2"}, Action: specs.ActAllow},
		{Names: []string{"socket"}, Action: specs.ActAllow, Args: family(specs.OpLessThan, 38)},
	}}
	if got := socketcall(t, allow, sysSocket); got != denied {
		t.Errorf("a family that may be allowed: %#x, want EPERM", got)
	}
	deny := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"socket"}, Action: specs.ActErrno, Args: family(specs.OpEqualTo, 38)},
	}}
	if got := socketcall(t, deny, sysSocket); got != denied {
		t.Errorf("a family that may be denied: %#x, want EPERM", got)
	}
	deny.Syscalls = append(deny.Syscalls, specs.LinuxSyscall{
		Names: []string{"socketcall"}, Action: specs.ActTrap, Args: family(specs.OpEqualTo, sysBind),
	})
	if got := socketcall(t, deny, sysBind); got != unix.SECCOMP_RET_TRAP {
		t.Errorf("a condition on socketcall itself: %#x, want a trap", got)
	}
}
