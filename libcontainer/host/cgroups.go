package host

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
)

// cgroupMount is where every distribution mounts the hierarchies.
const cgroupMount = "/sys/fs/cgroup"

// system is what probing the hierarchies asks the kernel.
type system struct {
	read   func(path string) ([]byte, error)
	fsType func(path string) int64 // statfs(2) f_type, 0 if there is nothing
	exists func(path string) bool
}

var liveSystem = system{readFile, fsType, exists}

// membership is one line of /proc/self/cgroup.
type membership struct {
	controllers []string
	name        string
	path        string
	v2          bool
}

// probeCgroups finds the mounted hierarchies and the caller's place in each. The
// usual mount points are derived from /proc/self/cgroup and verified by statfs;
// /proc/self/mountinfo, which is long on a busy host, is read only where that does
// not fit.
func probeCgroups(s *system) (Cgroups, error) {
	c := Cgroups{Kind: KindNone, Mount: cgroupMount}
	data, err := s.read("/proc/self/cgroup")
	if err == unix.ENOENT {
		return c, nil // a kernel without cgroups
	}
	if err != nil {
		return c, fmt.Errorf("/proc/self/cgroup: %w", err)
	}
	members, err := parseMemberships(data)
	if err != nil {
		return c, err
	}
	pure := s.fsType(cgroupMount) == unix.CGROUP2_SUPER_MAGIC
	if pure {
		// A v1 hierarchy that is mounted somewhere else as well is somebody's own
		// business: its controllers are not for containers.
		members = onlyV2(members)
	}
	c.Hierarchies = make([]Hierarchy, 0, len(members))
	var mounts []cgroupFS // nil until it has to be read
	for i := range members {
		m := &members[i]
		h := Hierarchy{Controllers: m.controllers, Name: m.name, V2: m.v2, Own: m.path}
		h.Mountpoint = usualMount(s, m, pure)
		if h.Mountpoint == "" || h.Own != "/" && !s.exists(h.Mountpoint+h.Own) {
			if mounts == nil {
				if mounts, err = readMounts(s); err != nil {
					return c, err
				}
			}
			if !locate(&h, mounts) {
				continue
			}
		}
		if h.V2 {
			list, err := s.read(h.Mountpoint + "/cgroup.controllers")
			if err != nil {
				return c, fmt.Errorf("%s/cgroup.controllers: %w", h.Mountpoint, err)
			}
			h.Controllers = strings.Fields(string(list))
		}
		c.Hierarchies = append(c.Hierarchies, h)
	}
	c.classify()
	return c, nil
}

// classify derives Kind, and for a unified hierarchy Mount.
func (c *Cgroups) classify() {
	v2 := c.Unified()
	switch {
	case len(c.Hierarchies) == 0:
		c.Kind = KindNone
	case v2 < 0:
		c.Kind = KindV1
	case len(c.Hierarchies) == 1:
		c.Kind = KindV2
		c.Mount = c.Hierarchies[0].Mountpoint
	default:
		c.Kind = KindHybrid
	}
}

// usualMount returns where a hierarchy is mounted by convention, if it is there.
func usualMount(s *system, m *membership, pure bool) string {
	if m.v2 {
		if pure {
			return cgroupMount
		}
		if p := cgroupMount + "/unified"; s.fsType(p) == unix.CGROUP2_SUPER_MAGIC {
			return p
		}
		return ""
	}
	p := cgroupMount + "/" + m.name
	if m.name == "" {
		p = cgroupMount + "/" + strings.Join(m.controllers, ",")
	}
	if s.fsType(p) == unix.CGROUP_SUPER_MAGIC {
		return p
	}
	return ""
}

func onlyV2(members []membership) []membership {
	for i := range members {
		if members[i].v2 {
			return members[i : i+1]
		}
	}
	return members
}

// parseMemberships reads lines "ID:CONTROLLER,...:PATH", cgroups(7). In a v2 line
// the list is empty; in a named hierarchy it is "name=NAME".
func parseMemberships(data []byte) ([]membership, error) {
	list := make([]membership, 0, 16)
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		_, line, ok1 := bytes.Cut(line, []byte{':'})
		controllers, path, ok2 := bytes.Cut(line, []byte{':'})
		if !ok1 || !ok2 || len(path) == 0 || path[0] != '/' {
			return nil, fmt.Errorf("/proc/self/cgroup: unexpected line %q", line)
		}
		// The cgroup was removed while the caller is still in it.
		m := membership{path: strings.TrimSuffix(string(path), " (deleted)")}
		if len(controllers) == 0 {
			m.v2 = true
		} else {
			for _, c := range strings.Split(string(controllers), ",") {
				if name, ok := strings.CutPrefix(c, "name="); ok {
					m.name = name
				} else {
					m.controllers = append(m.controllers, c)
				}
			}
		}
		// In a cgroup namespace a cgroup outside its root is shown with "..".
		if strings.HasPrefix(m.path, "/..") {
			m.path = "/"
		}
		list = append(list, m)
	}
	return list, nil
}

func fsType(path string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return 0
	}
	return int64(st.Type)
}

func exists(path string) bool { return unix.Access(path, unix.F_OK) == nil }

func readFile(path string) ([]byte, error) { return sys.ReadTrusted(path, unix.O_NOCTTY) }
