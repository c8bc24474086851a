package container

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// sd_notify(3) for a container: its process gets a socket of our own, in a
// directory that is bind-mounted, and what it says about being ready is passed on
// to the service manager's socket with the pid that the manager knows.
const (
	notifyDir    = "notify"
	notifyInside = "/run/notify"
)

// notifySocket adds the directory to the container when the caller has a service
// manager to tell.
func (p *prepared) notifySocket() {
	p.notify = os.Getenv("NOTIFY_SOCKET")
	if p.notify == "" || p.spec.Process == nil {
		return
	}
	p.spec.Mounts = append(p.spec.Mounts, specs.Mount{
		Destination: notifyInside, Type: "bind",
		Source:  filepath.Join(state.Dir(p.root, p.opts.ID), notifyDir),
		Options: []string{"bind", "nosuid", "noexec", "nodev", "ro", "private"},
	})
	p.spec.Process.Env = append(p.spec.Process.Env, "NOTIFY_SOCKET="+notifyInside+"/notify.sock")
}

// notifyListener is our end; nil when there is nobody to tell.
type notifyListener struct {
	fd     int
	target string
}

// listenNotify makes the socket that the container's process writes to. Everyone
// in the container may: what it says is not trusted beyond being ready.
func (rt *Runtime) listenNotify(dir *state.Locked, rec *state.Record) (*notifyListener, error) {
	if rec.Notify == "" {
		return nil, nil
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	path := filepath.Join(dir.Path, notifyDir, "notify.sock")
	_ = os.Remove(path)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "bind", Path: path, Err: err}
	}
	if err := os.Chmod(path, 0o777); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &notifyListener{fd, rec.Notify}, nil
}

func (n *notifyListener) close() {
	if n != nil {
		unix.Close(n.fd)
	}
}

// readyTime is how often it is looked whether the container is still there.
const readyTime = 100 * time.Millisecond

// forward waits until the container says READY=1, or is gone, and passes it on.
func (n *notifyListener) forward(ctx context.Context, rec *state.Record) {
	if n == nil {
		return
	}
	buf := make([]byte, 4096)
	fds := []unix.PollFd{{Fd: int32(n.fd), Events: unix.POLLIN}}
	for ctx.Err() == nil && alive(rec.Pid, rec.StartTime) {
		if ready, err := unix.Poll(fds, int(readyTime.Milliseconds())); err != nil || ready == 0 {
			continue
		}
		size, _, err := unix.Recvfrom(n.fd, buf, unix.MSG_DONTWAIT)
		if err != nil {
			continue
		}
		for line := range strings.SplitSeq(string(buf[:size]), "\n") {
			if line == "READY=1" {
				n.tell(rec.Pid)
				return
			}
		}
	}
}

// barrierTime bounds the wait for the manager to have read the messages.
const barrierTime = 5 * time.Second

// tell sends READY=1 and MAINPID, then waits until the manager has worked through
// both: BARRIER=1 of sd_notify_barrier(3), whose descriptor it closes.
func (n *notifyListener) tell(pid int) {
	to := &unix.SockaddrUnix{Name: n.target}
	message := fmt.Sprintf("READY=1\nMAINPID=%d", pid)
	if err := unix.Sendto(n.fd, []byte(message), unix.MSG_NOSIGNAL, to); err != nil {
		return
	}
	var pipe [2]int
	if unix.Pipe2(pipe[:], unix.O_CLOEXEC) != nil {
		return
	}
	defer unix.Close(pipe[0])
	err := unix.Sendmsg(n.fd, []byte("BARRIER=1"), unix.UnixRights(pipe[1]), to, unix.MSG_NOSIGNAL)
	unix.Close(pipe[1])
	if err == nil {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(pipe[0])}}, int(barrierTime.Milliseconds()))
	}
}
