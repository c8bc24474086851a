package seccomp

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// profile is linux.seccomp after every field of it was checked.
type profile struct {
	spec *specs.LinuxSeccomp
	def  uint32 // the default action as the kernel's value
	// key is the compiler's identity and everything that the program depends on.
	// Equal keys make equal programs.
	key      []byte
	notifies bool
	warnings []string
}

// maxArgs is how many arguments a system call has, maxName how long a name may be.
const (
	maxArgs = 6
	maxName = 255
)

// check reads the whole profile. It runs on every start, so it does nothing else.
func check(s *specs.LinuxSeccomp) (*profile, error) {
	p := &profile{spec: s, key: append(make([]byte, 0, 8<<10), compilerID...)}
	var err error
	p.def, err = action("linux.seccomp.defaultAction", s.DefaultAction, "linux.seccomp.defaultErrnoRet", s.DefaultErrnoRet)
	if err != nil {
		return nil, err
	}
	if s.DefaultAction == specs.ActNotify {
		return nil, fmt.Errorf("linux.seccomp.defaultAction: %s cannot be used as default action: the listener could not be handed over", specs.ActNotify)
	}
	p.u32(p.def, uint32(len(s.Architectures)), uint32(len(s.Syscalls)))
	if err := p.archs(); err != nil {
		return nil, err
	}
	for i := range s.Syscalls {
		if err := p.syscall(i, &s.Syscalls[i]); err != nil {
			return nil, err
		}
	}
	return p, p.listener()
}

func (p *profile) u32(values ...uint32) {
	for _, v := range values {
		p.key = binary.NativeEndian.AppendUint32(p.key, v)
	}
}

func (p *profile) u64(v uint64) { p.key = binary.NativeEndian.AppendUint64(p.key, v) }

func (p *profile) warn(text string) { p.warnings = append(p.warnings, text) }

// archs serves linux.seccomp.architectures.
func (p *profile) archs() error {
	for i, name := range p.spec.Architectures {
		token, ok := lookUp(archs[:], string(name))
		if !ok {
			return fmt.Errorf("linux.seccomp.architectures[%d]: %q is not an architecture that libseccomp 2.5.4 knows (%s)",
				i, name, strings.Join(KnownArchs(), ", "))
		}
		p.u32(token)
	}
	return nil
}

// listener serves linux.seccomp.listenerPath and listenerMetadata.
func (p *profile) listener() error {
	switch s := p.spec; {
	case s.ListenerPath == "" && p.notifies:
		return fmt.Errorf("linux.seccomp.listenerPath: missing, %s needs a socket to send the listener to", specs.ActNotify)
	case s.ListenerPath == "" && s.ListenerMetadata != "":
		return fmt.Errorf("linux.seccomp.listenerMetadata: %q without listenerPath", s.ListenerMetadata)
	}
	return nil
}

// syscall serves one entry of linux.seccomp.syscalls.
func (p *profile) syscall(i int, call *specs.LinuxSyscall) error {
	act, err := action("linux.seccomp.syscalls["+strconv.Itoa(i)+"].action", call.Action,
		"linux.seccomp.syscalls["+strconv.Itoa(i)+"].errnoRet", call.ErrnoRet)
	if err != nil {
		return err
	}
	if len(call.Names) == 0 {
		p.warn("linux.seccomp.syscalls[" + strconv.Itoa(i) + "].names: empty, the entry has no effect")
	}
	if call.Action == specs.ActNotify && len(call.Names) > 0 {
		p.notifies = true
		if err := notifiable(i, call.Names); err != nil {
			return err
		}
	}
	for j := range call.Args {
		if err := checkArg(i, j, &call.Args[j]); err != nil {
			return err
		}
	}
	return p.rule(i, act, call)
}

