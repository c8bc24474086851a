package seccomp

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Bounds of what the compiler reads: compiler/request.h.
const (
	requestMagic = 0x71657273
	maxRequest   = 1<<20 - 1
	maxArchs     = 31
	maxArgs      = 6
	maxName      = 255
)

// With more rules than this a binary tree over the system call's number pays for
// itself (SCMP_FLTATR_CTL_OPTIMIZE in seccomp_attr_set(3)).
const treeFrom = 32

// request is a profile as the compiler reads it.
type request struct {
	spec *specs.LinuxSeccomp
	// key is the compiler's identity, then what it reads, in the layout that
	// compiler/request.h describes. Equal keys make equal filters.
	key      []byte
	nnames   int // how many names key has
	notifies bool
	warnings []string
}

// data is what the compiler reads.
func (r *request) data() []byte { return r.key[len(compilerID):] }

// The layout of struct request.
const (
	offOptimize = 8
	offGroups   = 16
)

// encode checks every field of the profile and writes the request.
func encode(s *specs.LinuxSeccomp) (*request, error) {
	r := &request{spec: s, key: append(make([]byte, 0, 8<<10), compilerID...)}
	def, err := action("linux.seccomp.defaultAction", s.DefaultAction, "linux.seccomp.defaultErrnoRet", s.DefaultErrnoRet)
	if err != nil {
		return nil, err
	}
	if s.DefaultAction == specs.ActNotify {
		return nil, fmt.Errorf("linux.seccomp.defaultAction: %s cannot be used as default action: the listener could not be handed over", specs.ActNotify)
	}
	r.u32(requestMagic, def, 0, uint32(len(s.Architectures)), 0)
	if err := r.archs(); err != nil {
		return nil, err
	}
	for i := range s.Syscalls {
		if err := r.syscall(i, &s.Syscalls[i]); err != nil {
			return nil, err
		}
	}
	if r.nnames > treeFrom {
		binary.NativeEndian.PutUint32(r.data()[offOptimize:], 2)
	}
	if len(r.data()) > maxRequest {
		return nil, fmt.Errorf("linux.seccomp.syscalls: %d names take more than the 1 MiB a profile may have", r.nnames)
	}
	return r, r.listener()
}

func (r *request) u32(values ...uint32) {
	for _, v := range values {
		r.key = binary.NativeEndian.AppendUint32(r.key, v)
	}
}

func (r *request) u64(v uint64) { r.key = binary.NativeEndian.AppendUint64(r.key, v) }

func (r *request) warn(text string) { r.warnings = append(r.warnings, text) }

// archs serves linux.seccomp.architectures.
func (r *request) archs() error {
	if len(r.spec.Architectures) > maxArchs {
		return fmt.Errorf("linux.seccomp.architectures: %d entries, at most %d are possible", len(r.spec.Architectures), maxArchs)
	}
	for i, name := range r.spec.Architectures {
		token, ok := lookUp(archs[:], string(name))
		if !ok {
			return fmt.Errorf("linux.seccomp.architectures[%d]: %q is not an architecture that libseccomp 2.5.4 knows (%s)",
				i, name, strings.Join(KnownArchs(), ", "))
		}
		r.u32(token)
	}
	return nil
}

// listener serves linux.seccomp.listenerPath and listenerMetadata.
func (r *request) listener() error {
	switch s := r.spec; {
	case s.ListenerPath == "" && r.notifies:
		return fmt.Errorf("linux.seccomp.listenerPath: missing, %s needs a socket to send the listener to", specs.ActNotify)
	case s.ListenerPath == "" && s.ListenerMetadata != "":
		return fmt.Errorf("linux.seccomp.listenerMetadata: %q without listenerPath", s.ListenerMetadata)
	}
	return nil
}

