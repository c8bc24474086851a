package devices

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
)

// attr is a union bpf_attr, larger than any kernel's: those from 6.17 to 7.1 write
// behind the end of a shorter one for BPF_PROG_QUERY. What a kernel does not know is
// zero, which it accepts.
type attr [256]byte

func (a *attr) u32(offset int, v uint32) { *(*uint32)(unsafe.Pointer(&a[offset])) = v }
func (a *attr) get32(offset int) uint32  { return *(*uint32)(unsafe.Pointer(&a[offset])) }

// ptr stores an address. pins keeps what is there in its place until the call is over:
// to Go it is a number.
func (a *attr) ptr(pins *runtime.Pinner, offset int, p unsafe.Pointer) {
	pins.Pin(p)
	*(*uint64)(unsafe.Pointer(&a[offset])) = uint64(uintptr(p))
}

func (a *attr) call(cmd uintptr) (int, error) {
	for {
		r, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(unsafe.Pointer(a)), unsafe.Sizeof(*a))
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR, unix.EAGAIN:
			continue // a signal came while the program was verified
		}
		return 0, errno
	}
}

// The layout of the members of union bpf_attr that are used, linux/bpf.h.
const (
	loadType, loadCount, loadInsns, loadLicense, loadName = 0, 4, 8, 16, 48
	loadLogLevel, loadLogSize, loadLogBuf                 = 24, 28, 32

	attachTarget, attachProg, attachType, attachFlags, attachReplace = 0, 4, 8, 12, 16

	queryTarget, queryType, queryIDs, queryCount = 0, 4, 16, 24
	idNumber                                     = 0
)

// Attach makes rules decide for a cgroup v2 directory and all below it: see
// AttachProgram.
func Attach(dir string, rules []setting.Device) error {
	insns, err := Program(rules)
	if err != nil {
		return err
	}
	return AttachProgram(dir, insns)
}

// AttachProgram makes a program that Program has made decide for a cgroup v2
// directory and all below it, in place of the one of an earlier call. At no moment
// is everything allowed: one program is replaced atomically, and of several the new
// one is there before the others go.
func AttachProgram(dir string, insns []byte) error {
	cgroup, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	defer unix.Close(cgroup)
	old, err := attached(cgroup)
	if err != nil {
		return fmt.Errorf("%s: finding the device program in force: %w", dir, err)
	}
	defer closeAll(old)
	prog, err := load(insns)
	if errors.Is(err, unix.EPERM) {
		prog, err = loadUnlocked(insns)
	}
	if err != nil {
		return fmt.Errorf("loading the program for linux.resources.devices: %w", err)
	}
	defer unix.Close(prog)

	var a attr
	a.u32(attachTarget, uint32(cgroup))
	a.u32(attachProg, uint32(prog))
	a.u32(attachType, unix.BPF_CGROUP_DEVICE)
	a.u32(attachFlags, unix.BPF_F_ALLOW_MULTI)
	if len(old) == 1 {
		a.u32(attachFlags, unix.BPF_F_ALLOW_MULTI|unix.BPF_F_REPLACE)
		a.u32(attachReplace, uint32(old[0]))
	}
	if _, err := a.call(unix.BPF_PROG_ATTACH); err != nil {
		return fmt.Errorf("%s: attaching the program for linux.resources.devices: %w", dir, err)
	}
	if len(old) < 2 {
		return nil
	}
	for _, fd := range old {
		var a attr
		a.u32(attachTarget, uint32(cgroup))
		a.u32(attachProg, uint32(fd))
		a.u32(attachType, unix.BPF_CGROUP_DEVICE)
		if _, err := a.call(unix.BPF_PROG_DETACH); err != nil {
			return fmt.Errorf("%s: detaching the device program that was in force: %w", dir, err)
		}
	}
	return nil
}

// load verifies a program and returns its descriptor, which is close-on-exec.
func load(insns []byte) (int, error) {
	license := []byte("Apache-2.0\x00")
	var pins runtime.Pinner
	defer pins.Unpin()
	var a attr
	a.u32(loadType, unix.BPF_PROG_TYPE_CGROUP_DEVICE)
	a.u32(loadCount, uint32(len(insns)/insnBytes))
	a.ptr(&pins, loadInsns, unsafe.Pointer(&insns[0]))
	a.ptr(&pins, loadLicense, unsafe.Pointer(&license[0]))
	copy(a[loadName:loadName+15], "rt_devices")
	fd, err := a.call(unix.BPF_PROG_LOAD)
	if err == nil || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
		return fd, err
	}
	// Once more, for what the verifier has to say.
	log := make([]byte, 64<<10)
	a.u32(loadLogLevel, 1)
	a.u32(loadLogSize, uint32(len(log)))
	a.ptr(&pins, loadLogBuf, unsafe.Pointer(&log[0]))
	fd, err = a.call(unix.BPF_PROG_LOAD)
	if err != nil {
		if text := unix.ByteSliceToString(log); text != "" {
			return -1, fmt.Errorf("%w: %s", err, text)
		}
		return -1, err
	}
	return fd, nil
}

// loadUnlocked lifts the limit of locked memory meanwhile: before Linux 5.11 programs
// count towards it, and all containers of a user together.
func loadUnlocked(insns []byte) (int, error) {
	var old unix.Rlimit
	unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &unlimited, &old); err != nil {
		return -1, unix.EPERM
	}
	fd, err := load(insns)
	if e := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &old, nil); e != nil && err == nil {
		unix.Close(fd)
		return -1, fmt.Errorf("prlimit: %w", e)
	}
	return fd, err
}

// attached opens the device programs of the cgroup itself.
func attached(cgroup int) (fds []int, err error) {
	ids := make([]uint32, 64) // the most that the kernel attaches
	var pins runtime.Pinner
	defer pins.Unpin()
	var a attr
	a.u32(queryTarget, uint32(cgroup))
	a.u32(queryType, unix.BPF_CGROUP_DEVICE)
	a.ptr(&pins, queryIDs, unsafe.Pointer(&ids[0]))
	a.u32(queryCount, uint32(len(ids)))
	_, err = a.call(unix.BPF_PROG_QUERY)
	if err != nil {
		return nil, err
	}
	for _, id := range ids[:min(int(a.get32(queryCount)), len(ids))] {
		var a attr
		a.u32(idNumber, id)
		fd, err := a.call(unix.BPF_PROG_GET_FD_BY_ID)
		if errors.Is(err, unix.ENOENT) {
			continue // detached meanwhile
		}
		if err != nil {
			closeAll(fds)
			return nil, err
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
