package container

import (
	"context"
	"errors"
	"fmt"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/cgroup/systemd"
	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/launch"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// systemdCgroup decides where the container's cgroup is and what it gets when systemd
// makes it. The connection to systemd stays open for the launch.
func (p *prepared) systemdCgroup(ctx context.Context, path string, resources *specs.LinuxResources) (*setting.Set, error) {
	m, err := systemd.Open(ctx, systemd.UserInstance(p.facts.EUID, p.facts.InUserNS))
	if err != nil {
		return nil, fmt.Errorf("--systemd-cgroup: %w", err)
	}
	p.units = m
	u, err := unit.Parse(path, p.opts.ID, &m.Manager)
	if err != nil {
		return nil, err
	}
	resources = unit.Round(resources, resources)
	set, err := setting.CreateIn(p.facts, u.Dirs(&p.facts.Cgroups), resources)
	if err != nil {
		return nil, err
	}
	p.unit, err = u.Create(&m.Manager, p.opts.ID, p.spec.Annotations, set, resources)
	return set, err
}

// endCgroups ends what is in a container's cgroups and removes them, with its unit if
// it has one. How they were made is what the record says; how this call would make
// some does not matter. A systemd that does not answer is no reason to leave them: it
// forgets a unit whose cgroup is gone.
func (rt *Runtime) endCgroups(ctx context.Context, name string, user bool, dirs []string) error {
	group := cgroup.Open(dirs)
	if name == "" {
		return group.Destroy()
	}
	m, err := systemd.Connect(ctx, user)
	if err == nil {
		defer m.Close()
		err = launch.EndUnit(ctx, m, name, group)
	} else if e := group.Destroy(); e != nil {
		return also(e, err)
	}
	if errors.Is(err, systemd.ErrUnavailable) {
		rt.warn(fmt.Sprintf("the container's cgroup is removed, but its unit %s could not be stopped: %v", name, err))
		return nil
	}
	return err
}

// changeUnit tells systemd what an update has changed in the files. The returned
// function tells it what was before.
func (rt *Runtime) changeUnit(ctx context.Context, rec *state.Record, set, before *setting.Set, old, merged *specs.LinuxResources) (undo func() error, err error) {
	m, err := systemd.Open(ctx, rec.UserUnit)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	properties, err := unit.Update(&m.Manager, set, merged)
	if err != nil {
		return nil, err
	}
	back, err := unit.Update(&m.Manager, before, old)
	if err != nil {
		return nil, err
	}
	if err := m.Set(ctx, rec.Unit, properties); err != nil {
		return nil, err
	}
	return func() error {
		m, err := systemd.Connect(ctx, rec.UserUnit)
		if err != nil {
			return err
		}
		defer m.Close()
		return m.Set(ctx, rec.Unit, back)
	}, nil
}
