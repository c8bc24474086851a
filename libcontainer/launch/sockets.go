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
	text := []byte(strconv.Itoa(r.pid()))
	if err := linkFile(path, text); err != nil {
		// There is one already, or the file system knows no files without a name.
		if err := replaceFile(path, text); err != nil {
			return err
		}
	}
	r.undo = append(r.undo, func() error { _ = os.Remove(path); return nil })
	return nil
}

// linkFile makes a new file that appears when it is complete, and not at all if
// this process is killed before.
func linkFile(path string, text []byte) error {
	fd, err := unix.Open(filepath.Dir(path), unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, text); err != nil {
		return err
	}
	return unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
}

// replaceFile replaces a file or a link in one step. The name of the temporary file can
// be guessed: in a directory that others may write to, it is not theirs.
func replaceFile(path string, text []byte) error {
	tmp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
	_ = unix.Unlink(tmp)
	fd, err := unix.Open(tmp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return &os.PathError{Op: "open", Path: tmp, Err: err}
	}
	_, err = unix.Write(fd, text)
	unix.Close(fd)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}
