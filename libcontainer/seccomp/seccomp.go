// Package seccomp turns a seccomp profile into the program that the kernel filters
// system calls with.
//
// libseccomp knows the system calls of every architecture and finds the action for
// one; it runs in a small program of its own, embedded here, and only when a filter
// is not in the cache. The conditions on arguments are compiled here: libseccomp
// 2.5.4 gets several of them for one system call wrong unless all are equalities,
// and for some does not come to an end.
package seccomp

import (
	"fmt"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Filter is a profile as seccomp(2) takes it.
type Filter struct {
	Program  []byte   // array of struct sock_filter in the machine's byte order
	Flags    uint64   // SECCOMP_FILTER_FLAG_*; with NEW_LISTENER the profile notifies
	Warnings []string // what the profile asks for and does not get
}

// Compile makes the filter of linux.seccomp. It is nil for no profile, and for one
// without default action and system calls, which disables filtering.
//
// Of the rules for one system call, one without conditions decides alone; else the
// first one whose conditions hold does. Rules that repeat the default action count
// for nothing.
//
// Filters are kept in cacheDir, which need not exist; an unusable cache is a
// warning. An empty cacheDir means no cache. Errors name the configuration field.
// See config-linux.md, "Seccomp", and seccomp(2).
func Compile(s *specs.LinuxSeccomp, cacheDir string) (*Filter, error) {
	if s == nil || s.DefaultAction == "" && len(s.Syscalls) == 0 {
		return nil, nil
	}
	p, err := check(s)
	if err != nil {
		return nil, err
	}
	f := &Filter{}
	if f.Flags, err = p.flags(); err != nil {
		return nil, err
	}
	c := cache{dir: cacheDir, key: p.key}
	e, ok := c.load()
	if !ok {
		if e, err = p.compile(cacheDir); err != nil {
			return nil, err
		}
		if err := c.store(e); err != nil {
			p.warn("the seccomp filter is not cached: " + err.Error())
		}
	}
	f.Program = e.program
	if len(e.unknown) > 0 {
		p.warn("linux.seccomp.syscalls: rules without effect, for system calls unknown to libseccomp: " +
			strings.Join(e.unknown, " "))
	}
	f.Warnings = p.warnings
	return f, nil
}

// Usable checks that init can go on behind the filter to the execution of the program:
// nsenter's arrive, release, gate and cloexec_from come after it. Without these system
// calls init would end where it could not even say why. What depends on arguments is
// given the benefit of the doubt.
func (f *Filter) Usable() error {
	needed := []struct {
		name   string
		number uint32
	}{
		{"read", unix.SYS_READ}, {"write", unix.SYS_WRITE}, {"close_range", unix.SYS_CLOSE_RANGE},
		{"sendmsg", unix.SYS_SENDMSG}, // with the listener
	}
	if f.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
		needed = needed[:3]
	}
	for _, n := range needed {
		if refuses(decide(f.Program, n.number, 0)) && refuses(decide(f.Program, n.number, 1<<64-1)) {
			return fmt.Errorf("linux.seccomp: the filter refuses %s, which init needs until it executes the program, want it allowed", n.name)
		}
	}
	return nil
}

func refuses(action uint32) bool {
	switch action & unix.SECCOMP_RET_ACTION_FULL {
	case unix.SECCOMP_RET_ALLOW, unix.SECCOMP_RET_LOG, unix.SECCOMP_RET_USER_NOTIF:
		return false
	}
	return true
}

// entry is what compiling ends in and the cache keeps.
type entry struct {
	program []byte
	unknown []string // names of system calls that exist on no architecture
}

// compile is the expensive way to an entry.
func (p *profile) compile(scratch string) (*entry, error) {
	r, err := p.lower()
	if err != nil {
		return nil, err
	}
	a, err := r.run(scratch)
	if err != nil {
		return nil, err
	}
	program := r.link(a.program, a.newest)
	if p.strict() {
		program = append(enosysStub(a.newest), program...)
	}
	if n := len(program) / instructionSize; n > unix.BPF_MAXINSNS {
		return nil, fmt.Errorf("linux.seccomp: the profile makes a filter of %d instructions, the kernel takes %d", n, unix.BPF_MAXINSNS)
	}
	if err := validProgram(program); err != nil {
		return nil, err
	}
	return &entry{program: program, unknown: r.namesOf(a.unknown)}, nil
}
