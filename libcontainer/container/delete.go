package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
	"rt/libcontainer/resctrl"
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
	switch {
	case err == nil && rec.Changed:
		err = fmt.Errorf("container %s: %w", id, state.ErrCorrupt)
	case err != nil:
		rec = nil
	}
	if err != nil && force {
		return rt.removeLost(ctx, dir, rec)
	}
	if err != nil {
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
		if err := killInit(ctx, rec); err != nil {
			return err
		}
		if rec.Status == creating {
			if err := endUnfinished(dir, rec.StageDev, rec.StageIno, rec.Cgroups); err != nil {
				return err
			}
		}
		if err := rt.endCgroups(ctx, rec.Unit, rec.UserUnit, rec.Cgroups); err != nil {
			return err
		}
		if err := resctrl.Remove(rec.Resctrl.Remove); err != nil {
			return err
		}
	}
	rt.poststop(ctx, rec)
	removePidFile(dir, rec)
	return dir.Remove()
}

// removeLost removes a container whose record is lost or damaged, by what its
// intent says. Of a damaged record only init is believed: its pid has to have
// the start time that goes with it.
func (rt *Runtime) removeLost(ctx context.Context, dir *state.Locked, rec *state.Record) error {
	in, err := dir.Intent()
	if err != nil {
		return err
	}
	if rec != nil {
		if err := killInit(ctx, rec); err != nil {
			return err
		}
	}
	if err := endUnfinished(dir, in.StageDev, in.StageIno, in.Cgroups); err != nil {
		return err
	}
	if err := rt.endCgroups(ctx, in.Unit, in.UserUnit, in.Cgroups); err != nil {
		return err
	}
	if err := resctrl.Remove(in.Resctrl); err != nil {
		return err
	}
	return dir.Remove()
}

// removePidFile removes the pid file of a container that was never started, if it
// still names init. Its creator may have been killed before its caller could know
// that there is one. Start removes the gate: afterwards the file is the caller's.
func removePidFile(dir *state.Locked, rec *state.Record) {
	if rec.PidFile == "" || rec.Pid == 0 || unix.Access(dir.Path+"/"+gateFile, unix.F_OK) != nil {
		return
	}
	if text, err := sys.ReadFile(rec.PidFile, 64); err == nil && string(text) == strconv.Itoa(rec.Pid) {
		_ = os.Remove(rec.PidFile)
	}
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
