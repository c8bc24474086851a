package seccomp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/seccomp/bpftest"
)

// machine is one way to call the kernel on x86, with its table of system calls from
// the kernel's asm/unistd_*.h.
type machine struct {
	arch  specs.Arch
	audit uint32 // seccomp_data.arch
	mark  uint32 // set in every number
	bits  int    // of an argument that libseccomp compares
	names map[uint32]string
	nrs   map[string]uint32
}

func x86(t testing.TB) []*machine {
	t.Helper()
	all := []*machine{
		{arch: specs.ArchX86_64, audit: unix.AUDIT_ARCH_X86_64, bits: 64},
		{arch: specs.ArchX86, audit: unix.AUDIT_ARCH_I386, bits: 32},
		{arch: specs.ArchX32, audit: unix.AUDIT_ARCH_X86_64, mark: 0x40000000, bits: 32},
	}
	for i, file := range []string{"x86_64", "i386", "x32"} {
		all[i].read(t, "testdata/"+file+".syscalls")
	}
	return all
}

func (m *machine) read(t testing.TB, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m.names, m.nrs = map[uint32]string{}, map[string]uint32{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var nr uint32
		var name string
		if _, err := fmt.Sscan(lines.Text(), &nr, &name); err != nil {
			t.Fatal(err)
		}
		m.names[nr|m.mark], m.nrs[name] = name, nr|m.mark
	}
}

// meaning is what a profile says about a system call, worked out from
// config-linux.md, seccomp_data and Compile's documentation, without libseccomp.
func meaning(s *specs.LinuxSeccomp, m *machine, d bpftest.Data) uint32 {
	def := actionValue(s.DefaultAction, s.DefaultErrnoRet)
	switch s.DefaultAction {
	case specs.ActAllow, specs.ActLog, specs.ActTrace:
	default:
		if last := lastNamed(s, m); last != 0 && d.Nr > last {
			return unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
		}
	}
	decision, decided := def, false
	for _, call := range s.Syscalls {
		act := actionValue(call.Action, call.ErrnoRet)
		for _, name := range call.Names {
			if nr, ok := m.nrs[name]; !ok || nr != d.Nr || act == def {
				continue
			}
			if len(call.Args) == 0 {
				return act
			}
			if !decided && matches(call.Args, m, d) {
				decision, decided = act, true
			}
		}
	}
	return decision
}

func lastNamed(s *specs.LinuxSeccomp, m *machine) (last uint32) {
	for _, call := range s.Syscalls {
		for _, name := range call.Names {
			last = max(last, m.nrs[name])
		}
	}
	return last
}

func matches(args []specs.LinuxSeccompArg, m *machine, d bpftest.Data) bool {
	count := map[uint]int{}
	for _, a := range args {
		count[a.Index]++
	}
	hits, anyOf := 0, false
	for _, a := range args {
		anyOf = anyOf || count[a.Index] > 1
		if compares(a, d.Args[a.Index], m.bits) {
			hits++
		}
	}
	if anyOf {
		return hits > 0
	}
	return hits == len(args)
}

func compares(a specs.LinuxSeccompArg, v uint64, bits int) bool {
	one, two := a.Value, a.ValueTwo
	if bits == 32 {
		v, one, two = uint64(uint32(v)), uint64(uint32(one)), uint64(uint32(two))
	}
	switch a.Op {
	case specs.OpNotEqual:
		return v != one
	case specs.OpLessThan:
		return v < one
	case specs.OpLessEqual:
		return v <= one
	case specs.OpEqualTo:
		return v == one
	case specs.OpGreaterEqual:
		return v >= one
	case specs.OpGreaterThan:
		return v > one
	case specs.OpMaskedEqual:
		return v&one == two&one // libseccomp ignores what the mask hides of either
	}
	panic("operator " + a.Op)
}

func actionValue(a specs.LinuxSeccompAction, errno *uint) uint32 {
	data := uint32(unix.EPERM)
	if errno != nil {
		data = uint32(*errno)
	}
	switch a {
	case specs.ActKill, specs.ActKillThread:
		return 0x00000000
	case specs.ActKillProcess:
		return 0x80000000
	case specs.ActTrap:
		return 0x00030000
	case specs.ActErrno:
		return 0x00050000 | data
	case specs.ActNotify:
		return 0x7fc00000
	case specs.ActTrace:
		return 0x7ff00000 | data
	case specs.ActLog:
		return 0x7ffc0000
	case specs.ActAllow:
		return 0x7fff0000
	}
	panic("action " + a)
}

func docker(t testing.TB) *specs.LinuxSeccomp {
	t.Helper()
	data, err := os.ReadFile("testdata/docker.json")
	if err != nil {
		t.Fatal(err)
	}
	s := new(specs.LinuxSeccomp)
	if err := json.Unmarshal(data, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func compile(t testing.TB, s *specs.LinuxSeccomp) *Filter {
	t.Helper()
	f, err := Compile(s, "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func run(t testing.TB, f *Filter, d bpftest.Data) uint32 {
	t.Helper()
	v, err := bpftest.Run(f.Program, d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// agrees compares a filter with its profile's meaning for every number that there
// is, some that there are not, and these arguments.
func agrees(t *testing.T, s *specs.LinuxSeccomp, f *Filter, machines []*machine, arguments [][6]uint64) {
	t.Helper()
	for _, m := range machines {
		for nr := uint32(0); nr < 600; nr++ {
			if _, ok := m.nrs["socketcall"]; !ok && m.arch == specs.ArchX86 && (nr == 102 || nr == 117) {
				continue // socketcall and ipc, see withoutMultiplexers
			}
			for _, args := range arguments {
				d := bpftest.Data{Nr: nr | m.mark, Arch: m.audit, Args: args}
				if got, want := run(t, f, d), meaning(s, m, d); got != want {
					t.Fatalf("%s: %d (%s) with %x: %#x, the profile says %#x",
						m.arch, nr, m.names[d.Nr], args, got, want)
				}
			}
		}
	}
}
