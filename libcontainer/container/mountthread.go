package container

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ownThread runs f on a thread that ends with it, so that f may change its namespaces.
// The process's first thread never ends, and what is asked of /proc/self is asked of
// it: while it is kept busy, f gets another one.
func ownThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f() // never unlocked
			return
		}
		done := make(chan struct{})
		ownThread(func() { defer close(done); f() })
		<-done
		runtime.UnlockOSThread()
	}()
}

// mountThread is a thread with a mount namespace of its own. criu wants the root file
// system, and what is mounted from outside, by paths: they exist in this namespace
// only, and go with it.
type mountThread struct {
	jobs chan func()
	gone chan struct{}
}

// newMountThread starts the thread.
func newMountThread() (*mountThread, error) {
	t := &mountThread{make(chan func()), make(chan struct{})}
	result := make(chan error)
	ownThread(func() {
		defer close(t.gone)
		err := os.NewSyscallError("unshare", unix.Unshare(unix.CLONE_FS|unix.CLONE_NEWNS))
		if err == nil {
			slave := unix.MountAttr{Propagation: unix.MS_SLAVE}
			err = os.NewSyscallError("mount_setattr", unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &slave))
		}
		result <- err
		for f := range t.jobs {
			f()
		}
	})
	if err := <-result; err != nil {
		close(t.jobs)
		return nil, fmt.Errorf("a mount namespace for criu: %w", err)
	}
	return t, nil
}

// do runs a function on the thread.
func (t *mountThread) do(f func() error) error {
	result := make(chan error)
	t.jobs <- func() { result <- f() }
	return <-result
}

// close ends the thread, and with it the namespace unless criu is in it.
func (t *mountThread) close() {
	close(t.jobs)
	<-t.gone
}
