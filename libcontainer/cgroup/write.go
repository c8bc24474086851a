package cgroup

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
)

// Write sets one control file. With optional a missing file is no error, and for
// cgroup.subtree_control no failure is one; see setting.Write. An error tells, as far
// as that can be found out, why the kernel refused.
func Write(dir, file, value string, optional bool) error {
	if optional && file == "cgroup.subtree_control" {
		handDown(dir, value)
		return nil
	}
	err := writeFile(dir+"/"+file, value)
	if err == nil || optional && (err == unix.ENOENT || err == unix.ENODEV) {
		return nil
	}
	return explain(dir, file, value, err)
}

// handDown enables controllers for the cgroups below dir, as many as possible: one
// that cannot be enabled makes the kernel enable none.
//
// A cgroup with processes of its own is left alone. The kernel would enable there the
// controllers that work on threads, and thereby make a threaded domain of it, below
// which no process can be put any more.
func handDown(dir, value string) {
	list := strings.Fields(value)
	if !slices.ContainsFunc(list, domainOnly) && occupied(dir) {
		return
	}
	if writeFile(dir+"/cgroup.subtree_control", value) == nil || len(list) < 2 || occupied(dir) {
		return
	}
	for _, one := range list {
		_ = writeFile(dir+"/cgroup.subtree_control", one)
	}
}

// domainOnly tells of "+CONTROLLER" whether the controller refuses threaded cgroups:
// cgroups(7), "Threaded versus domain controllers".
func domainOnly(change string) bool {
	switch strings.TrimPrefix(change, "+") {
	case "cpu", "cpuset", "perf_event", "pids":
		return false
	}
	return true
}

// occupied reports whether a cgroup has processes of its own. Of the root, which is
// the only one without a type, it does not matter.
func occupied(dir string) bool {
	if !exists(dir + "/cgroup.type") {
		return false
	}
	procs, err := readFile(dir + "/cgroup.procs")
	return err == nil && len(procs) > 0
}

// Apply carries out an update on a live container.
//
// Some values are tied to each other, a memory limit to that of memory and swap, a
// quota to its period and burst, and the kernel refuses with EINVAL a write that
// would break the tie even if the next one would mend it. What order is right depends
// on the values in force, so refused writes are tried again after the others, as long
// as that gets any further.
func Apply(set *setting.Set) error {
	for _, c := range set.Checks {
		if err := check(c); err != nil {
			return err
		}
	}
	todo := set.Writes
	for len(todo) > 0 {
		var again []setting.Write
		var first error
		for _, w := range todo {
			err := Write(w.Dir, w.File, w.Value, w.Optional)
			if err == nil {
				continue
			}
			err = fmt.Errorf("%s: %w", w.Field, err)
			if !isInvalid(err) {
				return err
			}
			if first == nil {
				first = err
			}
			again = append(again, w)
		}
		if len(again) == len(todo) {
			return first
		}
		todo = again
	}
	return nil
}

func check(c setting.Check) error {
	data, err := readFile(c.Dir + "/" + c.File)
	if err != nil {
		return fmt.Errorf("%s: %s/%s: %w", c.Field, c.Dir, c.File, err)
	}
	now, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if err == nil && now > c.Max {
		return fmt.Errorf("%s: %d is less than what is used now, which is %d", c.Field, c.Max, now)
	}
	return nil
}
