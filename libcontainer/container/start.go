package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/launch"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Start opens the gate of a created container and returns when its init has
// executed the user's program, or with the reason why it could not.
func (rt *Runtime) Start(ctx context.Context, id string) error {
	dir, err := state.Lock(ctx, rt.Root, id)
	if err != nil {
		return err
	}
	defer dir.Close()
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		return err
	}
	switch s := status(rec); s {
	case createdState:
	case stopped:
		return errStartStopped
	case creating:
		return errStartEarly
	case paused:
		if atGate(rec) {
			return errStartPaused
		}
		return errStartRunning
	default:
		return errStartRunning
	}
	return rt.start(ctx, dir, rec)
}

// start opens the gate, then runs the poststart hooks. After a failure the
// container is stopped, with the reason in its state; what is left of the
// lifecycle is delete's: runtime.md, "Lifecycle".
func (rt *Runtime) start(ctx context.Context, dir *state.Locked, rec *state.Record) error {
	notify, err := rt.listenNotify(dir, rec)
	if err != nil {
		return err
	}
	defer notify.close()
	err = openGate(ctx, dir, rec)
	for i := range rec.Poststart {
		if err != nil {
			break
		}
		err = rt.runHook(ctx, rec, "poststart", i, &rec.Poststart[i], running)
	}
	if err == nil {
		notify.forward(ctx, rec)
		return nil
	}
	if errors.Is(err, errStartGone) {
		return err
	}
	rec.Error = err.Error()
	err = also(err, killInit(context.WithoutCancel(ctx), rec))
	return also(err, dir.Save(rec))
}

// gateTime is how often the gate is looked at while startContainer hooks run, or
// when someone else may have read what was written there.
const gateTime = 10 * time.Millisecond

// gateFile is the fifo that init waits at, in the container's directory.
const gateFile = "exec.fifo"

// openGate writes the byte that init waits for. Init holds the fifo open until
// it executes the program, so the fifo having no reader any more is the proof of
// that; a failure is written into the fifo before. Opening for writing fails
// with ENXIO when init is not there.
func openGate(ctx context.Context, dir *state.Locked, rec *state.Record) error {
	path := dir.Path + "/" + gateFile
	gate, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err == unix.ENXIO {
		return errStartGone
	}
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(gate)
	knocks, err := knock(gate)
	if err != nil {
		return err
	}
	launch.GateFault(gate)
	fds := []unix.PollFd{{Fd: int32(gate)}}
	for {
		n, err := unix.Poll(fds, int(gateTime.Milliseconds()))
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("poll", err)
		}
		if n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
			return afterGate(path, dir, rec, knocks)
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		// Someone else may hold the fifo open or have read our byte.
		switch status(rec) {
		case createdState:
			if pending, err := unix.IoctlGetInt(gate, unix.TIOCINQ); err == nil && pending == 0 {
				n, err := knock(gate)
				if err != nil {
					return err
				}
				knocks += n
			}
		case stopped:
			return afterGate(path, dir, rec, knocks)
		default:
			return passed(path)
		}
	}
}

// knock writes one byte and returns how many it could write: none if init is gone.
func knock(gate int) (int, error) {
	n, err := unix.Write(gate, []byte{1})
	if err != nil && err != unix.EPIPE && err != unix.EAGAIN {
		return 0, os.NewSyscallError("write", err)
	}
	return max(n, 0), nil
}

// passed is what start does when init is through: the file of the gate has done
// its service.
func passed(path string) error {
	_ = unix.Unlink(path)
	return nil
}

// afterGate reads from the fifo whether init failed behind the gate. The fifo
// keeps what was written for as long as anyone has it open: a record of the
// failure, or every byte of ours if init did not live to read one. (Not if it is
// running: then it read that of an earlier start, which was killed.)
func afterGate(path string, dir *state.Locked, rec *state.Record, knocks int) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	buf := make([]byte, 1024)
	n, err := unix.Read(fd, buf)
	if err != nil && err != unix.EAGAIN {
		return os.NewSyscallError("read", err)
	}
	n = max(n, 0)
	if op, failure, ok := launch.ParseFailure(buf[:n]); ok {
		for _, l := range rec.Late {
			if l.Op == op {
				return withOutput(fmt.Errorf("%s: %w", l.Text, lateReason(l.Text, failure)), dir.Path, l.Text)
			}
		}
		return fmt.Errorf("operation %d: %w", op, failure)
	}
	if n >= knocks && status(rec) == stopped {
		return errors.New("init died at the gate")
	}
	return passed(path)
}

// runHook runs one hook in the caller's namespaces.
func (rt *Runtime) runHook(ctx context.Context, rec *state.Record, kind string, i int, h *specs.Hook, st string) error {
	out, err := os.CreateTemp("", "rt-hook-")
	if err == nil {
		defer out.Close()
		_ = os.Remove(out.Name())
	}
	return rt.runHookTo(ctx, out, rec, kind, i, h, st)
}

// runHookTo is runHook with the file that the hook's output goes to; nil for none.
func (rt *Runtime) runHookTo(ctx context.Context, out *os.File, rec *state.Record, kind string, i int, h *specs.Hook, st string) error {
	if err := keepDescriptors(); err != nil {
		return err
	}
	data := hookStateJSON(hookState(rec, st, hookPid(rec, st)))
	hook := launch.Hook{Path: h.Path, Args: h.Args, Env: h.Env, State: data}
	if len(hook.Args) == 0 {
		hook.Args = []string{h.Path}
	}
	if h.Env == nil {
		hook.Env = callerEnviron()
	}
	if h.Timeout != nil {
		hook.Timeout = time.Duration(*h.Timeout) * time.Second
	}
	hook.Output = out
	if err := hook.Run(ctx); err != nil {
		return fmt.Errorf("hooks.%s[%d]: %s: %w%s", kind, i, h.Path, err, tail(out))
	}
	return nil
}

func hookPid(rec *state.Record, st string) int {
	if st == stopped {
		return 0
	}
	return rec.Pid
}
