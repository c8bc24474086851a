package resctrl

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
)

var errNotMounted = errors.New("linux.intelRdt: the resctrl file system is not mounted; " +
	"want `mount -t resctrl resctrl /sys/fs/resctrl`, on a machine whose CPUs share out caches or memory bandwidth")

// Mounted finds where resctrl is mounted in the mount namespace of the caller: the
// last such mount of mountinfo (proc_pid_mountinfo(5)), "" for none.
func Mounted(mountinfo string) string {
	root := ""
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		if fields := strings.Fields(before); ok && strings.HasPrefix(after, "resctrl ") && len(fields) > 4 && fields[3] == "/" {
			root = unescape(fields[4])
		}
	}
	return root
}

// unescape undoes \040 and the like.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Probe finds out what Decide has to know, below a root that Mounted found.
func Probe(root, id string, r *specs.LinuxIntelRdt) (Host, error) {
	h := Host{Root: root}
	if root == "" {
		return h, nil
	}
	data, err := sys.ReadFile(Class(root, id, r)+"/schemata", 1<<20)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return h, nil
	case err != nil:
		return h, fmt.Errorf("linux.intelRdt: %w", err)
	}
	h.Exists, h.Schemata = true, string(data)
	return h, nil
}

// Mkdir makes a group. Somebody else's group of the same name is an error.
func Mkdir(dir string) error {
	err := unix.Mkdir(dir, 0o755)
	switch err {
	case nil:
		return nil
	case unix.ENOSPC:
		return fmt.Errorf("%w: the hardware has no room for another group", &os.PathError{Op: "mkdir", Path: dir, Err: err})
	}
	return explain(dir, &os.PathError{Op: "mkdir", Path: dir, Err: err})
}

// Write writes lines to the schemata file of a group.
func Write(dir, text string) error {
	return explain(dir, write(dir+"/schemata", text))
}

// Join puts a process with one thread, by its pid as the caller sees it, into a group.
// A monitoring group takes only what is in the class that it belongs to.
func Join(dir string, pid int) error {
	return explain(dir, write(dir+"/tasks", strconv.Itoa(pid)))
}

// Remove removes groups; those that are gone are no error. The kernel moves what is
// left in them to the group above.
func Remove(dirs []string) error {
	var errs []error
	for _, dir := range dirs {
		if err := unix.Rmdir(dir); err != nil && err != unix.ENOENT {
			errs = append(errs, &os.PathError{Op: "rmdir", Path: dir, Err: err})
		}
	}
	return errors.Join(errs...)
}

func write(path, text string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_TRUNC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// explain adds what the kernel says of the last call that failed.
func explain(dir string, err error) error {
	if err == nil {
		return nil
	}
	for d := dir; strings.Count(d, "/") > 1; d = d[:strings.LastIndexByte(d, '/')] {
		data, rerr := sys.ReadFile(d+"/info/last_cmd_status", 4096)
		if rerr != nil {
			continue
		}
		if text := strings.TrimSpace(string(data)); text != "" && text != "ok" {
			return fmt.Errorf("%w: %s", err, text)
		}
		break
	}
	return err
}
