package cgroup

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// removeTime bounds the removal of a group, all directories together.
const removeTime = 10 * time.Second

// Remove removes the group's directories and every cgroup below them, and waits for
// killed processes to be gone. What is missing already is no error. The error for
// what cannot be removed names the directory and a process that is in it.
func (g *Group) Remove() error { return remove(g.dirs) }

func remove(dirs []string) error {
	deadline := time.Now().Add(removeTime)
	var first error
	for _, dir := range dirs {
		if err := removeWait(dir, deadline); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Destroy kills whatever is in the group and removes it. A group without processes,
// which is the usual case, takes one system call for each directory.
func (g *Group) Destroy() error {
	for i, dir := range g.dirs {
		switch err := unix.Rmdir(dir); err {
		case nil, unix.ENOENT:
			continue
		case unix.EBUSY, unix.ENOTEMPTY:
			if err := g.Signal(unix.SIGKILL); err != nil {
				return err
			}
		}
		return remove(g.dirs[i:])
	}
	return nil
}

func removeWait(dir string, deadline time.Time) error {
	wait := 20 * time.Microsecond
	for {
		err := removeTree(dir)
		if err != unix.EBUSY && err != unix.ENOTEMPTY {
			if err != nil {
				return fmt.Errorf("rmdir %s: %w", dir, err)
			}
			return nil
		}
		if time.Now().After(deadline) {
			return stuck(dir, err)
		}
		time.Sleep(wait)
		wait = min(2*wait, 50*time.Millisecond)
	}
}

// removeTree removes dir and what is below it. Errors are bare errno values. A cgroup
// cannot contain symbolic links, so there is nothing to follow out of it.
func removeTree(dir string) error {
	err := unix.Rmdir(dir)
	if err == nil || err == unix.ENOENT {
		return nil
	}
	if err != unix.EBUSY && err != unix.ENOTEMPTY {
		return err
	}
	children, e := subdirs(dir)
	if e != nil || len(children) == 0 {
		return err
	}
	for _, child := range children {
		if e := removeTree(dir + "/" + child); e != nil {
			return e
		}
	}
	if err = unix.Rmdir(dir); err == unix.ENOENT {
		return nil
	}
	return err
}

func stuck(dir string, err error) error {
	pids, _ := appendPids(nil, dir, true)
	if len(pids) == 0 {
		return fmt.Errorf("rmdir %s: still busy after %v: %w", dir, removeTime, err)
	}
	state := ""
	if data, e := readFile(fmt.Sprintf("/proc/%d/stat", pids[0])); e == nil {
		state = procState(string(data))
	}
	return fmt.Errorf("rmdir %s: process %d%s is still in it after %v: %w", dir, pids[0], state, removeTime, err)
}
