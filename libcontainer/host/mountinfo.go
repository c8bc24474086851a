package host

import (
	"fmt"
	"slices"
	"strings"
)

// cgroupFS is one mount of a cgroup file system.
type cgroupFS struct {
	root    string // of the mount, in the hierarchy
	point   string
	v2      bool
	options []string // of the superblock: the controllers are among them
}

func readMounts(s *system) ([]cgroupFS, error) {
	data, err := s.read("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("/proc/self/mountinfo: %w", err)
	}
	return parseMounts(string(data)), nil
}

// parseMounts picks the cgroup mounts out of a mountinfo file, proc_pid_mountinfo(5):
//
//	36 35 98:0 ROOT POINT rw,noatime master:1 - FSTYPE SOURCE SUPEROPTIONS
func parseMounts(data string) []cgroupFS {
	list := []cgroupFS{}
	for line := range strings.Lines(data) {
		before, after, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		if !ok || !strings.HasPrefix(after, "cgroup") {
			continue
		}
		where, what := strings.Fields(before), strings.Fields(after)
		if len(where) < 5 || len(what) < 3 || what[0] != "cgroup" && what[0] != "cgroup2" {
			continue
		}
		m := cgroupFS{
			root:    unescape(where[3]),
			point:   unescape(where[4]),
			v2:      what[0] == "cgroup2",
			options: strings.Split(what[2], ","),
		}
		// What is mounted over another mount is listed later and hides it.
		list = append(slices.DeleteFunc(list, func(o cgroupFS) bool { return o.point == m.point }), m)
	}
	return list
}

// locate finds the mount of a hierarchy and makes Own a path below it. Of several
// mounts the one that shows the most wins, then the one at the usual place.
func locate(h *Hierarchy, mounts []cgroupFS) bool {
	var best *cgroupFS
	for i := range mounts {
		m := &mounts[i]
		if m.shows(h) && (best == nil || m.rank(h) > best.rank(h)) {
			best = m
		}
	}
	if best == nil {
		return false
	}
	h.Mountpoint = best.point
	h.Own = below(best.root, h.Own)
	return true
}

func (m *cgroupFS) shows(h *Hierarchy) bool {
	if h.V2 || m.v2 {
		return h.V2 == m.v2
	}
	if h.Name != "" && !m.has("name="+h.Name) {
		return false
	}
	for _, c := range h.Controllers {
		if !m.has(c) {
			return false
		}
	}
	return true
}

func (m *cgroupFS) rank(h *Hierarchy) (n int) {
	if m.root == "/" || strings.HasPrefix(h.Own+"/", m.root+"/") {
		n += 2
	}
	if strings.HasPrefix(m.point, cgroupMount) {
		n++
	}
	return n
}

func (m *cgroupFS) has(option string) bool {
	for _, o := range m.options {
		if o == option {
			return true
		}
	}
	return false
}

// below turns a cgroup's path in the hierarchy into its path below a mount whose
// root is root. A container without a cgroup namespace sees the former in
// /proc/self/cgroup while its mount shows only the latter. A cgroup that the mount
// does not show becomes the mount's own root.
func below(root, path string) string {
	switch rest, ok := strings.CutPrefix(path, root); {
	case root == "/":
		return path
	case ok && rest == "":
		return "/"
	case ok && rest[0] == '/':
		return rest
	}
	return "/"
}

// unescape undoes the octal escapes of mountinfo: space, tab, newline, backslash.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1:i+4]) {
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

func octal(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '7' {
			return false
		}
	}
	return true
}
