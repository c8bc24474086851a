package launch

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"rt/nsenter"
)

// StageName is part of the path that /proc/PID/exe shows for the stage and init.
const StageName = "rt-init"

// StageTitle is how the command line of a stage, and of init until it executes the
// user's program, begins if its caller is not root. Which program a process executes
// is a secret while it is not dumpable, its command line is not.
func StageTitle(ino uint64) string { return StageName + "@" + strconv.FormatUint(ino, 10) }

func stageTitle(exe *os.File) string {
	if unix.Geteuid() == 0 {
		return StageName
	}
	_, ino := nsenter.Identity(exe)
	return StageTitle(ino)
}

// OpenStage makes the program of the init stage, and tells which file that is. A
// process executes it for as long as it is the stage, or init on its way to the
// user's program, of the one container that it is made for. dir is a directory to
// make it in where files in memory cannot be executed.
func OpenStage(dir string) (exe *os.File, dev, ino uint64, err error) {
	if exe, err = nsenter.Memfd(dir); err != nil {
		return nil, 0, 0, err
	}
	dev, ino = nsenter.Identity(exe)
	return exe, dev, ino, nil
}

// spawn starts the stage from a sealed copy of its program. It finds the report
// socket, the plan and, when tracing, the trace in the descriptors after the
// preserved ones.
func (r *run) spawn() error {
	exe := r.cfg.Stage
	if exe == nil {
		var err error
		if exe, err = nsenter.Memfd(r.cfg.StateDir); err != nil {
			return err
		}
		defer exe.Close()
	}
	encoded, err := r.cfg.Plan.Encode(r.options())
	if err != nil {
		return err
	}
	program, err := sealed("rt-plan", encoded)
	if err != nil {
		return err
	}
	defer unix.Close(program)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[1])
	r.sock = pair[0]
	// Each record comes with its sender's pid as this process sees it, so that init
	// is known even if the stage could not report its birth.
	if err := unix.SetsockoptInt(r.sock, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}

	files := []uintptr{0, 1, 2}
	for i := range r.cfg.Preserve {
		files = append(files, uintptr(3+i))
	}
	report := len(files)
	files = append(files, uintptr(pair[1]), uintptr(program))
	if t := r.cfg.Trace; t != nil {
		if err := t.open(len(r.cfg.Plan.Ops)); err != nil {
			return err
		}
		files = append(files, uintptr(t.fd))
	}
	// syscall.ForkExec moves descriptors around below twice the highest of them
	// before it executes: the program's must lie above.
	high := int(exe.Fd())
	for _, f := range files {
		high = max(high, int(f))
	}
	above, err := unix.FcntlInt(exe.Fd(), unix.F_DUPFD_CLOEXEC, high+len(files)+2)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	defer unix.Close(above)
	r.stage, err = syscall.ForkExec("/proc/self/fd/"+strconv.Itoa(above),
		[]string{stageTitle(exe), strconv.Itoa(report)}, &syscall.ProcAttr{Files: files})
	if err != nil {
		r.stage = 0
		return fmt.Errorf("executing the init stage: %w", err)
	}
	r.first = r.stage
	return nil
}

// sealed makes a memory file that nobody can change any more.
func sealed(name string, data []byte) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, os.NewSyscallError("memfd_create", err)
	}
	for rest := data; len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil && err != unix.EINTR {
			unix.Close(fd)
			return -1, os.NewSyscallError("write", err)
		}
		rest = rest[max(n, 0):]
	}
	seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("fcntl", err)
	}
	return fd, nil
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
