package launch

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// spawn gives the stage the plan, and starts it before unless it runs already.
func (r *run) spawn() error {
	s := r.cfg.Stage
	if s == nil {
		var err error
		s, err = StartStage(StageConfig{Dir: r.cfg.StateDir, Preserve: r.cfg.Preserve, Trace: r.cfg.Trace})
		if err != nil {
			return err
		}
		defer s.Close()
		r.take(s)
	}
	encoded, err := r.cfg.Plan.Encode(r.options())
	if err != nil {
		return err
	}
	return r.give(s, encoded, len(r.cfg.Plan.Ops))
}

// take makes the stage's process this run's.
func (r *run) take(s *Stage) {
	r.sock, r.stage, r.first, r.failed = s.sock, s.pid, s.pid, s.failed
	s.sock, s.pid = -1, 0
}

// sealed makes a memory file that nobody can change any more.
func sealed(name string, data []byte) (int, error) {
	fd, err := memory(name)
	if err != nil {
		return -1, err
	}
	if err := seal(fd, data); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// memory makes an empty file in memory.
func memory(name string) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	return fd, os.NewSyscallError("memfd_create", err)
}

// seal writes a file in memory, for the last time.
func seal(fd int, data []byte) error {
	for rest := data; len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("write", err)
		}
		rest = rest[max(n, 0):]
	}
	seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	return os.NewSyscallError("fcntl", err)
}

// pid is the process that the plan is about at this point: init once it is born,
// the stage before.
func (r *run) pid() int {
	if r.init != 0 {
		return r.init
	}
	return r.stage
}

func wait(pid, flags int) (unix.WaitStatus, error) {
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &ws, flags, nil)
		if err != unix.EINTR {
			return ws, err
		}
	}
}

// reap waits for the end of the stage or of init and forgets it, in one step for
// interrupt, which must not signal whoever gets the pid next.
func (r *run) reap(pid *int) (unix.WaitStatus, error) {
	for {
		err := unix.Waitid(unix.P_PID, *pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ws, err := wait(*pid, 0)
	*pid = 0
	return ws, err
}

// reapStage waits for the stage, which ends as soon as init is born.
func (r *run) reapStage() {
	if r.stage != 0 {
		_, _ = r.reap(&r.stage)
	}
}

// death explains the end of the report socket. The process that ended is waited
// for, since its status tells how.
func (r *run) death() error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	which := &r.stage
	if r.init != 0 {
		which = &r.init
	}
	if *which == 0 {
		return ErrInitDied
	}
	ws, err := r.reap(which)
	if err != nil {
		return ErrInitDied
	}
	if err := r.failed(); err != nil {
		return fmt.Errorf("executing the init stage: %w", err)
	}
	return fmt.Errorf("%w: %w", ErrInitDied, exitError(ws))
}

// interrupt ends the processes, and so makes a blocked receive return: they are
// the only others that hold the socket's other end. One that is not known yet
// dies at its next message.
func (r *run) interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, pid := range []int{r.stage, r.init} {
		if pid != 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	if r.sock >= 0 {
		_ = unix.Shutdown(r.sock, unix.SHUT_WR)
	}
}

// kill ends the stage and init and waits for them.
func (r *run) kill() {
	r.interrupt()
	r.reapStage()
	if r.sock >= 0 && r.init == 0 {
		r.findInit()
		r.interrupt()
	}
	if r.init != 0 {
		_, _ = r.reap(&r.init)
	}
}

// findTime bounds the search for an init that nobody has told of, in seconds.
const findTime = 2

// findInit reads until init is known or nobody has the socket's other end any
// more. The stage may have been killed between the birth and its report of it;
// then init says something itself, or finds the socket shut and dies.
func (r *run) findInit() {
	_ = unix.SetsockoptTimeval(r.sock, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: findTime})
	for r.init == 0 {
		_, fd, err := r.receive()
		if fd >= 0 {
			unix.Close(fd)
		}
		if err != nil {
			return
		}
	}
}
