// Package seccomp turns a seccomp profile into the program that the kernel filters
// system calls with.
//
// The work is done by libseccomp, in a small program of its own that is embedded
// here and runs in the caller's namespaces only when the filter is not in the cache.
// A profile is encoded to a request; the request is both what that program reads
// and what a cached filter is found by.
package seccomp

import (
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
// Filters are kept in cacheDir, which need not exist; an unusable cache is a
// warning. An empty cacheDir means no cache. Errors name the configuration field.
// See config-linux.md, "Seccomp", and seccomp(2).
func Compile(s *specs.LinuxSeccomp, cacheDir string) (*Filter, error) {
	if s == nil || s.DefaultAction == "" && len(s.Syscalls) == 0 {
		return nil, nil
	}
	r, err := encode(s)
	if err != nil {
		return nil, err
	}
	f := &Filter{}
	if f.Flags, err = r.flags(); err != nil {
		return nil, err
	}
	c := cache{dir: cacheDir, key: r.key}
	e, ok := c.load()
	if !ok {
		if e, err = r.compile(cacheDir); err != nil {
			return nil, err
		}
		if err := c.store(e); err != nil {
			r.warn("the seccomp filter is not cached: " + err.Error())
		}
	}
	f.Program = e.program
	if len(e.unknown) > 0 {
		r.warn("linux.seccomp.syscalls: rules without effect, for system calls unknown to libseccomp: " +
			strings.Join(e.unknown, " "))
	}
	f.Warnings = r.warnings
	return f, nil
}

// entry is what the compiler makes of a request and the cache keeps.
type entry struct {
	program []byte
	unknown []string // names of system calls that exist on no architecture
}

// compile is the expensive way to an entry.
func (r *request) compile(scratch string) (*entry, error) {
	a, err := r.run(scratch)
	if err != nil {
		return nil, err
	}
	program := a.program
	if r.strict() {
		program = append(enosysStub(a.newest), program...)
	}
	if len(program)/instructionSize > unix.BPF_MAXINSNS {
		return nil, errTooLong(len(program) / instructionSize)
	}
	if err := validProgram(program); err != nil {
		return nil, err
	}
	return &entry{program: program, unknown: r.namesOf(a.unknown)}, nil
}
