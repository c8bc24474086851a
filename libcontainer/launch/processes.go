package launch

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
	"rt/nsenter"
)

// spawn starts the stage from a sealed copy of its program. It finds the report
// socket, the plan and, when tracing, the trace in the descriptors after the
// preserved ones.
func (r *run) spawn() error {
	exe, err := nsenter.Memfd(r.cfg.StateDir)
	if err != nil {
		return err
	}
	defer exe.Close()
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
		[]string{"rt-init", strconv.Itoa(report)}, &syscall.ProcAttr{Files: files})
	if err != nil {
		r.stage = 0
		return fmt.Errorf("executing the init stage: %w", err)
	}
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

// reapStage waits for the stage, which ends as soon as init is born.
func (r *run) reapStage() {
	if r.stage != 0 {
		_, _ = wait(r.stage, 0)
		r.stage = 0
	}
}

// death explains the end of the report socket. The process that ended is waited
// for, since its status tells how.
func (r *run) death() error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	pid := r.pid()
	if pid == 0 {
		return ErrInitDied
	}
	ws, err := wait(pid, 0)
	if err != nil {
		return ErrInitDied
	}
	if pid == r.stage {
		r.stage = 0
	} else {
		r.init = 0
	}
	return fmt.Errorf("%w: %w", ErrInitDied, exitError(ws))
}

// interrupt makes a blocked receive return: the processes are the only others
// that hold the socket's other end.
func (r *run) interrupt() {
	if r.sock >= 0 {
		_ = unix.Shutdown(r.sock, unix.SHUT_RDWR)
	}
}

// kill ends the stage and init and waits for them. A birth that the stage has
// announced but nobody has read yet is found in the socket.
func (r *run) kill() {
	if r.stage != 0 {
		_ = unix.Kill(r.stage, unix.SIGKILL)
		r.reapStage()
	}
	if r.sock >= 0 && r.init == 0 {
		r.findInit()
	}
	if r.init != 0 {
		_ = unix.Kill(r.init, unix.SIGKILL)
		_, _ = wait(r.init, 0)
		r.init = 0
	}
}

func (r *run) findInit() {
	var buf [RecordSize]byte
	for {
		n, _, err := unix.Recvfrom(r.sock, buf[:], unix.MSG_DONTWAIT)
		if err != nil || n != RecordSize {
			return
		}
		rec := parseRecord(buf[:])
		if int(rec.op) < len(r.cfg.Plan.Ops) && rec.errno == 0 && r.cfg.Plan.Ops[rec.op].Code == plan.OpForkInto {
			r.init = int(rec.value)
		}
	}
}
