package container

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/state"
)

// Kill sends a signal to a container's init; with all, to every process in its
// cgroup. It takes no lock: a verb that hangs must not keep a container alive.
func (rt *Runtime) Kill(id string, sig unix.Signal, all bool) error {
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		return err
	}
	if rec.Changed && (all || !rec.OwnPidNS) {
		return fmt.Errorf("container %s: %w", id, state.ErrCorrupt)
	}
	if status(rec) == stopped {
		if all {
			// Without a pid namespace of its own processes can outlive init.
			return cgroup.Open(rec.Cgroups).Signal(sig)
		}
		return errNotRunning
	}
	if len(rec.Cgroups) > 0 && (all || sig == unix.SIGKILL && !rec.OwnPidNS) {
		return cgroup.Open(rec.Cgroups).Signal(sig)
	}
	var rest kin
	if all || sig == unix.SIGKILL {
		if rest, err = kinOf(rec); err != nil {
			return err
		}
	}
	if err := signalInit(rec, sig); err != nil {
		rest.close()
		return err
	}
	rest.signal(sig)
	if sig == unix.SIGKILL {
		// A frozen v1 process dies only when it is thawed.
		return cgroup.Open(rec.Cgroups).ThawKilled()
	}
	return nil
}

// signalInit signals exactly the recorded process, never one that has its pid by
// now: the descriptor is taken before the start time is compared.
func signalInit(rec *state.Record, sig unix.Signal) error {
	fd, err := unix.PidfdOpen(rec.Pid, 0)
	if err == unix.ESRCH || err == unix.EINVAL {
		return errNotRunning
	}
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(fd)
	if !alive(rec.Pid, rec.StartTime) {
		return errNotRunning
	}
	err = unix.PidfdSendSignal(fd, sig, nil, 0)
	switch {
	case err == unix.ESRCH:
		return errNotRunning
	case err != nil:
		return fmt.Errorf("sending signal %d to process %d: %w", sig, rec.Pid, err)
	}
	return nil
}

// killTime bounds the wait for killed processes to be gone, in milliseconds.
const killTime = 10_000

// killLook is how often the wait looks whether the caller has given up, in milliseconds.
const killLook = 100

// killInit ends init and waits until it is gone, for killTime or until ctx is
// cancelled: a process that waits for a file system may not die.
func killInit(ctx context.Context, rec *state.Record) error {
	if rec.Pid <= 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(rec.Pid, 0)
	if err == unix.ESRCH || err == unix.EINVAL {
		return nil
	}
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(fd)
	if !alive(rec.Pid, rec.StartTime) {
		return nil
	}
	rest, err := kinOf(rec)
	if err != nil {
		return err
	}
	defer rest.signal(unix.SIGKILL)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		return os.NewSyscallError("pidfd_send_signal", err)
	}
	if err := cgroup.Open(rec.Cgroups).ThawKilled(); err != nil {
		return err
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for left := killTime; left > 0; left -= killLook {
		n, err := unix.Poll(fds, killLook)
		switch {
		case err != nil && err != unix.EINTR:
			return os.NewSyscallError("poll", err)
		case n > 0:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("process %d has not died of SIGKILL yet: %w", rec.Pid, context.Cause(ctx))
		}
	}
	return fmt.Errorf("process %d did not die within 10 s of SIGKILL: it waits for the kernel, perhaps for a file system that does not answer", rec.Pid)
}
