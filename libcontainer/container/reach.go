package container

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
)

// errNoCgroup is what becomes of verbs that are about a cgroup.
var errNoCgroup = errors.New("the container has no cgroup: its creator was not permitted to make one")

// rootless reports whether missing permission on cgroups is to be expected.
func (rt *Runtime) rootless(f *host.Facts) bool {
	return rt.Rootless == "true" || rt.Rootless != "false" && f.Unprivileged()
}

// reachable takes out of a set the hierarchies in which the caller may not make the
// cgroup. That is an error for a cgroup or a limit that the configuration asks for;
// otherwise the container stays in the caller's cgroup there. It returns nil if no
// hierarchy is left.
func reachable(set *setting.Set, f *host.Facts, cgroupsPath string) (*setting.Set, error) {
	closed := map[string]error{}
	for i := range set.Dirs {
		d := &set.Dirs[i]
		own := path.Join(d.Mountpoint, f.Cgroups.Hierarchies[d.Hierarchy].Own)
		if err := unreachable(d.Path, d.Mountpoint, own, d.V2); err != nil {
			closed[d.Path] = err
		}
	}
	if len(closed) == 0 {
		return set, nil
	}
	for _, d := range set.Dirs {
		if err := closed[d.Path]; err != nil && cgroupsPath != "" {
			return nil, noPermission("linux.cgroupsPath", f, err)
		}
	}
	for _, w := range set.Writes {
		// Rules about devices are told apart by cgroup.
		if err := closed[w.Dir]; err != nil && !strings.HasPrefix(w.Field, "linux.resources.devices") && strings.HasPrefix(w.Field, "linux.resources.") {
			return nil, noPermission(w.Field, f, err)
		}
	}
	open := *set
	open.Dirs, open.Writes, open.Inherits = nil, nil, nil
	for _, d := range set.Dirs {
		if closed[d.Path] == nil {
			open.Dirs = append(open.Dirs, d)
		}
	}
	if len(open.Dirs) == 0 {
		return nil, nil
	}
	left := func(dir string) bool {
		return slices.ContainsFunc(open.Dirs, func(d setting.Dir) bool { return strings.HasPrefix(dir+"/", d.Mountpoint+"/") })
	}
	for _, w := range set.Writes {
		if left(w.Dir) {
			open.Writes = append(open.Writes, w)
		}
	}
	for _, i := range set.Inherits {
		if left(i.Dir) {
			open.Inherits = append(open.Inherits, i)
		}
	}
	return &open, nil
}

func noPermission(field string, f *host.Facts, err error) error {
	return fmt.Errorf("%s: user %d cannot make a cgroup for the container: %w; leave out linux.cgroupsPath and linux.resources, or start from a cgroup that is delegated (systemd-run --user --scope -p Delegate=yes), or use --systemd-cgroup in a systemd user session", field, f.EUID, err)
}

// unreachable tells why the caller cannot make a cgroup and move init into it, nil if
// it can. own is the cgroup that the caller is in, absolute.
func unreachable(dir, mountpoint, own string, v2 bool) error {
	at := dir
	for at != mountpoint && strings.HasPrefix(at, mountpoint+"/") && unix.Access(at, unix.F_OK) == unix.ENOENT {
		at = at[:strings.LastIndexByte(at, '/')]
	}
	if err := mayWrite(at); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	if !v2 {
		return nil
	}
	// Whoever moves a process has to own the cgroup that contains both ends of the
	// way: cgroups(7), "Delegation containment".
	for own != mountpoint && !strings.HasPrefix(dir+"/", own+"/") && len(own) > len(mountpoint) {
		own = own[:strings.LastIndexByte(own, '/')]
	}
	if err := mayWrite(own + "/cgroup.procs"); err != nil {
		return fmt.Errorf("%s/cgroup.procs: %w", own, err)
	}
	return nil
}

func mayWrite(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}