// syscall serves one entry of linux.seccomp.syscalls.
func (r *request) syscall(i int, call *specs.LinuxSyscall) error {
	act, err := action("linux.seccomp.syscalls["+strconv.Itoa(i)+"].action", call.Action,
		"linux.seccomp.syscalls["+strconv.Itoa(i)+"].errnoRet", call.ErrnoRet)
	if err != nil {
		return err
	}
	if len(call.Names) == 0 {
		r.warn("linux.seccomp.syscalls[" + strconv.Itoa(i) + "].names: empty, the entry has no effect")
	}
	if call.Action == specs.ActNotify && len(call.Names) > 0 {
		r.notifies = true
		if err := notifiable(i, call.Names); err != nil {
			return err
		}
	}
	for j := range call.Args {
		if err := checkArg(i, j, &call.Args[j]); err != nil {
			return err
		}
	}
	if !repeatsIndex(call.Args) {
		return r.group(i, act, call.Args, call.Names)
	}
	// libseccomp takes one condition per argument. Several on one argument mean any
	// of them, and so each of the conditions alone.
	for j := range call.Args {
		if err := r.group(i, act, call.Args[j:j+1], call.Names); err != nil {
			return err
		}
	}
	return nil
}

// group writes the rule that args match for every one of names.
func (r *request) group(i int, act uint32, args []specs.LinuxSeccompArg, names []string) error {
	if len(names) == 0 {
		return nil
	}
	ngroup := r.data()[offGroups:]
	binary.NativeEndian.PutUint32(ngroup, binary.NativeEndian.Uint32(ngroup)+1)
	r.u32(act, uint32(len(args)), uint32(len(names)))
	for j := range args {
		a := &args[j]
		op, _ := lookUp(operators[:], string(a.Op))
		two := a.ValueTwo
		if op != opMaskedEqual {
			two = 0 // means nothing to the other operators
		}
		r.u64(a.Value)
		r.u64(two)
		r.u32(uint32(a.Index), op)
	}
	for j, name := range names {
		if !validName(name) {
			return fmt.Errorf("linux.seccomp.syscalls[%d].names[%d]: %q is not the name of a system call", i, j, name)
		}
		r.key = append(append(r.key, byte(len(name))), name...)
	}
	r.nnames += len(names)
	return nil
}

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

func repeatsIndex(args []specs.LinuxSeccompArg) bool {
	var seen [maxArgs]bool
	for i := range args {
		if seen[args[i].Index] {
			return true
		}
		seen[args[i].Index] = true
	}
	return false
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
func (r *request) flags() (uint64, error) {
	var set uint64
	if r.notifies {
		set |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	}
	if r.spec.Flags == nil {
		return set | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, nil
	}
	for i, name := range r.spec.Flags {
		value, ok := lookUp(flags[:], string(name))
		if !ok {
			return 0, fmt.Errorf("linux.seccomp.flags[%d]: %q is not a flag (%s)", i, name, strings.Join(KnownFlags(), ", "))
		}
		if value == unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV {
			if !r.notifies {
				r.warn(fmt.Sprintf("linux.seccomp.flags[%d]: %s has no effect without %s", i, name, specs.ActNotify))
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
func (r *request) strict() bool {
	switch r.spec.DefaultAction {
	case specs.ActAllow, specs.ActLog, specs.ActTrace:
		return false
	}
	return true
}

// names are those of the request, in its order, by which the compiler numbers them.
func (r *request) names() []string {
	list := make([]string, 0, r.nnames)
	for i := range r.spec.Syscalls {
		call := &r.spec.Syscalls[i]
		times := 1
		if repeatsIndex(call.Args) {
			times = len(call.Args)
		}
		for range times {
			list = append(list, call.Names...)
		}
	}
	return list
}

// namesOf are the names with these numbers, sorted and each once.
func (r *request) namesOf(numbers []uint32) []string {
	var list []string
	all := r.names()
	for _, n := range numbers {
		if int(n) < len(all) {
			list = append(list, all[n])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
