package container

import (
	"context"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/state"
)

// Pause freezes every process of a container and returns when they stand still. A
// container that is not running, because it is paused already, for instance, is an
// error.
func (rt *Runtime) Pause(ctx context.Context, id string) error {
	dir, rec, err := rt.lock(ctx, id)
	if err != nil {
		return err
	}
	defer dir.Close()
	if s := status(rec); s != running && s != createdState {
		return errNotRunning
	}
	if len(rec.Cgroups) == 0 {
		return errNoCgroup
	}
	return cgroup.Open(rec.Cgroups).Freeze()
}

// Resume lets the processes of a paused container continue.
func (rt *Runtime) Resume(ctx context.Context, id string) error {
	dir, rec, err := rt.lock(ctx, id)
	if err != nil {
		return err
	}
	defer dir.Close()
	if status(rec) != paused {
		return errNotPaused
	}
	return cgroup.Open(rec.Cgroups).Thaw()
}

// lock locks a container against other verbs that change it and reads its record.
func (rt *Runtime) lock(ctx context.Context, id string) (*state.Locked, *state.Record, error) {
	dir, err := state.Lock(ctx, rt.Root, id)
	if err != nil {
		return nil, nil, err
	}
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		dir.Close()
		return nil, nil, err
	}
	return dir, rec, nil
}
