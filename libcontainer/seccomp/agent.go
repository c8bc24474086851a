package seccomp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// sendTime bounds the hand-over of a listener: connecting and sending together.
const sendTime = 10 * time.Second

// ProcessState is the message to a seccomp agent: the container process state of
// config-linux.md, for one process whose listener goes with it. pid is the process
// as this process sees it, metadata is linux.seccomp.listenerMetadata.
func ProcessState(state *specs.State, pid int, metadata string) ([]byte, error) {
	return json.Marshal(specs.ContainerProcessState{
		Version:  specs.Version,
		Fds:      []string{specs.SeccompFdName},
		Pid:      pid,
		Metadata: metadata,
		State:    *state,
	})
}

// Send hands the listener fd and the process state over to the agent that listens
// on the stream socket at path; a leading @ is the abstract name space. It makes one
// connection and ends it. fd stays open. An agent that accepts nothing or reads
// nothing is an error after ten seconds.
func Send(path string, state []byte, fd int) error {
	return send(path, state, fd, sendTime)
}

func send(path string, state []byte, fd int, limit time.Duration) error {
	wrap := func(step string, err error) error {
		if errors.Is(err, unix.EAGAIN) { // how a socket's timeout shows
			err = fmt.Errorf("no answer for %v", limit)
		}
		return fmt.Errorf("linux.seccomp.listenerPath: %s the seccomp agent at %q: %w", step, path, err)
	}
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(sock)
	end := time.Now().Add(limit)
	err = bounded(sock, end, func() error {
		return unix.Connect(sock, &unix.SockaddrUnix{Name: path})
	})
	if err != nil {
		return wrap("connecting to", err)
	}
	// The descriptor goes with the first byte and not again.
	rights := unix.UnixRights(fd)
	for len(state) > 0 {
		n := 0
		err := bounded(sock, end, func() (err error) {
			n, err = unix.SendmsgN(sock, state, rights, nil, unix.MSG_NOSIGNAL)
			return err
		})
		if err != nil {
			return wrap("sending to", err)
		}
		state, rights = state[n:], nil
	}
	return nil
}

// bounded repeats a blocking call that signals interrupt until it has come to an end
// or the time has.
func bounded(sock int, end time.Time, call func() error) error {
	for {
		left := time.Until(end)
		if left <= 0 {
			return unix.EAGAIN
		}
		tv := unix.NsecToTimeval(max(left, time.Millisecond).Nanoseconds())
		if err := unix.SetsockoptTimeval(sock, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &tv); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
