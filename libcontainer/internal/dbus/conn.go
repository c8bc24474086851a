package dbus

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/variant"
)

// ErrClosed is the error for a peer that is gone, or was never there.
var ErrClosed = errors.New("the connection is closed")

// Error is an answer that says no.
type Error struct {
	Name    string // for instance org.freedesktop.systemd1.UnitExists
	Message string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Name
	}
	return e.Message
}

// IsError reports whether err is an answer of that name.
func IsError(err error, name string) bool {
	var e *Error
	return errors.As(err, &e) && e.Name == name
}

// Conn is a connection to a bus or to a peer. It is for one goroutine.
type Conn struct {
	fd      int
	serial  uint32
	signals []*Message // that came while something else was waited for
}

// Call is a method call.
type Call struct {
	Destination string // of the bus; "" for a peer
	Path        string
	Interface   string
	Method      string
	Args        []variant.Value
}

// Dial connects to a D-Bus address and authenticates. With bus it says Hello, which
// a message bus wants and a peer does not know. Every wait ends with ctx.
func Dial(ctx context.Context, address string, bus bool) (*Conn, error) {
	addr, err := socketOf(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &Conn{fd: fd}
	if err = c.connect(ctx, addr); err == nil {
		err = c.authenticate(ctx)
	}
	if err == nil && bus {
		_, err = c.Call(ctx, Call{Destination: Bus, Path: "/org/freedesktop/DBus", Interface: Bus, Method: "Hello"})
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("connecting to %s: %w", addr.Name, err)
	}
	return c, nil
}

// Bus is the name and the interface of the message bus itself.
const Bus = "org.freedesktop.DBus"

// Close ends the connection, if there is one.
func (c *Conn) Close() {
	if c != nil && c.fd >= 0 {
		unix.Close(c.fd)
		c.fd = -1
	}
}

// Peer is the pid of who listens at the other end, 0 if the caller's pid namespace
// does not have that process.
func (c *Conn) Peer() (int, error) {
	cred, err := unix.GetsockoptUcred(c.fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, os.NewSyscallError("getsockopt", err)
	}
	return int(cred.Pid), nil
}

// connect waits while as many as the socket's backlog are about to be accepted.
func (c *Conn) connect(ctx context.Context, addr *unix.SockaddrUnix) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := unix.Connect(c.fd, addr)
		switch err {
		case nil:
			return nil
		case unix.EAGAIN, unix.EINTR:
		case unix.ENOENT, unix.ECONNREFUSED:
			return fmt.Errorf("%w: %w", ErrClosed, err)
		default:
			return err
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		time.Sleep(pause)
	}
}

// authenticate lets the kernel tell the peer who is calling. No user id is named at
// first: in a user namespace the caller's own number is not the peer's. Servers that
// insist get the number that the caller has outside.
//
// BEGIN goes along with what the peer says OK to. sd-bus would not look at a message
// that it has read together with a BEGIN until something else comes.
func (c *Conn) authenticate(ctx context.Context) error {
	line, err := c.say(ctx, "\x00AUTH EXTERNAL\r\n")
	switch {
	case err != nil:
	case strings.HasPrefix(line, "OK"):
		return c.write(ctx, []byte("BEGIN\r\n"))
	case strings.HasPrefix(line, "DATA"):
		line, err = c.say(ctx, "DATA\r\nBEGIN\r\n")
	default:
		uid := strconv.FormatUint(outerID(), 10)
		line, err = c.say(ctx, "AUTH EXTERNAL "+hex.EncodeToString([]byte(uid))+"\r\nBEGIN\r\n")
	}
	if err == nil && !strings.HasPrefix(line, "OK") {
		err = fmt.Errorf("the peer refuses this user: %q", line)
	}
	return err
}

// say writes lines and returns the one that answers them.
func (c *Conn) say(ctx context.Context, lines string) (string, error) {
	if err := c.write(ctx, []byte(lines)); err != nil {
		return "", err
	}
	return c.line(ctx)
}

