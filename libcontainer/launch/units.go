package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/plan"
)

// Units is a systemd that makes cgroups. Properties are NAME=VALUE with the value in
// GVariant's text form.
type Units interface {
	// Start makes a transient unit with a process in it; with 0 without one.
	Start(ctx context.Context, unit string, properties []string, pid int) error
	Set(ctx context.Context, unit string, properties []string) error
	Stop(ctx context.Context, unit string) error
	// Attach moves a process into the cgroup of a unit, or the one at path below it.
	Attach(ctx context.Context, unit, path string, pid int) error
}

// unitStart starts a unit. A slice takes no process: it is moved there when its
// cgroups are adopted.
func (r *run) unitStart(unit string, properties []string) error {
	pid := r.pid()
	if strings.HasSuffix(unit, ".slice") {
		pid = 0
	}
	if err := r.cfg.Units.Start(r.ctx, unit, properties, pid); err != nil {
		return err
	}
	r.undo = append(r.undo, func() error {
		var dirs []string
		for i := range r.cfg.Plan.Ops {
			if op := &r.cfg.Plan.Ops[i]; op.Code == plan.OpCgroupAdopt {
				dirs = append(dirs, op.Args[0].Str)
			}
		}
		return EndUnit(context.WithoutCancel(r.ctx), r.cfg.Units, unit, cgroup.Open(dirs))
	})
	return nil
}

// EndUnit ends every process of a unit, stops it and removes what is left of its
// cgroups: systemd does not know all of them, and does not remove those that a
// container has made on v1.
func EndUnit(ctx context.Context, units Units, unit string, group *cgroup.Group) error {
	if err := group.Signal(unix.SIGKILL); err != nil {
		return err
	}
	stopped := units.Stop(ctx, unit)
	if err := group.Destroy(); err != nil {
		return errors.Join(stopped, err)
	}
	return stopped
}

// cgroupAdopt takes over a cgroup of a unit's. On v2 nobody enters it later, so the
// stage has to be in it; on v1 init enters by itself.
func (r *run) cgroupAdopt(path string, must bool) error {
	procs, err := readSmall(path + "/cgroup.procs")
	switch {
	case must && !lists(procs, r.pid()):
		if err == nil {
			err = errors.New("the container's process is not in it")
		}
		return fmt.Errorf("systemd has put the container into %s, not into this cgroup: %w", r.where(), err)
	case err != nil:
		if err := r.cgroupMkdir(path); err != nil {
			return err
		}
	}
	if unix.Access(path+"/cgroup.controllers", unix.F_OK) != nil {
		return nil
	}
	if lists(procs, r.pid()) {
		return nil
	}
	return cgroupJoin(path, r.pid())
}

// lists reports whether a process is in the text of cgroup.procs.
func lists(procs string, pid int) bool {
	return slices.Contains(strings.Fields(procs), strconv.Itoa(pid))
}

// where is the cgroup of the stage.
func (r *run) where() string {
	data, err := readSmall("/proc/" + strconv.Itoa(r.pid()) + "/cgroup")
	if err != nil {
		return "an unknown cgroup"
	}
	return strings.Join(strings.Fields(data), " ")
}
