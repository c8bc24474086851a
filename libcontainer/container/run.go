package container

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"rt/internal/signals"
	"rt/libcontainer/state"
)

// Run creates and starts a container. Unless it is detached, Run stays until the
// container's process ends, forwards signals to it and returns its exit code,
// 128+n for signal n.
func (rt *Runtime) Run(ctx context.Context, o RunOptions) (int, error) {
	p, err := rt.prepare(context.Background(), o.CreateOptions, true)
	if err != nil {
		return 0, err
	}
	defer p.close()
	terminal := p.spec.Process.Terminal
	switch {
	case o.Detach && terminal && o.ConsoleSocket == "":
		return 0, errors.New("process.terminal is true: run --detach needs a console socket to send the terminal to, given by --console-socket")
	case !o.Detach && o.ConsoleSocket != "":
		return 0, errors.New("--console-socket is for --detach; in the foreground the terminal is the caller's")
	}
	if !o.Detach && !o.NoSubreaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return 0, os.NewSyscallError("prctl", err)
		}
	}
	ctx, started, err := foreground(ctx, !o.Detach)
	if err != nil {
		return 0, err
	}
	c, err := rt.create(ctx, p)
	if err != nil {
		return 0, err
	}
	defer c.dir.Close()
	var tty *terminalProxy
	if c.proc.Console != nil {
		if tty, err = proxyTerminal(c.proc.Console); err != nil {
			return 0, also(err, rt.destroy(ctx, c.dir, c.rec))
		}
		defer tty.restore()
	}
	if err := rt.start(ctx, c.dir, c.rec); err != nil {
		tty.restore()
		return 0, also(err, rt.destroy(context.WithoutCancel(ctx), c.dir, c.rec))
	}
	forwarded := started()
	c.dir.Close()
	if o.Detach {
		return 0, nil
	}
	code, err := attend(c.proc.Pid, forwarded, tty)
	if err != nil || o.Keep {
		return code, err
	}
	return code, rt.forget(c)
}

// foreground makes all signals arrive here. One that asks to end, before there is a
// process to pass it on to, ends the run itself; the returned function ends that and
// returns the others. In the background nothing changes.
func foreground(ctx context.Context, on bool) (context.Context, func() <-chan unix.Signal, error) {
	if !on {
		return ctx, func() <-chan unix.Signal { return nil }, nil
	}
	all, err := signals.Notify(signals.All()...)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-all:
				switch s {
				case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM:
					cancel(fmt.Errorf("interrupted by %s", unix.SignalName(s)))
					return
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() <-chan unix.Signal { close(done); return all }, nil
}

// forget removes a container that has ended, unless someone else has.
func (rt *Runtime) forget(c *created) error {
	ctx := context.Background()
	dir, err := state.Lock(ctx, rt.Root, c.rec.ID)
	if errors.Is(err, state.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	return rt.destroy(ctx, dir, c.rec)
}

// attend waits for a child of ours, reaps what it leaves to us and passes signals on
// to it.
func attend(child int, all <-chan unix.Signal, tty *terminalProxy) (int, error) {
	// SIGCHLD may have come, and have been taken, before.
	for s := unix.SIGCHLD; ; s = <-all {
		switch {
		case s == unix.SIGCHLD:
			if ws, ended := reap(child); ended {
				tty.drain()
				if ws.Signaled() {
					return 128 + int(ws.Signal()), nil
				}
				return ws.ExitStatus(), nil
			}
		case s == unix.SIGWINCH && tty != nil:
			tty.resize()
		default:
			_ = unix.Kill(child, s) // not reaped yet, so the pid is its own
		}
	}
}

// reap takes every child that has ended and returns whether that one has, and how.
func reap(child int) (status unix.WaitStatus, ended bool) {
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR:
		case err != nil || pid == 0:
			return status, ended
		case pid == child:
			status, ended = ws, true
		}
	}
}
