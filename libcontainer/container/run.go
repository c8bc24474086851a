package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/state"
)

// Run creates and starts a container. Unless it is detached, Run stays until the
// container's process ends, forwards signals to it and returns its exit code,
// 128+n for signal n.
func (rt *Runtime) Run(ctx context.Context, o RunOptions) (int, error) {
	p, err := rt.prepare(context.Background(), o.CreateOptions)
	if err != nil {
		return 0, err
	}
	defer p.units.Close()
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
	var signals chan os.Signal
	if !o.Detach {
		signals = make(chan os.Signal, 64)
		signal.Notify(signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH)
	}
	ctx, started := cancelled(ctx, signals)
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
	started()
	c.dir.Close()
	if o.Detach {
		return 0, nil
	}
	code, err := attend(c.proc.Pid, signals, tty)
	if err != nil || o.Keep {
		return code, err
	}
	return code, rt.forget(c)
}

// cancelled makes a signal that asks to end, before there is a process to pass it
// on to, end the run itself. The returned function ends that.
func cancelled(ctx context.Context, signals chan os.Signal) (context.Context, func()) {
	if signals == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				switch s {
				case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM:
					cancel(fmt.Errorf("interrupted by %s", unix.SignalName(s.(unix.Signal))))
					return
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() { close(done) }
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

// forwarded are the signals that a foreground run passes on: all that can be
// caught, except those that are about this process itself. Each takes the Go
// runtime some 20 µs to set up, so those that are sent to a container that has
// barely started come first and the rest while it runs.
func forwarded() []os.Signal {
	var list []os.Signal
	for n := 1; n < 65; n++ {
		switch s := unix.Signal(n); s {
		case unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE,
			unix.SIGSEGV, unix.SIGBUS, unix.SIGILL, unix.SIGFPE, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPROF:
		case 32, 33, 34: // used by C libraries
		default:
			list = append(list, s)
		}
	}
	return list
}

// settled is when a container is no longer one that ends at once.
const settled = 20 * time.Millisecond

// attend waits for a child of ours and passes signals on to it.
func attend(child int, signals chan os.Signal, tty *terminalProxy) (int, error) {
	done := make(chan unix.WaitStatus, 1)
	go func() {
		var ws unix.WaitStatus
		for {
			pid, err := unix.Wait4(-1, &ws, 0, nil)
			if err == unix.EINTR {
				continue
			}
			if err != nil || pid == child {
				done <- ws
				return
			}
		}
	}()
	rest := time.AfterFunc(settled, func() { signal.Notify(signals, forwarded()...) })
	defer rest.Stop()
	for {
		select {
		case ws := <-done:
			tty.drain()
			if ws.Signaled() {
				return 128 + int(ws.Signal()), nil
			}
			return ws.ExitStatus(), nil
		case s := <-signals:
			if s == unix.SIGWINCH && tty != nil {
				tty.resize()
				continue
			}
			_ = unix.Kill(child, s.(unix.Signal)) // not reaped yet, so the pid is its own
		}
	}
}
