package container

import (
	"errors"
	"fmt"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/state"
)

// The statuses of runtime.md, plus paused.
const (
	creating     = "creating"
	createdState = "created"
	running      = "running"
	paused       = "paused"
	stopped      = "stopped"
)

// status tells what a container is doing from what the kernel says about its
// init: the pid with its start time and the boot it belongs to, and whether it
// still runs the init stage's program. No file's existence matters, so nobody
// who opens or removes one can make a container look like something else.
func status(rec *state.Record) string {
	if boot, err := bootID(); err == nil && boot != rec.BootID {
		return stopped
	}
	if rec.Status == creating {
		if alive(rec.Creator, rec.CreatorTime) {
			return creating
		}
		return stopped
	}
	if !alive(rec.Pid, rec.StartTime) {
		return stopped
	}
	dev, ino, err := programOf(rec.Pid)
	if err != nil && ending(rec.Pid) {
		return stopped
	}
	if frozen, err := cgroup.Open(rec.Cgroups).Frozen(); err == nil && frozen {
		return paused
	}
	if isStage(rec, dev, ino, err) {
		return createdState
	}
	return running
}

// atGate reports whether init, which is alive, still runs the init stage's program.
func atGate(rec *state.Record) bool {
	dev, ino, err := programOf(rec.Pid)
	return isStage(rec, dev, ino, err)
}

func isStage(rec *state.Record, dev, ino uint64, err error) bool {
	return err == nil && dev == rec.StageDev && ino == rec.StageIno ||
		// Only init at the gate is not dumpable to the container's owner.
		errors.Is(err, unix.EACCES)
}

// ending reports whether the kernel is taking a process apart or has done so. Of its
// program nothing is known then, for a caller without privileges not even that.
func ending(pid int) bool {
	now, err := sys.ReadProcStat(pid)
	return err != nil || now.Exiting
}

// alive reports whether a process exists that is that one and no zombie.
func alive(pid int, start uint64) bool {
	if pid <= 0 {
		return false
	}
	now, err := sys.ReadProcStat(pid)
	return err == nil && now.Start == start && now.State != 'Z' && now.State != 'X'
}

// State is a container as the state verb shows it.
func (rt *Runtime) State(id string) (*State, error) {
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		return nil, err
	}
	return show(rec), nil
}

func show(rec *state.Record) *State {
	s := &State{
		Version: rec.OCIVersion, ID: rec.ID, Pid: rec.Pid, Status: status(rec),
		Bundle: rec.Bundle, Rootfs: rec.Rootfs, Created: rec.Created,
		Annotations: rec.Annotations, Error: rec.Error,
	}
	if s.Status == stopped {
		s.Pid = 0
	}
	return s
}

// List is every container below the root directory, and an error for each entry
// that cannot be read; those do not hide the others.
func (rt *Runtime) List() (states []State, broken []error) {
	ids, err := state.List(rt.Root)
	if err != nil {
		return nil, []error{err}
	}
	for _, id := range ids {
		rec, err := state.Load(rt.Root, id)
		if errors.Is(err, state.ErrNotExist) {
			continue // just made, or just removed
		}
		if err != nil {
			broken = append(broken, err)
			continue
		}
		s := show(rec)
		s.Owner = owner(rec.Owner)
		states = append(states, *s)
	}
	return states, broken
}

func owner(uid int) string {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return fmt.Sprintf("#%d", uid)
	}
	return u.Username
}
