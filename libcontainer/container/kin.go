package container

import (
	"slices"

	"golang.org/x/sys/unix"

	"rt/libcontainer/state"
)

// kin are descriptors of the processes that descend from an init.
type kin []int

// kinOf holds the processes of a container that has neither a cgroup nor a pid
// namespace of its own: nothing else ends them. They are found while init lives;
// afterwards they would be somebody else's children.
func kinOf(rec *state.Record) (kin, error) {
	if len(rec.Cgroups) > 0 || rec.OwnPidNS || !alive(rec.Pid, rec.StartTime) {
		return nil, nil
	}
	pids, err := family(rec.Pid, false)
	if err != nil {
		return nil, err
	}
	held := map[int]int{}
	for _, pid := range pids {
		if pid == rec.Pid {
			continue
		}
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			held[pid] = fd
		}
	}
	// A pid that was somebody else's by the time it was opened is no relative now.
	pids, err = family(rec.Pid, false)
	var list kin
	for pid, fd := range held {
		if err == nil && slices.Contains(pids, pid) {
			list = append(list, fd)
		} else {
			unix.Close(fd)
		}
	}
	return list, err
}

// signal sends a signal to all that are left, and lets go of them.
func (k kin) signal(sig unix.Signal) {
	for _, fd := range k {
		_ = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
	k.close()
}

func (k kin) close() {
	for _, fd := range k {
		unix.Close(fd)
	}
}
