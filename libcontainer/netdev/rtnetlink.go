package netdev

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// conn is a socket to the kernel's rtnetlink in one network namespace.
type conn struct {
	fd  int
	seq uint32
}

// answerTime bounds each answer of the kernel, in seconds.
const answerTime = 10

// dial connects to the calling thread's network namespace. A socket stays in the
// namespace it was made in.
func dial() (*conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	err = errors.Join(
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: answerTime}),
		// The kernel's words for why not, without our own message back.
		unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1),
		unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1),
	)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("rtnetlink socket: %w", err)
	}
	return &conn{fd: fd}, nil
}

// dialIn connects to another network namespace. The thread that enters it is never
// used for anything else: it ends with its goroutine.
func dialIn(nsfd int) (c *conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err = os.NewSyscallError("setns", unix.Setns(nsfd, unix.CLONE_NEWNET)); err == nil {
			c, err = dial()
		}
	}()
	<-done
	return c, err
}

func (c *conn) close() { unix.Close(c.fd) }

// request is a message under construction: struct nlmsghdr, a fixed part, attributes.
type request struct {
	data []byte
}

func newRequest(kind, flags uint16) *request {
	r := &request{data: make([]byte, unix.SizeofNlMsghdr, 128)}
	binary.NativeEndian.PutUint16(r.data[4:], kind)
	binary.NativeEndian.PutUint16(r.data[6:], flags|unix.NLM_F_REQUEST)
	return r
}

func (r *request) attribute(kind uint16, value []byte) {
	r.data = binary.NativeEndian.AppendUint16(r.data, uint16(unix.SizeofRtAttr+len(value)))
	r.data = binary.NativeEndian.AppendUint16(r.data, kind)
	r.data = append(r.data, value...)
	for len(r.data)%unix.RTA_ALIGNTO != 0 {
		r.data = append(r.data, 0)
	}
}

type attribute struct {
	kind  uint16
	value []byte
}

// attributes copies what follows the fixed part of a message.
func attributes(data []byte) ([]attribute, error) {
	var list []attribute
	for len(data) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(data))
		if size < unix.SizeofRtAttr || size > len(data) {
			return nil, errShort
		}
		const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
		list = append(list, attribute{
			kind:  binary.NativeEndian.Uint16(data[2:]) &^ flags,
			value: append([]byte(nil), data[unix.SizeofRtAttr:size]...),
		})
		data = data[min(align(size), len(data)):]
	}
	return list, nil
}

func align(n int) int { return (n + 3) &^ 3 }

// errInterrupted is a listing that changed while it was read, and so may miss things.
var errInterrupted = errors.New("rtnetlink: the listing changed")

// do sends a request and gives the answers to got, which may be nil, until the
// kernel has said everything. Its refusal is an errno and, where it has one, its own
// explanation.
func (c *conn) do(r *request, got func(kind uint16, body []byte) error) error {
	c.seq++
	binary.NativeEndian.PutUint32(r.data, uint32(len(r.data)))
	binary.NativeEndian.PutUint32(r.data[8:], c.seq)
	if err := unix.Sendto(c.fd, r.data, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	// Without acknowledgement a request that is no listing has one answer.
	flags := binary.NativeEndian.Uint16(r.data[6:])
	single := flags&(unix.NLM_F_ACK|unix.NLM_F_DUMP) == 0
	a := answers{seq: c.seq, single: single, got: got}
	buffer := make([]byte, 64<<10) // the kernel fills 32 KiB at most
	for !a.done {
		n, from, err := unix.Recvfrom(c.fd, buffer, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return fmt.Errorf("rtnetlink: no answer for %d s", answerTime)
		case err != nil:
			return os.NewSyscallError("recvfrom", err)
		}
		if kernel, ok := from.(*unix.SockaddrNetlink); !ok || kernel.Pid != 0 {
			continue // anybody may send to our port
		}
		if err := a.datagram(buffer[:n]); err != nil {
			return err
		}
	}
	if a.interrupted {
		return errInterrupted
	}
	return a.err
}

// answers are what the kernel has to say to one request. After an error of got it is
// listened to until it is done, so that nothing is left for the next request.
type answers struct {
	seq         uint32
	single      bool
	got         func(kind uint16, body []byte) error
	done        bool
	interrupted bool
	err         error
}

func (a *answers) datagram(data []byte) error {
	for len(data) >= unix.SizeofNlMsghdr && !a.done {
		size := int(binary.NativeEndian.Uint32(data))
		if size < unix.SizeofNlMsghdr || size > len(data) {
			return errShort
		}
		kind := binary.NativeEndian.Uint16(data[4:])
		flags := binary.NativeEndian.Uint16(data[6:])
		if binary.NativeEndian.Uint32(data[8:]) == a.seq {
			a.message(kind, flags, data[unix.SizeofNlMsghdr:size])
		}
		data = data[min(align(size), len(data)):]
	}
	return nil
}

func (a *answers) message(kind, flags uint16, body []byte) {
	a.interrupted = a.interrupted || flags&unix.NLM_F_DUMP_INTR != 0
	switch kind {
	case unix.NLMSG_DONE: // with the result of the listing
		a.done = true
		if len(body) >= 4 && int32(binary.NativeEndian.Uint32(body)) < 0 {
			a.err = errors.Join(a.err, unix.Errno(-int32(binary.NativeEndian.Uint32(body))))
		}
	case unix.NLMSG_ERROR:
		a.done = true
		a.err = errors.Join(a.err, refusal(flags, body))
	default:
		if a.got != nil && a.err == nil {
			a.err = a.got(kind, body)
		}
		a.done = a.single
	}
}

// refusal is what an acknowledgement says; nil for success.
func refusal(flags uint16, body []byte) error {
	if len(body) < unix.SizeofNlMsgerr {
		return errShort
	}
	code := int32(binary.NativeEndian.Uint32(body))
	if code == 0 {
		return nil
	}
	errno := unix.Errno(-code)
	if flags&unix.NLM_F_ACK_TLVS == 0 || flags&unix.NLM_F_CAPPED == 0 {
		return errno
	}
	all, _ := attributes(body[unix.SizeofNlMsgerr:])
	for _, t := range all {
		if t.kind == unix.NLMSGERR_ATTR_MSG {
			return fmt.Errorf("%w (%s)", errno, unix.ByteSliceToString(t.value))
		}
	}
	return errno
}
