// Package setting decides what a container's cgroup is and what is written to it.
//
// It is pure: from linux.resources, linux.cgroupsPath and facts about the host it
// makes directories and file contents, in the order in which they take effect. A
// knob that the host does not have becomes a warning that names it.
package setting

import (
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/host"
)

// Set is a container's cgroup. The directories are made first, then what is empty
// is inherited, then the writes are done, then processes may enter.
type Set struct {
	Dirs     []Dir
	Inherits []Inherit
	Writes   []Write
	Checks   []Check  // what must hold before the first write of an update
	Devices  []Device // what a device program has to enforce; nil where Writes do that
	Warnings []string // one line each, beginning with the field that is not honoured
}

// Dir is the container's directory in one hierarchy.
type Dir struct {
	Path        string   `json:"path"` // absolute
	Mountpoint  string   `json:"mountpoint"`
	Controllers []string `json:"controllers,omitempty"`
	Name        string   `json:"name,omitempty"`
	V2          bool     `json:"v2,omitempty"`
	Hierarchy   int      `json:"hierarchy"` // index in host.Cgroups.Hierarchies
}

// Write is one file and what is written to it, in a single write(2).
//
// Optional says that the container is what was asked for without the file too: a
// missing one is no error. For cgroup.subtree_control it means that no failure is
// one: the controller may be enabled already, by whoever may write there, and if
// it is not then a later write, which needs its files, fails and says so.
type Write struct {
	Dir      string
	File     string
	Value    string
	Optional bool
	Field    string // JSON path, for instance linux.resources.memory.limit
}

// Inherit fills an empty cpuset file of Dir, and of the directories between Top and
// Dir, from the level above. A v1 cpuset without CPUs or memory nodes takes no task.
type Inherit struct {
	Top  string // the mount point, whose file is never empty
	Dir  string
	File string
}

// Check refuses an update when the number in a file is larger than Max.
type Check struct {
	Dir   string
	File  string
	Max   int64
	Field string
}

// Has reports whether a controller is at work in the directory.
func (d *Dir) Has(controller string) bool {
	for _, c := range d.Controllers {
		if c == controller {
			return true
		}
	}
	return false
}

// Create decides about a new container. cgroupsPath may be empty, see Resolve, and r
// may be nil.
func Create(f *host.Facts, cgroupsPath, id string, r *specs.LinuxResources) (*Set, error) {
	dirs, err := Resolve(cgroupsPath, id, &f.Cgroups)
	if err != nil {
		return nil, err
	}
	return CreateIn(f, dirs, r)
}

// CreateIn is Create for directories that are decided already.
func CreateIn(f *host.Facts, dirs []Dir, r *specs.LinuxResources) (*Set, error) {
	if r == nil {
		r = &specs.LinuxResources{}
	}
	b := newBuilder(&Set{Dirs: dirs}, r, r)
	for i := range dirs {
		if d := &dirs[i]; !d.V2 && d.Has("cpuset") {
			b.set.Inherits = append(b.set.Inherits,
				Inherit{d.Mountpoint, d.Path, "cpuset.cpus"}, Inherit{d.Mountpoint, d.Path, "cpuset.mems"})
		}
	}
	if err := b.resources(f); err != nil {
		return nil, err
	}
	if err := b.devices(r.Devices, f.Unprivileged()); err != nil {
		return nil, err
	}
	b.finish()
	return b.set, nil
}

// Update decides about changing a container that exists. old is what is in force,
// change has only what is to be different, and the result of Merge is what will be
// in force. Devices are not changed: engines send the whole list with every update
// and no rule in it is meant as new.
func Update(f *host.Facts, dirs []Dir, old, change *specs.LinuxResources) (*Set, error) {
	b := newBuilder(&Set{Dirs: dirs}, change, Merge(old, change))
	b.update = true
	if err := b.resources(f); err != nil {
		return nil, err
	}
	b.finish()
	return b.set, nil
}

// builder collects a Set.
type builder struct {
	set    *Set
	now    *specs.LinuxResources // what is to be written
	all    *specs.LinuxResources // what is in force afterwards
	update bool
	need   [][]string // by index in set.Dirs: v2 controllers that a write needs
}

func newBuilder(set *Set, now, all *specs.LinuxResources) *builder {
	return &builder{set: set, now: now, all: all, need: make([][]string, len(set.Dirs))}
}

// resources is the table of contents of linux.resources.
func (b *builder) resources(f *host.Facts) error {
	for _, step := range []func() error{
		b.cpuset, b.cpu, b.memory, b.pids, func() error { return b.blockIO(&f.Cgroups.Weights) },
		b.hugepages, b.network, b.rdma, b.unified,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) warn(field, format string, args ...any) {
	b.set.Warnings = append(b.set.Warnings, "linux.resources."+field+": "+fmt.Sprintf(format, args...))
}

// place finds the directory for a field by the names its controller has in v1 and
// in v2; an empty name for v2 says that it has none. Without a place there is a warning.
func (b *builder) place(field, v1, v2 string) *Dir {
	for i := range b.set.Dirs {
		d := &b.set.Dirs[i]
		name := v1
		if d.V2 {
			name = v2
		}
		if name == "" || !d.Has(name) {
			continue
		}
		if d.V2 {
			b.needs(i, name)
		}
		return d
	}
	switch {
	case len(b.set.Dirs) == 0:
		b.warn(field, "ignored, no cgroup hierarchy is mounted on this host")
	case v2 != "" && b.onlyV2():
		b.warn(field, "ignored, the cgroup v2 controller %s is not available on this host", v2)
	case v2 == "" && b.onlyV2():
		b.warn(field, "ignored, cgroup v2 has no such setting")
	default:
		b.warn(field, "ignored, the cgroup controller %s is not mounted on this host", v1)
	}
	return nil
}

// noV2 warns about a field that exists on v1 only, when d is on v2.
func (b *builder) noV2(d *Dir, field string) bool {
	if d.V2 {
		b.warn(field, "ignored, cgroup v2 has no such setting")
	}
	return d.V2
}

func (b *builder) onlyV2() bool {
	for i := range b.set.Dirs {
		if !b.set.Dirs[i].V2 {
			return false
		}
	}
	return true
}

func (b *builder) needs(i int, controller string) {
	for _, c := range b.need[i] {
		if c == controller {
			return
		}
	}
	b.need[i] = append(b.need[i], controller)
}

func (b *builder) write(d *Dir, file, value, field string) {
	b.set.Writes = append(b.set.Writes, Write{d.Path, file, value, false, "linux.resources." + field})
}

func (b *builder) writeOptional(d *Dir, file, value, field string) {
	b.set.Writes = append(b.set.Writes, Write{d.Path, file, value, true, "linux.resources." + field})
}

// bad is the error about a field's value.
func bad(field, format string, args ...any) error {
	return fmt.Errorf("linux.resources.%s: %s", field, fmt.Sprintf(format, args...))
}
