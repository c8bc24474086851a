package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/host"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/resctrl"
	"rt/libcontainer/spec"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// UpdateOptions are what is to be different from now on.
type UpdateOptions struct {
	ID string
	// Resources has only what changes: absent, the empty string and, for limits
	// without a meaning for it, 0 leave a setting as it is. Devices are ignored:
	// engines send the whole list with every update and mean nothing by it.
	Resources     *specs.LinuxResources
	L3CacheSchema string // of Intel RDT
	MemBwSchema   string // of Intel RDT
}

// Update changes the resources of a container that is created, running or paused.
// When the kernel refuses one of the changes none of them stays.
func (rt *Runtime) Update(ctx context.Context, o UpdateOptions) error {
	dir, rec, err := rt.lock(ctx, o.ID)
	if err != nil {
		return err
	}
	defer dir.Close()
	if s := status(rec); s == stopped || s == creating {
		return errNotRunning
	}
	schemata, err := schemataLines(rec, o.L3CacheSchema, o.MemBwSchema)
	if err != nil {
		return err
	}
	if len(rec.Cgroups) == 0 {
		return errNoCgroup
	}
	old, err := inForce(dir)
	if err != nil {
		return err
	}
	set, merged, err := rt.decideUpdate(rec, old, o.Resources)
	if err != nil {
		return err
	}
	data, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	undo, err := rt.change(ctx, rec, set, old, merged)
	if err != nil {
		return err
	}
	if schemata != "" {
		if err := resctrl.Write(rec.Resctrl.Dir, schemata); err != nil {
			return also(fmt.Errorf("linux.intelRdt: %w", err), undo())
		}
	}
	if err := dir.SaveResources(data); err != nil {
		return also(err, undo())
	}
	return nil
}

// change carries an update out: the files come first, since the kernel's refusal says
// more than systemd's.
func (rt *Runtime) change(ctx context.Context, rec *state.Record, set *setting.Set, old, merged *specs.LinuxResources) (undo func() error, err error) {
	if rec.Unit == "" {
		return cgroup.Change(set)
	}
	before := &setting.Set{Dirs: set.Dirs}
	if before.Writes, err = cgroup.Before(set.Writes); err != nil {
		return nil, err
	}
	files, err := cgroup.Change(set)
	if err != nil {
		return nil, err
	}
	properties, err := rt.changeUnit(ctx, rec, set, before, old, merged)
	if err != nil {
		return nil, also(err, files())
	}
	return func() error { return also(properties(), files()) }, nil
}

// decideUpdate makes the writes, and the resources that are in force after them.
func (rt *Runtime) decideUpdate(rec *state.Record, old, change *specs.LinuxResources) (*setting.Set, *specs.LinuxResources, error) {
	if change == nil {
		change = &specs.LinuxResources{}
	}
	merged := setting.Merge(old, change)
	known := spec.ValidateResources(old)
	for _, problem := range spec.ValidateResources(merged) {
		switch {
		case slices.Contains(known, problem):
		case problem.Warning:
			rt.warn(problem.String())
		default:
			return nil, nil, errors.New(problem.String())
		}
	}
	facts, err := host.Probe()
	if err != nil {
		return nil, nil, err
	}
	facts.ProbeWeights(change.BlockIO)
	if rec.Unit != "" {
		change = unit.Round(change, merged)
	}
	set, err := setting.Update(facts, cgroupDirs(rec, facts), old, change)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range set.Warnings {
		rt.warn(w)
	}
	return set, merged, nil
}

// cgroupDirs are the recorded directories with what the host can do in them.
func cgroupDirs(rec *state.Record, facts *host.Facts) (dirs []setting.Dir) {
	for _, path := range rec.Cgroups {
		i := hierarchyOf(facts, path)
		if i < 0 {
			continue
		}
		h := &facts.Cgroups.Hierarchies[i]
		dirs = append(dirs, setting.Dir{
			Path: path, Mountpoint: h.Mountpoint, Controllers: h.Controllers,
			Name: h.Name, V2: h.V2, Hierarchy: i,
		})
	}
	return dirs
}

// inForce are a container's resources: those of its configuration, unless there
// was an update since.
func inForce(dir *state.Locked) (*specs.LinuxResources, error) {
	data, err := dir.Resources()
	if err != nil {
		return nil, err
	}
	if data != nil {
		r, _, err := spec.ParseResources(data)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", dir.Path, state.ResourcesFile, err)
		}
		return r, nil
	}
	path := dir.Path + "/" + ConfigFile
	if data, err = sys.ReadFile(path, maxConfig); err != nil {
		return nil, err
	}
	config, err := spec.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if l := config.Spec.Linux; l != nil && l.Resources != nil {
		return l.Resources, nil
	}
	return &specs.LinuxResources{}, nil
}
