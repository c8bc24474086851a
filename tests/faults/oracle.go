package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// oracle knows what the host looked like.
type oracle struct {
	dir         string // the worker's directory
	mounts      string
	hierarchies []string
}

func newOracle(dir string) (*oracle, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	o := &oracle{dir: dir, mounts: string(mounts)}
	for line := range strings.Lines(o.mounts) {
		f := strings.Fields(line)
		if i := strings.Index(line, " - cgroup"); i >= 0 && len(f) > 4 {
			o.hierarchies = append(o.hierarchies, f[4])
		}
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid())); err != nil {
		return nil, fmt.Errorf("the kernel does not list children (CONFIG_PROC_CHILDREN): %w", err)
	}
	if len(o.hierarchies) == 0 {
		return nil, fmt.Errorf("no cgroup hierarchy is mounted")
	}
	return o, nil
}

// left lists what is different: mounts, cgroups of that id, state, the pid file
// and processes.
func (o *oracle) left(id string) (list []string) {
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || string(mounts) != o.mounts {
		list = append(list, "mounts changed")
	}
	for _, h := range o.hierarchies {
		if _, err := os.Lstat(filepath.Join(h, id)); err == nil {
			list = append(list, "cgroup "+filepath.Join(h, id))
		}
	}
	list = append(list, entries(o.dir+"/state", "state")...)
	list = append(list, entries(o.dir+"/user-state", "state")...)
	list = append(list, entries(o.dir+"/pid", "pid file")...)
	reap()
	for _, pid := range descendants() {
		if !ending(pid) {
			command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			list = append(list, fmt.Sprintf("process %d (%s)", pid, strings.ReplaceAll(string(command), "\x00", " ")))
		}
	}
	return list
}

func entries(dir, what string) (list []string) {
	names, _ := os.ReadDir(dir)
	for _, e := range names {
		if e.Name() == ".cache~" {
			continue
		}
		inside := ""
		if files, err := os.ReadDir(filepath.Join(dir, e.Name())); err == nil {
			for _, f := range files {
				inside += " " + f.Name()
			}
		}
		list = append(list, what+" "+e.Name()+inside)
	}
	return list
}

// reap takes the exit statuses of orphans, which come to this subreaper.
func reap() {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}

// descendants lists every process below this one.
func descendants() (list []int) {
	for next := []int{os.Getpid()}; len(next) > 0; {
		children := children(next[0])
		list = append(list, children...)
		next = append(next[1:], children...)
	}
	return list
}

func children(pid int) (list []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range tasks {
		text, _ := os.ReadFile(path)
		for _, f := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(f); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}

// stat is /proc/PID/stat from the state letter on: proc_pid_stat(5).
func stat(pid int) []string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	text := string(data)
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
}

// ending reports whether a process is gone or past the point where it could do or
// hold anything: a zombie, or one that the kernel is taking apart (PF_EXITING).
func ending(pid int) bool {
	f := stat(pid)
	if len(f) < 7 || f[0] == "Z" || f[0] == "X" {
		return true
	}
	flags, _ := strconv.ParseUint(f[6], 10, 64)
	return flags&4 != 0
}

// settle waits until nothing is left, for what goes away by itself.
func (o *oracle) settle(id string, limit time.Duration) []string {
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		list := o.left(id)
		if len(list) == 0 || time.Now().After(end) {
			return list
		}
	}
}

// clear removes what a trial left, so that the next one is not blamed for it.
func (o *oracle) clear(id string) {
	for _, pid := range descendants() {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	for range 100 {
		reap()
		if len(descendants()) == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, h := range o.hierarchies {
		_ = unix.Rmdir(filepath.Join(h, id))
	}
	for _, dir := range []string{"/state", "/user-state", "/pid"} {
		names, _ := os.ReadDir(o.dir + dir)
		for _, e := range names {
			if e.Name() != ".cache~" {
				_ = os.RemoveAll(filepath.Join(o.dir+dir, e.Name()))
			}
		}
	}
}
