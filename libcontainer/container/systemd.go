package container

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/cgroup/systemd"
	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/compile"
	"rt/libcontainer/host"
	"rt/libcontainer/launch"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// systemdCgroup decides where the container's cgroup is and what it gets when systemd
// makes it. The connection to systemd stays open for the launch.
func (p *prepared) systemdCgroup(ctx context.Context, cgroupsPath string, resources *specs.LinuxResources) (*setting.Set, error) {
	m, err := systemd.Open(ctx, systemd.UserInstance(p.facts.EUID, p.facts.InUserNS))
	if err != nil {
		return nil, fmt.Errorf("--systemd-cgroup: %w", err)
	}
	p.units = m
	if m.User && p.facts.Cgroups.Kind != host.KindV2 {
		return nil, errors.New("--systemd-cgroup: a user's instance of systemd has cgroups to give on cgroup v2 only, which is not what this host has; leave it out")
	}
	u, err := unit.Parse(cgroupsPath, p.opts.ID, &m.Manager)
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

// attachByUnit lets a user's instance of systemd move the process into the container's
// cgroup where the caller may not: from a login session, which is root's.
func attachByUnit(p *preparedExec, facts *host.Facts, in *compile.ExecInput) {
	if !p.rec.UserUnit || in.V2 == "" || len(p.rec.Cgroups) == 0 {
		return
	}
	i := hierarchyOf(facts, in.V2)
	if i < 0 {
		return
	}
	h := &facts.Cgroups.Hierarchies[i]
	if unreachable(in.V2, h.Mountpoint, path.Join(h.Mountpoint, h.Own), true) == nil {
		return
	}
	in.AttachUnit, in.AttachPath = p.rec.Unit, strings.TrimPrefix(in.V2, p.rec.Cgroups[0])
	in.V2, p.attached = "", true
}
