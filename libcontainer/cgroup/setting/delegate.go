package setting

import (
	"path"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Delegate returns the directory that is to belong to the container's user, by the
// rules of config-linux.md, "Cgroup ownership": cgroup v2 alone, a cgroup namespace of
// the container's own, and a mount at /sys/fs/cgroup that is not read-only. The owner
// is the host's id for process.user.uid.
func Delegate(s *specs.Spec, dirs []Dir) (dir string, ok bool) {
	if s.Linux == nil || len(dirs) != 1 || !dirs[0].V2 {
		return "", false
	}
	own := slices.ContainsFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool {
		return n.Type == specs.CgroupNamespace && n.Path == ""
	})
	writable := slices.ContainsFunc(s.Mounts, func(m specs.Mount) bool {
		return (m.Type == "cgroup" || m.Type == "cgroup2" || m.Source == "cgroup") &&
			path.Clean("/"+m.Destination) == "/sys/fs/cgroup" &&
			!slices.Contains(m.Options, "ro") && !slices.Contains(m.Options, "rro")
	})
	if !own || !writable {
		return "", false
	}
	return dirs[0].Path, true
}
