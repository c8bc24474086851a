package seccomp

import (
	"math/rand/v2"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/seccomp/bpftest"
)

// behind runs the stub in front of a filter that allows everything.
func behind(t *testing.T, stub []byte, d bpftest.Data) uint32 {
	t.Helper()
	program := instruction{code: opRet, k: unix.SECCOMP_RET_ALLOW}.append(stub)
	if err := validProgram(program); err != nil {
		t.Fatal(err)
	}
	v, err := bpftest.Run(program, d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNumbersAboveTheNewestAnswerENOSYSOnEveryArchitecture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		list := []newest{}
		limits := map[uint32]uint32{} // by libseccomp's token
		for _, i := range rng.Perm(len(archs))[:1+rng.IntN(len(archs))] {
			n := newest{arch: archs[i].value, number: uint32(rng.IntN(5))}
			if n.arch == archX32 && n.number != 0 {
				n.number |= x32Bit
			}
			list = append(list, n)
			limits[n.arch] = n.number
		}
		stub := enosysStub(list)
		for _, arch := range archs {
			for nr := range uint32(7) {
				d := bpftest.Data{Arch: arch.value, Nr: nr}
				if arch.value == archX32 {
					d = bpftest.Data{Arch: archX86_64, Nr: nr | x32Bit}
				}
				want := uint32(unix.SECCOMP_RET_ALLOW)
				limit := limits[arch.value]
				multiplexed := (arch.value == archS390 || arch.value == archS390X) && nr == 0
				if limit != 0 && (d.Nr > limit || multiplexed) {
					want = retEnosys
				}
				if got := behind(t, stub, d); got != want {
					t.Fatalf("%+v: %s %d: %#x, want %#x", list, arch.name, d.Nr, got, want)
				}
			}
		}
	}
}

func TestAnX86_64ProfileLeavesX32ToTheFilter(t *testing.T) {
	stub := enosysStub([]newest{{archX86_64, 300}})
	for nr, want := range map[uint32]uint32{
		300: unix.SECCOMP_RET_ALLOW, 301: retEnosys, x32Bit - 1: retEnosys,
		x32Bit: unix.SECCOMP_RET_ALLOW, x32Bit | 547: unix.SECCOMP_RET_ALLOW, 0xffffffff: unix.SECCOMP_RET_ALLOW,
	} {
		if got := behind(t, stub, bpftest.Data{Arch: archX86_64, Nr: nr}); got != want {
			t.Errorf("%#x: %#x, want %#x", nr, got, want)
		}
	}
}

func TestAProfileThatNamesNothingHasNoStub(t *testing.T) {
	if stub := enosysStub([]newest{{archX86_64, 0}, {archX32, 0}}); len(stub) != 0 {
		t.Errorf("%d bytes", len(stub))
	}
}

func TestOnlyProfilesThatRefuseAnswerENOSYS(t *testing.T) {
	m := x86(t)[0]
	for _, name := range KnownActions() {
		act := specs.LinuxSeccompAction(name)
		if act == specs.ActNotify {
			continue
		}
		s := &specs.LinuxSeccomp{
			DefaultAction: act,
			Syscalls:      []specs.LinuxSyscall{{Names: []string{"openat2"}, Action: specs.ActErrno, ErrnoRet: ptr(7)}},
		}
		want := uint32(retEnosys)
		switch act {
		case specs.ActAllow, specs.ActLog, specs.ActTrace:
			want = actionValue(act, nil)
		}
		if got := run(t, compile(t, s), bpftest.Data{Nr: m.nrs["openat2"] + 1, Arch: m.audit}); got != want {
			t.Errorf("%s: %#x, want %#x", act, got, want)
		}
	}
}
