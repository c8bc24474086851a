package setting

import (
	"fmt"
	"path"
	"strings"

	"rt/libcontainer/host"
)

// Resolve serves linux.cgroupsPath: the container's directory in every hierarchy.
//
// An absolute path begins at the hierarchy's mount point. A relative one begins at
// the caller's own cgroup, and without one the id takes its place. Where v2 has
// controllers it begins one level higher: the caller's own cgroup contains the
// caller, and such a cgroup cannot hand controllers to its children (cgroups(7), "no
// internal processes"). ".." never leaves the place where the path begins.
func Resolve(cgroupsPath, id string, c *host.Cgroups) ([]Dir, error) {
	given := cgroupsPath
	if given == "" {
		given = id
	}
	absolute := strings.HasPrefix(given, "/")
	clean := path.Clean("/" + given)
	if clean == "/" {
		return nil, fmt.Errorf("linux.cgroupsPath: %q names the place where it begins, want a path below it", cgroupsPath)
	}
	if strings.ContainsAny(clean, "\n\x00") {
		return nil, fmt.Errorf("linux.cgroupsPath: %q contains a newline or NUL byte, which no cgroup's name can have", cgroupsPath)
	}
	for _, name := range strings.Split(clean, "/") {
		if len(name) > 255 {
			return nil, fmt.Errorf("linux.cgroupsPath: the name %.32q... has %d bytes, want at most 255", name, len(name))
		}
	}
	dirs := make([]Dir, len(c.Hierarchies))
	for i := range c.Hierarchies {
		h := &c.Hierarchies[i]
		base := "/"
		if !absolute {
			base = h.Own
			if h.V2 && len(h.Controllers) > 0 {
				base = path.Dir(base)
			}
		}
		dirs[i] = Dir{
			Path:        path.Join(h.Mountpoint, base, clean),
			Mountpoint:  h.Mountpoint,
			Controllers: h.Controllers,
			Name:        h.Name,
			V2:          h.V2,
			Hierarchy:   i,
		}
	}
	return dirs, nil
}
