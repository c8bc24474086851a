package seccomp

import (
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/seccomp/bpftest"
)

func assemble(program ...instruction) []byte {
	var data []byte
	for _, i := range program {
		data = i.append(data)
	}
	return data
}

func TestProgramsThatDoNotStayInsideThemselvesAreRefused(t *testing.T) {
	ret := instruction{code: opRet}
	if err := validProgram(assemble(instruction{code: opLoad, k: 60}, instruction{code: opJeq, jt: 1}, ret, ret)); err != nil {
		t.Fatal(err)
	}
	if err := validProgram(assemble(slices.Repeat([]instruction{ret}, 4096)...)); err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string][]byte{
		"empty":               nil,
		"half an instruction": assemble(ret)[:4],
		"too long":            assemble(slices.Repeat([]instruction{ret}, 4097)...),
		"falls out":           assemble(ret, instruction{code: opAnd}),
		"load at the end":     assemble(ret, instruction{code: opLoad}),
		"jumps out":           assemble(instruction{code: opJump, k: 1}, ret),
		"jumps far":           assemble(instruction{code: opJump, k: 0xffffffff}, ret),
		"branches out":        assemble(instruction{code: opJgt, jt: 1}, ret),
		"branches out if not": assemble(instruction{code: opJset, jf: 1}, ret),
		"reads past the data": assemble(instruction{code: opLoad, k: 64}, ret),
		"reads between":       assemble(instruction{code: opLoad, k: 2}, ret),
		"other instruction":   assemble(instruction{code: unix.BPF_ST}, ret),
		"returns accumulator": assemble(instruction{code: unix.BPF_RET | unix.BPF_A}),
	} {
		if validProgram(program) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestAFilterThatInitCannotLiveWithIsRefusedByName(t *testing.T) {
	profile := func(act specs.LinuxSeccompAction, name string, args ...specs.LinuxSeccompArg) *specs.LinuxSeccomp {
		return &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{name}, Action: act, Args: args}}}
	}
	listening := profile(specs.ActErrno, "sendmsg")
	listening.ListenerPath = "/agent"
	listening.Syscalls = append(listening.Syscalls, specs.LinuxSyscall{Names: []string{"mkdir"}, Action: specs.ActNotify})
	strict := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{{
		Names: []string{"read", "write", "execve"}, Action: specs.ActAllow}}}
	for _, c := range []struct {
		profile *specs.LinuxSeccomp
		refused string
	}{
		{profile(specs.ActErrno, "read"), "read"},
		{profile(specs.ActKillProcess, "write"), "write"},
		{profile(specs.ActTrap, "close_range"), "close_range"},
		{strict, "close_range"},
		{listening, "sendmsg"},
		{profile(specs.ActErrno, "sendmsg"), ""},
		{profile(specs.ActLog, "read"), ""},
		{profile(specs.ActErrno, "write", specs.LinuxSeccompArg{Index: 0, Value: 7, Op: specs.OpEqualTo}), ""},
		{profile(specs.ActErrno, "read", specs.LinuxSeccompArg{Index: 0, Value: 1, Op: specs.OpGreaterThan}), ""},
		{docker(t), ""},
	} {
		err := compile(t, c.profile).Usable()
		switch {
		case c.refused == "" && err != nil:
			t.Errorf("%v", err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), "refuses "+c.refused+",")):
			t.Errorf("got %v, want it to name %s", err, c.refused)
		}
	}
}

func TestTheProgramDecidesAsTheTestsMachineDoes(t *testing.T) {
	f := compile(t, docker(t))
	for number := range uint32(700) {
		for _, arg := range []uint64{0, 1, 8, 0x20000, 0x7e020000, 1<<64 - 1} {
			want := run(t, f, bpftest.Data{Nr: number, Arch: nativeArch, Args: [6]uint64{arg, arg, arg, arg, arg, arg}})
			if got := decide(f.Program, number, arg); got != want {
				t.Fatalf("system call %d with %#x: got %#x, want %#x", number, arg, got, want)
			}
		}
	}
}
