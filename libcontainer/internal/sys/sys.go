// Package sys holds the small pieces of kernel interface that more than one
// package needs and x/sys does not have.
package sys

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ParseIDMap reads the text of an id map: user_namespaces(7).
func ParseIDMap(text string) ([]syscall.SysProcIDMap, error) {
	var list []syscall.SysProcIDMap
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var m syscall.SysProcIDMap
		f := strings.Fields(line)
		if len(f) != 3 {
			return nil, fmt.Errorf("id map line %q, want three numbers", line)
		}
		for i, dst := range []*int{&m.ContainerID, &m.HostID, &m.Size} {
			v, err := strconv.Atoi(f[i])
			if err != nil {
				return nil, fmt.Errorf("id map line %q: %w", line, err)
			}
			*dst = v
		}
		list = append(list, m)
	}
	return list, nil
}

// ProcParent is the pid of a process's parent, 0 for one outside the pid namespace:
// proc_pid_stat(5). The name before it may have any characters but ends with the
// last parenthesis.
func ProcParent(pid int) (int, error) {
	data, err := ReadFile("/proc/"+strconv.Itoa(pid)+"/stat", 4096)
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(f) < 2 {
		return 0, fmt.Errorf("/proc/%d/stat: unexpected text %q", pid, data)
	}
	return strconv.Atoi(f[1])
}

// ReadFile reads a file of at most limit bytes that need not be trusted: it must
// be regular and is opened without blocking.
func ReadFile(path string, limit int64) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	return ReadFd(fd, path, limit)
}

// ReadFd is ReadFile for an open descriptor; name is for messages.
func ReadFd(fd int, name string, limit int64) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, &os.PathError{Op: "fstat", Path: name, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	if st.Size > limit {
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", name, st.Size, limit)
	}
	buf := make([]byte, 0, st.Size+512)
	for {
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: name, Err: err}
		}
		buf = buf[:len(buf)+n]
		if n == 0 {
			return buf, nil
		}
		if int64(len(buf)) > limit {
			return nil, fmt.Errorf("%s has more than %d bytes", name, limit)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// ReadTrusted reads a file of the host's, as in procfs, sysfs or a cgroup, of any size
// and without the poller of the Go runtime that os.File brings along. flags are more of
// those of open(2). Errors are bare errno values.
func ReadTrusted(path string, flags int) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|flags, 0)
	for err == unix.EINTR {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|flags, 0)
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, 0, 1024)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return buf, nil
		}
		buf = buf[:len(buf)+n]
	}
}

// ProcStat is what the kernel says of a process to everybody: proc_pid_stat(5).
type ProcStat struct {
	Start   uint64 // when it started, in clock ticks since boot
	State   byte   // the letter
	Exiting bool   // it executes nothing any more
}

const exiting = 0x4 // PF_EXITING of the kernel's linux/sched.h

// ReadProcStat reads it. Errors are those of open and read: ENOENT or ESRCH for a
// process that is gone.
func ReadProcStat(pid int) (ProcStat, error) {
	buf := make([]byte, 0, 512)
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ProcStat{}, err
	}
	n, err := unix.Read(fd, buf[:cap(buf)])
	unix.Close(fd)
	if err != nil {
		return ProcStat{}, err
	}
	text := string(buf[:n])
	// The command may contain anything; what follows its last parenthesis is fixed.
	f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(f) < 20 {
		return ProcStat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	start, err := strconv.ParseUint(f[19], 10, 64)
	if err != nil {
		return ProcStat{}, err
	}
	flags, err := strconv.ParseUint(f[6], 10, 64)
	return ProcStat{Start: start, State: f[0][0], Exiting: flags&exiting != 0}, err
}
