package launch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/netdev"
)

// procWrite writes a file of a process's directory in the host's procfs.
func procWrite(pid int, file, data string) error {
	path := "/proc/" + strconv.Itoa(pid) + "/" + file
	fd, err := ignoringEINTR(func() (int, error) { return unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	if _, err := ignoringEINTR(func() (int, error) { return unix.Write(fd, []byte(data)) }); err != nil {
		return fmt.Errorf("write %q to %s: %w", strings.TrimSpace(data), path, err)
	}
	return nil
}

// helperTime bounds newuidmap and newgidmap.
const helperTime = 10 * time.Second

// idmap writes an id map: itself, or through the set-uid helper program that may
// write the ranges of /etc/subuid and /etc/subgid for an unprivileged caller.
func idmap(ctx context.Context, pid int, file, text, helper string) error {
	if helper == "" {
		return procWrite(pid, file, text)
	}
	path, err := exec.LookPath(helper)
	if err != nil {
		return fmt.Errorf("the map needs %s (Debian's package uidmap): %w", helper, err)
	}
	ctx, cancel := context.WithTimeout(ctx, helperTime)
	defer cancel()
	args := append([]string{strconv.Itoa(pid)}, strings.Fields(text)...)
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", helper, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// netdevice moves a device into the network namespace of init.
func (r *run) netdevice(device, name string) error {
	ns, err := unix.Open("/proc/"+strconv.Itoa(r.pid())+"/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	defer unix.Close(ns)
	return netdev.Move(device, name, ns)
}

func sleepMillis(n int) { time.Sleep(time.Duration(n) * time.Millisecond) }
