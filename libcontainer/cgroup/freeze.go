package cgroup

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// freezeTime bounds the wait for every process to stop.
const freezeTime = 10 * time.Second

// The files of the two freezers. The v2 one is preferred where both are there: its
// frozen processes can be killed.
const (
	v2Freeze = "cgroup.freeze"
	v1Freeze = "freezer.state"
)

// Freeze stops every process of the group and returns when they stand still. When
// that does not happen in time everything is thawed again.
func (g *Group) Freeze() error {
	if dir := g.find(v2Freeze); dir != "" {
		return g.orThaw(freezeV2(dir))
	}
	if dir := g.find(v1Freeze); dir != "" {
		return g.orThaw(freezeV1(dir))
	}
	return fmt.Errorf("the container has no cgroup that can be frozen: neither the v1 controller freezer nor cgroup v2 is available")
}

func (g *Group) orThaw(err error) error {
	if err != nil {
		_ = g.Thaw()
	}
	return err
}

// freezeV2 waits on cgroup.events, which the kernel signals when a value changes.
func freezeV2(dir string) error {
	if err := Write(dir, v2Freeze, "1", false); err != nil {
		return err
	}
	events := dir + "/cgroup.events"
	fd, err := open(events, unix.O_RDONLY)
	if err != nil {
		return fmt.Errorf("%s: %w", events, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 256)
	for deadline := time.Now().Add(freezeTime); ; {
		n, err := unix.Pread(fd, buf, 0)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("%s: %w", events, err)
		}
		if bytes.Contains(buf[:max(n, 0)], []byte("frozen 1")) {
			return nil
		}
		left := time.Until(deadline)
		if left <= 0 {
			return fmt.Errorf("freezing %s: a process does not stop within %v", dir, freezeTime)
		}
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}
		if _, err := unix.Poll(fds, int(left.Milliseconds())+1); err != nil && err != unix.EINTR {
			return fmt.Errorf("poll %s: %w", events, err)
		}
	}
}

// freezeV1: a process that forks while the freezer walks the list can leave the
// cgroup in FREEZING for good. Writing again makes it walk again, and a moment of
// running in between lets a process leave a state that cannot be frozen.
func freezeV1(dir string) error {
	wait := 50 * time.Microsecond
	for i, deadline := 1, time.Now().Add(freezeTime); ; i++ {
		if err := Write(dir, v1Freeze, "FROZEN", false); err != nil {
			return err
		}
		state, err := readFile(dir + "/" + v1Freeze)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", dir, v1Freeze, err)
		}
		if string(bytes.TrimSpace(state)) == "FROZEN" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("freezing %s: a process does not stop within %v", dir, freezeTime)
		}
		if i%25 == 0 {
			_ = writeFile(dir+"/"+v1Freeze, "THAWED")
		}
		time.Sleep(wait)
		wait = min(2*wait, 10*time.Millisecond)
	}
}

// Thaw lets the processes of the group continue.
func (g *Group) Thaw() error {
	for _, dir := range g.dirs {
		for _, f := range [...][2]string{{v2Freeze, "0"}, {v1Freeze, "THAWED"}} {
			if err := Write(dir, f[0], f[1], true); err != nil {
				return err
			}
		}
	}
	return nil
}

// Freezer is the directory that the group is frozen by, "" without one: that of v1
// where there are two.
func (g *Group) Freezer() string {
	if dir := g.find("freezer.state"); dir != "" {
		return dir
	}
	return g.find(v2Freeze)
}

// Frozen reports whether the group itself was told to freeze. That a cgroup above it
// is frozen does not count.
//
// There is one freezer of each version at most. Looking for a file that is not there
// costs more than reading one that is, so the directories that are likely to have
// them, by where hosts mount the hierarchies, come first.
func (g *Group) Frozen() (bool, error) {
	var found [2]bool
	for _, likely := range [...]bool{true, false} {
		for _, dir := range g.dirs {
			if (strings.Contains(dir, "/freezer/") || strings.Contains(dir, "/unified/")) != likely {
				continue
			}
			for i, file := range [...]string{v2Freeze, "freezer.self_freezing"} {
				if found[i] {
					continue
				}
				data, err := readFile(dir + "/" + file)
				if err == unix.ENOENT || err == unix.ENODEV {
					continue
				}
				if err != nil {
					return false, fmt.Errorf("%s/%s: %w", dir, file, err)
				}
				if len(data) > 0 && data[0] == '1' {
					return true, nil
				}
				found[i] = true
			}
			if found[0] && found[1] {
				return false, nil
			}
		}
	}
	return false, nil
}

// ThawKilled lets processes die that were killed while v1 kept them frozen, also in
// cgroups that the container made and froze itself. On v2 killing needs no thaw.
func (g *Group) ThawKilled() error {
	if dir := g.find(v1Freeze); dir != "" {
		return thawTree(dir)
	}
	return nil
}

func thawTree(dir string) error {
	if err := Write(dir, v1Freeze, "THAWED", true); err != nil {
		return err
	}
	children, err := subdirs(dir)
	if err != nil {
		return err
	}
	for _, child := range children {
		if err := thawTree(dir + "/" + child); err != nil {
			return err
		}
	}
	return nil
}
