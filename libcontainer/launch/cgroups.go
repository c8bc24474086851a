package launch

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
)

// cgroupMkdir makes a cgroup and its missing parents. A cgroup that exists is
// taken over only if nobody is in it. The undo removes what was made here.
func (r *run) cgroupMkdir(path string) error {
	err := unix.Mkdir(path, 0o755)
	switch err {
	case nil:
		// A hook of init's may have left processes behind.
		r.undo = append(r.undo, func() error { return cgroup.Open([]string{path}).Destroy() })
		return nil
	case unix.ENOENT:
		parent := filepath.Dir(path)
		if parent == path || parent == "/" {
			return &os.PathError{Op: "mkdir", Path: path, Err: err}
		}
		if err := r.cgroupMkParent(parent); err != nil {
			return err
		}
		return r.cgroupMkdir(path)
	case unix.EEXIST:
		return Unused(path)
	}
	return &os.PathError{Op: "mkdir", Path: path, Err: err}
}

// Unused checks that nobody is in a cgroup, or below it, and that a process that
// enters it would run. One that does not exist is unused.
func Unused(path string) error {
	if unix.Access(path, unix.F_OK) == unix.ENOENT {
		return nil
	}
	group := cgroup.Open([]string{path})
	pids, err := group.Pids(true)
	if err != nil {
		return err
	}
	if len(pids) > 0 {
		return fmt.Errorf("cgroup %s already has processes in it, %d among them; choose another linux.cgroupsPath", path, pids[0])
	}
	frozen, err := group.Frozen()
	if err == nil && frozen {
		err = fmt.Errorf("cgroup %s is frozen; thaw it or choose another linux.cgroupsPath", path)
	}
	return err
}

func (r *run) cgroupMkParent(path string) error {
	err := unix.Mkdir(path, 0o755)
	switch err {
	case nil:
		r.undo = append(r.undo, func() error { _ = unix.Rmdir(path); return nil }) // others may use it by now
		return nil
	case unix.EEXIST:
		return nil
	case unix.ENOENT:
		parent := filepath.Dir(path)
		if parent == path || parent == "/" {
			break
		}
		if err := r.cgroupMkParent(parent); err != nil {
			return err
		}
		return r.cgroupMkParent(path)
	}
	return &os.PathError{Op: "mkdir", Path: path, Err: err}
}

// cgroupInherit fills an empty cpuset file from the level above, from top down, and
// returns what it has then: a v1 cpuset without CPUs or memory nodes takes no process.
func cgroupInherit(top, dir, file string) (string, error) {
	value, err := readSmall(dir + "/" + file)
	if err != nil || value != "" || !strings.HasPrefix(dir, top) || dir == top {
		return value, err
	}
	if value, err = cgroupInherit(top, filepath.Dir(dir), file); err != nil {
		return "", err
	}
	return value, cgroup.Write(dir, file, value, false)
}

// cgroupChown delegates a cgroup: config-linux.md, "Cgroup ownership".
func cgroupChown(dir string, uid, gid int) error {
	list, err := readSmall("/sys/kernel/cgroup/delegate")
	if err != nil {
		list = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads"
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return err
	}
	for _, name := range strings.Fields(list) {
		if err := os.Chown(dir+"/"+name, uid, gid); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func cgroupJoin(dir string, pid int) error {
	return cgroup.Write(dir, "cgroup.procs", strconv.Itoa(pid), false)
}

// readSmall reads a kernel file of at most a page, without the white space around it.
func readSmall(path string) (string, error) {
	fd, err := ignoringEINTR(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var buf [4096]byte // the kernel gives a page at a time
	n, err := ignoringEINTR(func() (int, error) { return unix.Read(fd, buf[:]) })
	if err != nil {
		return "", &os.PathError{Op: "read", Path: path, Err: err}
	}
	return strings.TrimSpace(string(buf[:n])), nil
}
