package container

import (
	"context"
	"errors"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/state"
)

// Delete removes a container and everything made for it. Without force it must
// be created or stopped. With force, one that does not exist is no error, and
// one whose record is lost is removed by what its intent file names.
func (rt *Runtime) Delete(ctx context.Context, id string, force bool) error {
	dir, err := state.Lock(ctx, rt.Root, id)
	if err != nil {
		if force && errors.Is(err, state.ErrNotExist) {
			return nil
		}
		return err
	}
	defer dir.Close()
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		if force {
			return removeLost(dir)
		}
		return err
	}
	if s := status(rec); !force && s != stopped && s != createdState {
		return notStopped(id, s)
	}
	return rt.destroy(ctx, dir, rec)
}

// destroy ends every process, removes the cgroups, runs the poststop hooks and
// forgets the container. Whatever cannot be removed keeps the record, so that it
// can be tried again.
func (rt *Runtime) destroy(ctx context.Context, dir *state.Locked, rec *state.Record) error {
	if boot, err := bootID(); err != nil || boot == rec.BootID {
		if err := killInit(rec); err != nil {
			return err
		}
		if err := cgroup.Open(rec.Cgroups).Destroy(); err != nil {
			return err
		}
	}
	rt.poststop(ctx, rec)
	return dir.Remove()
}

// removeLost removes a container that only its intent file knows.
func removeLost(dir *state.Locked) error {
	if err := cgroup.Open(dir.Intent()).Destroy(); err != nil {
		return err
	}
	return dir.Remove()
}

// poststop runs the hooks of a container that is gone. A failure is a warning:
// the rest of the hooks run and the container stays gone.
func (rt *Runtime) poststop(ctx context.Context, rec *state.Record) {
	for i := range rec.Poststop {
		if err := rt.runHook(ctx, rec, "poststop", i, &rec.Poststop[i], stopped); err != nil {
			rt.warn(err.Error())
		}
	}
}
