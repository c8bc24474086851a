package signals

import (
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What handler_amd64.s reads.
var (
	owner int32 // the process whose signals they are
	pipe  int32 // where their numbers go; never blocks
)

func addresses() (handler, restorer uintptr)

// receiver is who gets them.
var receiver struct {
	sync.Mutex
	signals chan unix.Signal
}

// action is the kernel's struct sigaction of asm/signal.h.
type action struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const (
	saRestorer = 0x04000000
	saOnStack  = 0x08000000 // Go's threads have small stacks
	saRestart  = 0x10000000
)

// Notify makes the signals of list, and those of earlier calls, arrive on the returned
// channel from now on, instead of doing what they do by default.
func Notify(list ...unix.Signal) (<-chan unix.Signal, error) {
	receiver.Lock()
	defer receiver.Unlock()
	if receiver.signals == nil {
		if err := listen(); err != nil {
			return nil, err
		}
	}
	receiver.signals = make(chan unix.Signal, room)
	a := action{flags: saRestorer | saOnStack | saRestart, mask: ^uint64(0)}
	a.handler, a.restorer = addresses()
	for _, s := range list {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&a)), 0, unsafe.Sizeof(a.mask), 0, 0)
		if errno != 0 {
			return nil, os.NewSyscallError("rt_sigaction", errno)
		}
	}
	return receiver.signals, nil
}

// listen opens the pipe, for as long as the process lives, and passes on what comes.
func listen() error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	owner, pipe = int32(os.Getpid()), int32(fds[1])
	in := os.NewFile(uintptr(fds[0]), "signals")
	go func() {
		var buf [room]byte
		for {
			n, err := in.Read(buf[:])
			if err != nil {
				return
			}
			receiver.Lock()
			for _, s := range buf[:n] {
				select {
				case receiver.signals <- unix.Signal(s):
				default: // nobody receives
				}
			}
			receiver.Unlock()
		}
	}()
	return nil
}
