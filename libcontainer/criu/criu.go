// Package criu drives criu(8): it starts one, makes one request over its socket and
// answers what it asks meanwhile. It decides nothing about containers.
package criu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// FirstFile is the number that the first of Call.Files has in the criu process: after
// stdio and the socket.
const FirstFile = 4

// maxMessage bounds what criu may send at a time, in bytes.
const maxMessage = 64 << 10

// Event is a notification: criu waits until it is answered.
type Event struct {
	Script string
	Pid    int // of the tree's first process as this process sees it, if there is one
	Fd     int // what came along, -1 for nothing; the receiver closes it
}

// Call is one use of criu.
type Call struct {
	Program string
	Kind    Kind
	Options *Options
	Files   []*os.File // inherited by criu, from FirstFile on

	// On runs a function on the thread that criu is started from, whose namespaces it
	// gets. The thread must live until Do returns. nil: any thread.
	On func(func() error) error
	// Started is called with criu's pid before the request is made.
	Started func(pid int) error
	// Notify answers a notification; an error makes criu give up.
	Notify func(Event) error
}

// missing is the error for a host without criu.
type missing struct{ error }

func (e missing) Unwrap() error { return e.error }

// Code is the stable name of the error: docs/errors.md.
func (missing) Code() string { return "no-criu" }

// Find finds the program: by its path, or with "" on the caller's PATH.
func Find(path string) (string, error) {
	name := path
	if name == "" {
		name = "criu"
	}
	found, err := exec.LookPath(name)
	switch {
	case err == nil:
		return found, nil
	case path != "":
		return "", missing{fmt.Errorf("--criu: %w", err)}
	}
	return "", missing{errors.New("checkpoint and restore need the program criu on the PATH; install the package criu (apt-get install criu), or name it by --criu")}
}

// swrk is a criu process that serves one connection.
type swrk struct {
	sock int
	proc *exec.Cmd
}

// start starts criu. With dies it is killed with the thread that started it; while
// it dumps it must not be: it has code of its own in the tree's processes then.
func start(program string, files []*os.File, dies bool) (*swrk, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "criu")
	defer theirs.Close()
	cmd := exec.Command(program, "swrk", "3")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = append([]*os.File{theirs}, files...)
	if dies {
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	} else {
		// A signal from the terminal is ours alone.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	if err := cmd.Start(); err != nil {
		unix.Close(pair[0])
		return nil, fmt.Errorf("starting criu: %w", err)
	}
	return &swrk{sock: pair[0], proc: cmd}, nil
}

func (w *swrk) send(data []byte) error {
	return os.NewSyscallError("criu: sendto", unix.Sendto(w.sock, data, unix.MSG_NOSIGNAL, nil))
}

// receive reads one message and the descriptor that comes along, -1 for none.
func (w *swrk) receive() (*response, int, error) {
	buf, oob := make([]byte, maxMessage), make([]byte, unix.CmsgSpace(4*8))
	for {
		n, oobn, flags, _, err := unix.Recvmsg(w.sock, buf, oob, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, -1, os.NewSyscallError("criu: recvmsg", err)
		}
		fd := descriptor(oob[:oobn])
		switch {
		case n == 0:
			err = errors.New("criu ended without an answer")
		case flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0:
			err = errWire
		}
		var r *response
		if err == nil {
			r, err = parseResponse(buf[:n])
		}
		if err != nil && fd >= 0 {
			unix.Close(fd)
			fd = -1
		}
		return r, fd, err
	}
}

// descriptor takes the first one and closes the others.
func descriptor(oob []byte) int {
	first := -1
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return first
	}
	for i := range messages {
		fds, _ := unix.ParseUnixRights(&messages[i])
		for _, fd := range fds {
			if first < 0 {
				first = fd
			} else {
				unix.Close(fd)
			}
		}
	}
	return first
}

// end closes the connection and waits for the process.
func (w *swrk) end(kill bool) {
	unix.Close(w.sock)
	if kill {
		_ = w.proc.Process.Kill()
	}
	_, _ = w.proc.Process.Wait()
}

