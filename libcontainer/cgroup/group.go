// Package cgroup acts on the cgroup of a container that exists: its processes, its
// limits and its end.
//
// A container's cgroup is a list of directories, one in each hierarchy, as the state
// records them. What each of them can do is told by the files in it, so the list is
// all there is to remember.
package cgroup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Group is a container's cgroup. Directories that do not exist are empty cgroups.
type Group struct {
	dirs []string
}

// Open names a group by its absolute directories. It does not touch them.
func Open(dirs []string) *Group { return &Group{dirs} }

// Dirs returns the directories.
func (g *Group) Dirs() []string { return g.dirs }

// find returns the first directory that has a file, or "".
func (g *Group) find(file string) string {
	for _, dir := range g.dirs {
		if exists(dir + "/" + file) {
			return dir
		}
	}
	return ""
}

// Pids lists the processes in the group, in ascending order; with all, those in
// cgroups below it too. A process counts if it is there in any of the hierarchies:
// one that moved away in another is still in the container. Processes of a foreign
// pid namespace have no number here and are left out.
func (g *Group) Pids(all bool) ([]int, error) {
	var pids []int
	for _, dir := range g.dirs {
		var err error
		if pids, err = appendPids(pids, dir, all); err != nil {
			return nil, err
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

func appendPids(pids []int, dir string, all bool) ([]int, error) {
	data, err := readFile(dir + "/cgroup.procs")
	switch {
	case err == unix.ENOENT || err == unix.ENODEV:
		return pids, nil // removed, the latter after it was opened
	case err == unix.EOPNOTSUPP:
		// A threaded cgroup: its domain's root, which is not below it, lists them.
	case err != nil:
		return nil, fmt.Errorf("%s/cgroup.procs: %w", dir, err)
	}
	for line := range strings.Lines(string(data)) {
		if pid, err := strconv.Atoi(strings.TrimSuffix(line, "\n")); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	if !all {
		return pids, nil
	}
	children, err := subdirs(dir)
	if err != nil {
		return nil, err
	}
	for _, child := range children {
		if pids, err = appendPids(pids, dir+"/"+child, all); err != nil {
			return nil, err
		}
	}
	return pids, nil
}
