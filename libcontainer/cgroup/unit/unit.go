// Package unit decides which systemd unit a container's cgroup is, and which of its
// settings systemd is told.
//
// systemd writes the cgroup files that it knows again whenever it likes, at a
// daemon-reload for instance. So it is told everything that it has a property for,
// and the files, which are written too, say nothing else. Properties are text,
// NAME=VALUE with the value in GVariant's text form. The package is pure.
package unit

import (
	"fmt"
	"path"
	"strings"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
)

// Manager is what is known about the instance of systemd that is asked.
type Manager struct {
	User         bool   // a user's instance, not the system's
	Version      int    // 252 for instance
	ControlGroup string // the cgroup of its root slice; "" or "/" for the hierarchy's root
}

// Unit is the unit of a container.
type Unit struct {
	Name  string // docker-c1.scope
	Slice string // the unit that it is in; "" for a slice, whose name tells
	Path  string // its cgroup, from the root of every hierarchy
}

// The slices of containers that name none, and the prefix of scopes that are named
// after the container's id.
const (
	systemSlice   = "system.slice"
	userSlice     = "user.slice"
	defaultPrefix = "rt"
)

// Parse serves linux.cgroupsPath under systemd: "slice:prefix:name", where slice and
// prefix may be empty, or nothing at all. The unit is prefix-name.scope, without a
// prefix name.scope, or name itself if that is a slice.
func Parse(cgroupsPath, id string, m *Manager) (*Unit, error) {
	slice, prefix, name := "", defaultPrefix, escape(id)
	if cgroupsPath != "" {
		parts := strings.Split(cgroupsPath, ":")
		if len(parts) != 3 || parts[2] == "" {
			return nil, fmt.Errorf(`linux.cgroupsPath: expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got %q instead; want for instance %q`,
				cgroupsPath, systemSlice+":"+defaultPrefix+":"+escape(id))
		}
		slice, prefix, name = parts[0], parts[1], parts[2]
	}
	u := &Unit{Name: scope(prefix, name), Slice: slice}
	if err := checkName(u.Name); err != nil {
		return nil, err
	}
	isSlice := strings.HasSuffix(u.Name, ".slice")
	if slice == "" && !isSlice {
		u.Slice = systemSlice
		if m.User {
			u.Slice = userSlice
		}
	}
	parent, err := expand(u.Slice)
	if err != nil {
		return nil, err
	}
	if !isSlice {
		u.Path = path.Join("/", m.ControlGroup, parent, cgroupName(u.Name))
		return u, nil
	}
	own, err := expand(u.Name)
	if err != nil {
		return nil, err
	}
	if u.Slice != "" && path.Dir(own) != parent {
		return nil, fmt.Errorf("linux.cgroupsPath: by its name the slice %s is in %s, not in %s; want :: and the name alone", u.Name, sliceAbove(u.Name), u.Slice)
	}
	u.Slice = ""
	u.Path = path.Join("/", m.ControlGroup, own)
	if own == "/" {
		return nil, fmt.Errorf("linux.cgroupsPath: %s is the slice of everything, want one below it", u.Name)
	}
	return u, nil
}

func scope(prefix, name string) string {
	switch {
	case strings.HasSuffix(name, ".slice"):
		return name
	case prefix != "":
		name = prefix + "-" + name
	}
	return strings.TrimSuffix(name, ".scope") + ".scope"
}

// nameBytes are what unit names are made of besides letters and digits.
const nameBytes = `:-_.\@`

// maxName is the longest name of a unit, UNIT_NAME_MAX.
const maxName = 255

func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("linux.cgroupsPath: the unit name %.32q... has %d bytes, want at most %d", name, len(name), maxName)
	}
	for i := range len(name) {
		if !alphanumeric(name[i]) && strings.IndexByte(nameBytes, name[i]) < 0 {
			return fmt.Errorf("linux.cgroupsPath: %q cannot be the name of a unit, want letters, digits and %s only", name, nameBytes)
		}
	}
	return nil
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// escape makes a container's id a part of a unit's name, as systemd-escape(1) does:
// of what an id may have, a plus is not allowed.
func escape(id string) string { return strings.ReplaceAll(id, "+", `\x2b`) }

// expand is the path of a slice: dashes in its name stand for levels, so a-b.slice
// is /a.slice/a-b.slice. See systemd.slice(5). No slice is the root.
func expand(slice string) (string, error) {
	if slice == "" || slice == "-.slice" {
		return "/", nil
	}
	if err := checkName(slice); err != nil {
		return "", err
	}
	name, ok := strings.CutSuffix(slice, ".slice")
	if !ok {
		return "", fmt.Errorf("linux.cgroupsPath: %q is no slice, want a name that ends in .slice", slice)
	}
	p, prefix := "/", ""
	for component := range strings.SplitSeq(name, "-") {
		if component == "" {
			return "", fmt.Errorf("linux.cgroupsPath: %q is no slice, want names with single dashes between them", slice)
		}
		prefix += component
		p = path.Join(p, cgroupName(prefix+".slice"))
		prefix += "-"
	}
	return p, nil
}

// sliceAbove is the slice that a slice is in.
func sliceAbove(slice string) string {
	if i := strings.LastIndexByte(slice, '-'); i > 0 {
		return slice[:i] + ".slice"
	}
	return "-.slice"
}

// cgroupName is the directory of a unit. systemd puts an underscore before what
// could be taken for a file of the kernel's.
func cgroupName(unit string) string {
	first, _, _ := strings.Cut(unit, ".")
	switch {
	case unit[0] == '_' || unit[0] == '.',
		unit == "notify_on_release" || unit == "release_agent" || unit == "tasks",
		first == "cgroup" || isController(first):
		return "_" + unit
	}
	return unit
}

// isController: those that systemd knows, and bpf pseudo controllers are none.
func isController(name string) bool {
	switch name {
	case "cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids":
		return true
	}
	return false
}

// Dirs are the unit's directories in every hierarchy.
func (u *Unit) Dirs(c *host.Cgroups) []setting.Dir {
	dirs := make([]setting.Dir, len(c.Hierarchies))
	for i := range c.Hierarchies {
		h := &c.Hierarchies[i]
		dirs[i] = setting.Dir{
			Path: path.Join(h.Mountpoint, u.Path), Mountpoint: h.Mountpoint,
			Controllers: h.Controllers, Name: h.Name, V2: h.V2, Hierarchy: i,
		}
	}
	return dirs
}
