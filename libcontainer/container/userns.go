package container

import (
	"fmt"
	"os/exec"
	"os/user"
	"slices"
	"strconv"

	"rt/libcontainer/host"
	"rt/libcontainer/internal/sys"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func hasUserNS(s *specs.Spec) bool {
	return s.Linux != nil && slices.ContainsFunc(s.Linux.Namespaces, func(ns specs.LinuxNamespace) bool {
		return ns.Type == specs.UserNamespace
	})
}

// makeUserNS adds a user namespace to a configuration that has none, for a caller
// who can do nothing without one, and reports whether it did. The caller's ids are
// those of process.user in the container; all other ids are the caller's subordinate
// ones, where there are such and the programs that may map them.
func makeUserNS(s *specs.Spec, f *host.Facts) bool {
	if f.EUID == 0 || hasUserNS(s) {
		return false
	}
	if s.Linux == nil {
		s.Linux = &specs.Linux{}
	}
	name := ""
	if u, err := user.LookupId(strconv.Itoa(f.EUID)); err == nil {
		name = u.Username
	}
	uids, gids := host.SubIDs("/etc/subuid", name, f.EUID), host.SubIDs("/etc/subgid", name, f.EUID)
	_, noUID := exec.LookPath("newuidmap")
	_, noGID := exec.LookPath("newgidmap")
	if noUID != nil || noGID != nil || len(uids) == 0 || len(gids) == 0 {
		uids, gids = nil, nil
	}
	l, own := s.Linux, s.Process.User
	l.Namespaces = append(slices.Clone(l.Namespaces), specs.LinuxNamespace{Type: specs.UserNamespace})
	l.UIDMappings = mapAround(own.UID, uint32(f.EUID), uids)
	l.GIDMappings = mapAround(own.GID, uint32(f.EGID), gids)
	return true
}

// mapAround maps one id of the container to the caller's and the others, from 0 up,
// to what the ranges have.
func mapAround(id, caller uint32, ranges []host.IDRange) []specs.LinuxIDMapping {
	var maps []specs.LinuxIDMapping
	next, done := uint32(0), false
	add := func(first, n uint32) {
		maps = append(maps, specs.LinuxIDMapping{ContainerID: next, HostID: first, Size: n})
		next += n
	}
	for _, r := range ranges {
		for r.Count > 0 {
			if next == id && !done {
				add(caller, 1)
				done = true
			}
			n := r.Count
			if !done {
				n = min(n, id-next)
			}
			n = min(n, 1<<32-2-next)
			if n == 0 {
				return maps
			}
			add(r.First, n)
			r.First, r.Count = r.First+n, r.Count-n
		}
	}
	if !done {
		next = id
		add(caller, 1)
	}
	return maps
}

// joinMadeUserNS adds the user namespace that makeUserNS gave a container, of whose
// configuration exec reads the original. Init is in it, which tells.
func joinMadeUserNS(s *specs.Spec, pid int, proc string) error {
	if hasUserNS(s) || isOwn(proc+"/ns/user", "user") {
		return nil
	}
	if s.Linux == nil {
		s.Linux = &specs.Linux{}
	}
	l := s.Linux
	l.Namespaces = append(slices.Clone(l.Namespaces), specs.LinuxNamespace{Type: specs.UserNamespace})
	for file, maps := range map[string]*[]specs.LinuxIDMapping{"uid_map": &l.UIDMappings, "gid_map": &l.GIDMappings} {
		path := "/proc/" + strconv.Itoa(pid) + "/" + file
		data, err := sys.ReadFile(path, 1<<16)
		if err != nil {
			return err
		}
		list, err := sys.ParseIDMap(string(data))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, m := range list {
			*maps = append(*maps, specs.LinuxIDMapping{ContainerID: uint32(m.ContainerID), HostID: uint32(m.HostID), Size: uint32(m.Size)})
		}
	}
	return nil
}

// joinMadeTimeNS adds the time namespace that criu gives a restored container, so that
// its clocks go on from where they were.
func joinMadeTimeNS(s *specs.Spec, proc string) {
	if s.Linux == nil || isOwn(proc+"/ns/time", "time") {
		return
	}
	for _, ns := range s.Linux.Namespaces {
		if ns.Type == specs.TimeNamespace {
			return
		}
	}
	s.Linux.Namespaces = append(slices.Clone(s.Linux.Namespaces), specs.LinuxNamespace{Type: specs.TimeNamespace})
}