// outerID is the caller's user id outside its user namespace.
func outerID() uint64 {
	uid := uint64(os.Geteuid())
	data, _ := os.ReadFile("/proc/self/uid_map")
	for line := range strings.Lines(string(data)) {
		var inside, outside, count uint64
		if n, _ := fmt.Sscan(line, &inside, &outside, &count); n == 3 && uid >= inside && uid-inside < count {
			return outside + uid - inside
		}
	}
	return uid
}

// line reads up to a line's end and not a byte further.
func (c *Conn) line(ctx context.Context) (string, error) {
	var text []byte
	for !strings.HasSuffix(string(text), "\r\n") {
		if len(text) > 1024 {
			return "", errMessage
		}
		var b [1]byte
		if err := c.read(ctx, b[:]); err != nil {
			return "", err
		}
		text = append(text, b[0])
	}
	return strings.TrimSuffix(string(text), "\r\n"), nil
}

// Call calls a method and waits for the answer. A peer that is gone is ErrClosed.
func (c *Conn) Call(ctx context.Context, m Call) ([]variant.Value, error) {
	serial, err := c.Send(ctx, m)
	if err != nil {
		return nil, err
	}
	return c.Reply(ctx, serial)
}

// Send calls a method; Reply with the returned number waits for its answer. Answers
// have to be waited for in the order of the calls.
func (c *Conn) Send(ctx context.Context, m Call) (serial uint32, err error) {
	c.serial++
	return c.serial, c.write(ctx, m.encode(c.serial))
}

// Reply waits for the answer to what was sent. Signals that come before are kept.
func (c *Conn) Reply(ctx context.Context, serial uint32) ([]variant.Value, error) {
	for {
		m, err := c.receive(ctx)
		switch {
		case err != nil:
			return nil, err
		case m.kind == signal:
			c.signals = append(c.signals, m)
		case m.serial != serial:
		case m.kind == methodReturn:
			return m.Body, nil
		case m.kind == errorReply:
			e := &Error{Name: m.errorName}
			if len(m.Body) > 0 {
				e.Message = m.Body[0].Text
			}
			return nil, e
		}
	}
}

// Signal waits for a signal that is wanted; others are dropped.
func (c *Conn) Signal(ctx context.Context, wanted func(*Message) bool) (*Message, error) {
	for i, m := range c.signals {
		if wanted(m) {
			c.signals = slices.Delete(c.signals, i, i+1)
			return m, nil
		}
	}
	c.signals = nil
	for {
		m, err := c.receive(ctx)
		if err != nil {
			return nil, err
		}
		if m.kind == signal && wanted(m) {
			return m, nil
		}
	}
}

func (c *Conn) receive(ctx context.Context) (*Message, error) {
	head := make([]byte, headerSize)
	if err := c.read(ctx, head); err != nil {
		return nil, err
	}
	_, fields, body, err := sizes(head)
	if err != nil {
		return nil, err
	}
	buf := append(head, make([]byte, fields+body)...)
	if err := c.read(ctx, buf[headerSize:]); err != nil {
		return nil, err
	}
	return decode(buf)
}

// read fills b.
func (c *Conn) read(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Read(c.fd, b)
		switch {
		case err == unix.EAGAIN:
			if err := c.poll(ctx, unix.POLLIN); err != nil {
				return err
			}
		case err == unix.EINTR:
		case err != nil:
			return fmt.Errorf("%w: %w", ErrClosed, err)
		case n == 0:
			return ErrClosed
		default:
			b = b[n:]
		}
	}
	return nil
}

func (c *Conn) write(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		n, err := unix.SendmsgN(c.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		switch {
		case err == unix.EAGAIN:
			if err := c.poll(ctx, unix.POLLOUT); err != nil {
				return err
			}
		case err == unix.EINTR:
		case err != nil:
			return fmt.Errorf("%w: %w", ErrClosed, err)
		default:
			b = b[n:]
		}
	}
	return nil
}

// tick is how long a wait may overlook that ctx is done, in milliseconds.
const tick = 50

func (c *Conn) poll(ctx context.Context, events int16) error {
	fds := []unix.PollFd{{Fd: int32(c.fd), Events: events}}
	for {
		n, err := unix.Poll(fds, tick)
		switch {
		case err != nil && err != unix.EINTR:
			return os.NewSyscallError("poll", err)
		case n > 0:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}
