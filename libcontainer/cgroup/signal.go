package cgroup

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Signal sends a signal to every process of the group and of the cgroups below it.
// SIGKILL leaves no process that could fork itself away: the kernel kills the whole
// tree at once, or it is frozen meanwhile. A process that is not told because it has
// ended is no error, and neither is an empty group.
func (g *Group) Signal(sig unix.Signal) error {
	if sig != unix.SIGKILL {
		_, err := g.signalAll(sig)
		return err
	}
	if err := g.notMine(); err != nil {
		return err
	}
	if err := g.killTree(); err != nil {
		return err
	}
	return g.ThawKilled()
}

// killTree kills through cgroup.kill (Linux 5.14) and then whoever is left: a
// process may have been moved out of the v2 cgroup alone.
func (g *Group) killTree() error {
	atOnce := false
	if dir := g.find("cgroup.kill"); dir != "" {
		// A threaded cgroup refuses; the processes are found below.
		atOnce = writeFile(dir+"/cgroup.kill", "1") == nil
	}
	if !atOnce {
		// Killing works without the freezer too, it is only that a process can
		// fork faster; hence the rounds below.
		_ = g.Freeze()
	}
	defer g.Thaw()
	for range 10 {
		if n, err := g.signalAll(unix.SIGKILL); err != nil || n == 0 {
			return err
		}
		if atOnce {
			return nil
		}
	}
	return nil
}

// signalAll returns how many processes it told.
//
// A pid that was read may be somebody else's by the time it is signalled. So the
// processes are pinned first and then listed again: one that is in the second list
// too is one of the group's, and the descriptor is its.
func (g *Group) signalAll(sig unix.Signal) (told int, err error) {
	pids, err := g.Pids(true)
	if err != nil {
		return 0, err
	}
	const batch = 128 // descriptors at a time
	for len(pids) > 0 {
		n := min(len(pids), batch)
		done, err := g.signalPinned(pids[:n], sig)
		if err != nil {
			return told, err
		}
		told += done
		pids = pids[n:]
	}
	return told, nil
}

func (g *Group) signalPinned(pids []int, sig unix.Signal) (told int, err error) {
	fds := make(map[int]int, len(pids))
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err == unix.ESRCH || err == unix.EINVAL {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("pidfd_open: process %d: %w", pid, err)
		}
		fds[pid] = fd
	}
	again, err := g.Pids(true)
	if err != nil {
		return 0, err
	}
	for _, pid := range again {
		fd, ok := fds[pid]
		if !ok {
			continue
		}
		if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil && err != unix.ESRCH {
			return told, fmt.Errorf("sending signal %d to process %d: %w", sig, pid, err)
		}
		told++
	}
	return told, nil
}

// notMine refuses to kill the caller.
func (g *Group) notMine() error {
	pids, err := g.Pids(true)
	if err != nil {
		return err
	}
	if slices.Contains(pids, os.Getpid()) {
		return fmt.Errorf("this process is itself in the cgroup that is to be killed, call it from outside %v", g.dirs)
	}
	return nil
}
