package container

import (
	"errors"
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
	if err := signalInit(rec, sig); err != nil {
		return err
	}
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

// killInit ends init and waits until it is gone.
func killInit(rec *state.Record) error {
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
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		return os.NewSyscallError("pidfd_send_signal", err)
	}
	if err := cgroup.Open(rec.Cgroups).ThawKilled(); err != nil {
		return err
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, killTime)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("poll", err)
		case n == 0:
			return errors.New("init did not die within 10 s of SIGKILL")
		}
		return nil
	}
}
