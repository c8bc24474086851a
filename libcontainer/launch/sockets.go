package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// connect connects to a unix stream socket. A path longer than the address holds
// is reached through a descriptor of its directory.
func (r *run) connect(dst plan.Slot, path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	r.store(dst, fd)
	address := path
	if len(path) > 107 {
		dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open", Path: filepath.Dir(path), Err: err}
		}
		defer unix.Close(dir)
		address = "/proc/self/fd/" + strconv.Itoa(dir) + "/" + filepath.Base(path)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: address}); err != nil {
		return &os.PathError{Op: "connect", Path: path, Err: err}
	}
	return nil
}

// sendFd sends one descriptor in one message; nobody answers. Engines accept
// only after we are gone.
func sendFd(sock, fd int, message string) error {
	if sock < 0 || fd < 0 {
		return errors.New("no descriptor to send")
	}
	return os.NewSyscallError("sendmsg", unix.Sendmsg(sock, []byte(message), unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL))
}

func (r *run) sendPidfd(sock plan.Slot) error {
	fd, err := unix.PidfdOpen(r.pid(), 0)
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(fd)
	return sendFd(r.fd(sock), fd, "pidfd")
}

// pidFile writes init's pid without a newline, so that a reader sees all of it
// or no file.
func (r *run) pidFile(path string) error {
	tmp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
	if err := os.WriteFile(tmp, []byte(strconv.Itoa(r.pid())), 0o644); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp)
		return err
	}
	r.undo = append(r.undo, func() error { _ = os.Remove(path); return nil })
	return nil
}