// Failure is what criu says of a request that failed.
type Failure struct {
	Errno   unix.Errno
	Message string // criu's own, or what its log has
}

// Code is the stable name of the error: docs/errors.md.
func (*Failure) Code() string { return "criu" }

func (e *Failure) Error() string {
	switch {
	case e.Message != "":
		return e.Message
	case e.Errno != 0:
		return e.Errno.Error()
	}
	return "criu gives no reason"
}

// Do makes the request and returns when criu has ended. Cancelling ctx kills a criu
// that restores; one that dumps is made to give up when it asks the next time.
func (c *Call) Do(ctx context.Context) (err error) {
	restoring := c.Kind == Restore
	on := c.On
	if on == nil {
		on = func(f func() error) error { return f() }
	}
	var w *swrk
	if err := on(func() (err error) { w, err = start(c.Program, c.Files, restoring); return err }); err != nil {
		return err
	}
	stop := func() bool { return true }
	if restoring {
		stop = context.AfterFunc(ctx, func() { _ = w.proc.Process.Kill() })
	}
	done := false
	defer func() {
		stop()
		w.end(!done && restoring)
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}()
	if c.Started != nil {
		if err := c.Started(w.proc.Process.Pid); err != nil {
			return err
		}
	}
	if err := w.send(c.Options.encode(c.Kind)); err != nil {
		return err
	}
	err = c.converse(ctx, w)
	done = err == nil
	return err
}

// converse answers notifications until criu gives the result. What a notification
// failed with is the reason for the failure that follows.
func (c *Call) converse(ctx context.Context, w *swrk) error {
	var refused error
	for {
		r, fd, err := w.receive()
		if err != nil {
			return errors.Join(refused, err)
		}
		if r.kind != notify {
			if fd >= 0 {
				unix.Close(fd)
			}
			if refused != nil {
				return refused
			}
			return r.result()
		}
		if !r.success {
			if fd >= 0 {
				unix.Close(fd)
			}
			if refused != nil {
				return refused
			}
			return r.result()
		}
		err = ctx.Err()
		if err == nil {
			err = c.Notify(Event{Script: r.script, Pid: r.pid, Fd: fd})
		} else if fd >= 0 {
			unix.Close(fd)
		}
		if err != nil && refused == nil {
			refused = err
		}
		if err := w.send(answer(err == nil)); err != nil {
			return errors.Join(refused, err)
		}
	}
}

func (r *response) result() error {
	if r.success {
		return nil
	}
	return &Failure{Errno: unix.Errno(max(r.errno, 0)), Message: r.message}
}

// ask makes a request that is answered at once.
func ask(program string, request []byte) (*response, error) {
	w, err := start(program, nil, false)
	if err != nil {
		return nil, err
	}
	defer w.end(false)
	if err := w.send(request); err != nil {
		return nil, err
	}
	r, fd, err := w.receive()
	if fd >= 0 {
		unix.Close(fd)
	}
	if err == nil {
		err = r.result()
	}
	return r, err
}

// Check asks whether criu and the kernel can do what is needed, and names what they
// cannot.
func Check(program string, memTrack, lazyPages bool) error {
	r, err := ask(program, features(memTrack, lazyPages))
	switch {
	case err != nil:
		return fmt.Errorf("asking criu what it supports: %w", err)
	case memTrack && !r.memTrack:
		return errors.New("--pre-dump: criu or the kernel cannot track changed memory (CONFIG_MEM_SOFT_DIRTY)")
	case lazyPages && !r.lazyPages:
		return errors.New("--lazy-pages: criu or the kernel lacks userfaultfd(2)")
	}
	return nil
}

// Version is criu's version as one number: 31701 for 3.17.1.
func Version(program string) (int, error) {
	r, err := ask(program, version())
	if err != nil {
		return 0, fmt.Errorf("asking criu for its version: %w", err)
	}
	return r.version, nil
}

// The versions that can do something.
const (
	VersionLeast    = 31600 // pid namespaces from outside, and another profile on restore
	VersionLockNone = 31800 // LockNone
)
