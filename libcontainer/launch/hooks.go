package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/host"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/plan"
)

// Hook is a program that runs at a point of the container's life.
type Hook struct {
	Path    string
	Args    []string
	Env     []string
	Timeout time.Duration // 0 for none
	State   []byte        // its stdin
	Output  *os.File      // its stdout and stderr; nil for none
}

// ErrHookTimeout is the failure of a hook that did not end in time.
var ErrHookTimeout = errors.New("did not end within its timeout")

// Run runs the hook in the caller's namespaces to its end. The hook leads a
// process group that is killed with it; a child that it leaves behind keeps
// nothing of ours open.
func (h *Hook) Run(ctx context.Context) error {
	if h.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, h.Timeout, ErrHookTimeout)
		defer cancel()
	}
	stdin, err := sealed("rt-hook-state", h.State)
	if err != nil {
		return err
	}
	in := os.NewFile(uintptr(stdin), "hook state")
	defer in.Close()
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, h.Path)
	cmd.Args, cmd.Env, cmd.Stdin = h.Args, h.Env, in
	if h.Output != nil {
		cmd.Stdout, cmd.Stderr = h.Output, h.Output
	}
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	// A hook dies with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if host.CallerTimerSlack != 0 {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(host.CallerTimerSlack), 0, 0, 0)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	err = cmd.Run()
	switch {
	case err != nil && ctx.Err() != nil:
		if h.Timeout > 0 && errors.Is(context.Cause(ctx), ErrHookTimeout) {
			return fmt.Errorf("%w of %v", ErrHookTimeout, h.Timeout)
		}
		return context.Cause(ctx)
	case err != nil:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exitError(unix.WaitStatus(exit.Sys().(syscall.WaitStatus)))
		}
		return err
	}
	return nil
}

// hook runs one in the parent lane.
func (r *run) hook(op *plan.Op) error {
	a := op.Args
	state, err := r.readHookState(a[3].Slot)
	if err != nil {
		return err
	}
	h := Hook{
		Path: a[0].Str, Args: a[1].List, Env: a[2].List,
		Timeout: time.Duration(a[5].Num) * time.Millisecond, State: state,
	}
	if fd := r.fd(a[4].Slot); fd >= 0 {
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return os.NewSyscallError("fcntl", err)
		}
		h.Output = os.NewFile(uintptr(dup), "hook output")
		defer h.Output.Close()
	}
	return h.Run(r.ctx)
}

func (r *run) readHookState(s plan.Slot) ([]byte, error) {
	fd := r.fd(s)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	buf := make([]byte, st.Size)
	_, err := unix.Pread(fd, buf, 0)
	return buf, err
}

// hookState makes the file that a hook reads its state from. Hooks that run in the
// container's namespaces are told the pid that init has there: runtime.md, "State".
func (r *run) hookState(dst plan.Slot, status string, inside bool) error {
	pid := r.pid()
	if inside {
		var err error
		if pid, err = innerPid(pid); err != nil {
			return err
		}
	}
	data, err := r.cfg.HookState(status, pid)
	if err != nil {
		return err
	}
	fd, err := sealed("rt-hook-state", data)
	if err != nil {
		return err
	}
	r.store(dst, fd)
	return nil
}

// innerPid is a process's pid in the innermost of its pid namespaces, the last
// number of NSpid: proc_pid_status(5).
func innerPid(pid int) (int, error) {
	data, err := sys.ReadFile("/proc/"+strconv.Itoa(pid)+"/status", 1<<20) // has all groups
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if numbers, ok := strings.CutPrefix(line, "NSpid:"); ok {
			f := strings.Fields(numbers)
			return strconv.Atoi(f[len(f)-1])
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no NSpid", pid)
}

// HookLog is the file in the state directory that keeps what hooks print. Hooks that run
// in the container are the image's programs, and can make a file that they have open
// whatever they like, a set-user-ID program for instance: so nobody but its owner gets
// into its directory.
const HookLog = hookDir + "/log"

const hookDir = "hooks"

func (r *run) hookOutput(dst plan.Slot) error {
	if err := unix.Mkdir(r.cfg.StateDir+"/"+hookDir, 0o700); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "mkdir", Path: r.cfg.StateDir + "/" + hookDir, Err: err}
	}
	path := r.cfg.StateDir + "/" + HookLog
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	r.store(dst, fd)
	return nil
}