// rule appends the entry to the key.
func (p *profile) rule(i int, act uint32, call *specs.LinuxSyscall) error {
	p.u32(act, uint32(len(call.Args)), uint32(len(call.Names)))
	for j := range call.Args {
		a := &call.Args[j]
		op, _ := lookUp(operators[:], string(a.Op))
		p.u64(a.Value)
		p.u64(a.ValueTwo)
		p.u32(uint32(a.Index), op)
	}
	for j, name := range call.Names {
		if !validName(name) {
			return fmt.Errorf("linux.seccomp.syscalls[%d].names[%d]: %q is not the name of a system call", i, j, name)
		}
		p.key = append(append(p.key, byte(len(name))), name...)
	}
	return nil
}

// validName accepts whatever might be the name of a system call some day.
func validName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for i := 0; i < len(name); i++ {
		if name[i] <= ' ' || name[i] >= 0x7f {
			return false
		}
	}
	return true
}

// notifiable refuses the system calls with which init hands the listener over:
// nobody answers the notifications of a listener that nobody has yet.
func notifiable(i int, names []string) error {
	for j, name := range names {
		if name == "write" || name == "sendmsg" {
			return fmt.Errorf("linux.seccomp.syscalls[%d].names[%d]: %s cannot be used for the %s syscall: init hands the listener over with it",
				i, j, specs.ActNotify, name)
		}
	}
	return nil
}

func checkArg(i, j int, a *specs.LinuxSeccompArg) error {
	if a.Index >= maxArgs {
		return fmt.Errorf("linux.seccomp.syscalls[%d].args[%d].index: %d, system calls have the arguments 0 to %d", i, j, a.Index, maxArgs-1)
	}
	if _, ok := lookUp(operators[:], string(a.Op)); !ok {
		return fmt.Errorf("linux.seccomp.syscalls[%d].args[%d].op: %q is not an operator (%s)",
			i, j, a.Op, strings.Join(KnownOperators(), ", "))
	}
	return nil
}

// maxErrno is the highest errno that libseccomp lets a filter return; the kernel
// cuts higher ones to MAX_ERRNO.
const maxErrno = 4094

// action is the kernel's value for an action with its errno, EPERM if unset.
func action(field string, act specs.LinuxSeccompAction, errnoField string, errno *uint) (uint32, error) {
	value, ok := lookUp(actions[:], string(act))
	if !ok {
		return 0, fmt.Errorf("%s: %q is not an action (%s)", field, act, strings.Join(KnownActions(), ", "))
	}
	limit := uint(0)
	switch act {
	case specs.ActErrno:
		limit = maxErrno
	case specs.ActTrace:
		limit = unix.SECCOMP_RET_DATA
	default:
		if errno != nil {
			return 0, fmt.Errorf("%s: %d, but %s takes no errno", errnoField, *errno, act)
		}
		return value, nil
	}
	if errno == nil {
		return value | uint32(unix.EPERM), nil
	}
	if *errno > limit {
		return 0, fmt.Errorf("%s: %d, %s takes 0 to %d", errnoField, *errno, act, limit)
	}
	return value | uint32(*errno), nil
}

// flags serves linux.seccomp.flags. Without the field, speculation is left to the
// process, as all runtimes do.
func (p *profile) flags() (uint64, error) {
	var set uint64
	if p.notifies {
		set |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	}
	if p.spec.Flags == nil {
		return set | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, nil
	}
	for i, name := range p.spec.Flags {
		value, ok := lookUp(flags[:], string(name))
		if !ok {
			return 0, fmt.Errorf("linux.seccomp.flags[%d]: %q is not a flag (%s)", i, name, strings.Join(KnownFlags(), ", "))
		}
		if value == unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV {
			if !p.notifies {
				p.warn(fmt.Sprintf("linux.seccomp.flags[%d]: %s has no effect without %s", i, name, specs.ActNotify))
				continue
			}
			if !kernelHas(uint64(value)) {
				return 0, fmt.Errorf("linux.seccomp.flags[%d]: %s needs Linux 5.19", i, name)
			}
		}
		set |= uint64(value)
	}
	return set, nil
}

// strict tells a profile that refuses what it does not name. A tracer is expected
// to answer for every system call itself.
func (p *profile) strict() bool {
	switch p.spec.DefaultAction {
	case specs.ActAllow, specs.ActLog, specs.ActTrace:
		return false
	}
	return true
}
