package launch

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// The one message from init to the parent: an operation, its errno and a value.
// With errno 0 it says that init has arrived there (or, for fork_into, that init
// was born with that pid); otherwise that the operation failed.
type record struct {
	op    uint32
	errno int32
	value uint64
}

// RecordSize is the encoded size of what init reports, in bytes.
const RecordSize = 16

func parseRecord(b []byte) record {
	return record{
		op:    binary.NativeEndian.Uint32(b),
		errno: int32(binary.NativeEndian.Uint32(b[4:])),
		value: binary.NativeEndian.Uint64(b[8:]),
	}
}

// ParseFailure reads what init wrote into the gate after start had opened it.
func ParseFailure(b []byte) (op int, err error, ok bool) {
	if len(b) < RecordSize {
		return 0, nil, false
	}
	rec := parseRecord(b[len(b)-RecordSize:])
	return int(rec.op), rec.err(), true
}

// err is what the record says went wrong. A hook that ran and failed is told
// apart from one that could not run by ECANCELED and its wait status.
func (rec record) err() error {
	errno := unix.Errno(rec.errno)
	if errno == unix.ECANCELED {
		return exitError(unix.WaitStatus(rec.value))
	}
	return errno
}

func exitError(ws unix.WaitStatus) error {
	switch {
	case ws.Signaled():
		return fmt.Errorf("killed by signal %d (%s)", ws.Signal(), unix.SignalName(ws.Signal()))
	default:
		return fmt.Errorf("exit status %d", ws.ExitStatus())
	}
}

// receive waits for one record, and a descriptor if one comes along (else -1). It
// takes note of the birth of init, which the stage reports or whose pid comes with
// what init says itself.
func (r *run) receive() (record, int, error) {
	var buf [RecordSize]byte
	oob := make([]byte, unix.CmsgSpace(4)+unix.CmsgSpace(unix.SizeofUcred))
	for {
		n, oobn, _, _, err := unix.Recvmsg(r.sock, buf[:], oob, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECONNRESET:
			continue // init is gone with a message of ours unread; its own come next
		case err != nil:
			return record{}, -1, os.NewSyscallError("recvmsg", err)
		case n == 0:
			return record{}, -1, io.EOF
		case n != RecordSize:
			return record{}, -1, fmt.Errorf("init sent %d bytes, want %d", n, RecordSize)
		}
		fd, sender := control(oob[:oobn])
		rec := parseRecord(buf[:])
		rec.orphan()
		if pid := r.birth(rec, sender); pid != 0 && pid != r.init {
			r.mu.Lock()
			r.init = pid
			r.mu.Unlock()
			if r.cfg.Born != nil {
				r.cfg.Born(pid)
			}
		}
		return rec, fd, nil
	}
}

// birth is init's pid, if the record tells it: the stage reports it, and nobody but
// the stage and init has the socket.
func (r *run) birth(rec record, sender int) int {
	switch {
	case rec.errno == 0 && r.code(rec) == plan.OpForkInto:
		return int(rec.value)
	case sender != r.first:
		return sender
	}
	return 0
}

// control reads what comes along with a record: a descriptor or -1, and the
// sender's pid or 0.
func control(oob []byte) (fd, sender int) {
	fd = -1
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return fd, 0
	}
	for i := range msgs {
		if cred, err := unix.ParseUnixCredentials(&msgs[i]); err == nil {
			sender = int(cred.Pid)
		} else if fds, err := unix.ParseUnixRights(&msgs[i]); err == nil && len(fds) == 1 {
			fd = fds[0]
		}
	}
	return fd, sender
}

// code is the operation that a record is about, plan.OpInvalid for none.
func (r *run) code(rec record) plan.Code {
	if int64(rec.op) >= int64(len(r.cfg.Plan.Ops)) {
		return plan.OpInvalid
	}
	return r.cfg.Plan.Ops[rec.op].Code
}

// arrive waits until init reaches operation i. What init reports on its way is
// taken note of; a failure ends the wait.
func (r *run) arrive(i int, op *plan.Op) error {
	for {
		rec, fd, err := r.receive()
		if err != nil {
			return r.ended(err)
		}
		if int(rec.op) >= len(r.cfg.Plan.Ops) {
			return fmt.Errorf("init could not read the plan: %w", unix.Errno(rec.errno))
		}
		if rec.errno != 0 {
			return &OpError{Index: int(rec.op), Op: &r.cfg.Plan.Ops[rec.op], Err: rec.err()}
		}
		if r.code(rec) == plan.OpForkInto {
			continue
		}
		if int(rec.op) != i {
			return fmt.Errorf("init is at operation %d, want %d", rec.op, i)
		}
		if s := op.Args[1].Slot; s != plan.None && fd >= 0 {
			r.store(s, fd)
		}
		return nil
	}
}

// ended is what a failed receive means: at the end of the socket, that init died.
func (r *run) ended(err error) error {
	if err == io.EOF {
		return r.death()
	}
	return err
}

// awaitExec waits until init executes the program: its end of the report socket
// is closed by that, or by its death, or after the record of a failure.
func (r *run) awaitExec() error {
	rec, _, err := r.receive()
	for err == nil && rec.errno == 0 && r.code(rec) == plan.OpForkInto {
		rec, _, err = r.receive() // the stage was slower to tell of init's birth than init to arrive
	}
	switch {
	case err == io.EOF && r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	case rec.errno == 0 || int(rec.op) >= len(r.cfg.Plan.Ops):
		return fmt.Errorf("init is at operation %d, want the program", rec.op)
	}
	return &OpError{Index: int(rec.op), Op: &r.cfg.Plan.Ops[rec.op], Err: rec.err()}
}

// release lets init go on past operation i and sends it descriptors.
func (r *run) release(i int, op *plan.Op) error {
	first, count := op.Args[1].Slot, int(op.Args[2].Num)
	var msg [8]byte
	binary.NativeEndian.PutUint32(msg[:], uint32(i))
	binary.NativeEndian.PutUint32(msg[4:], uint32(count))
	var oob []byte
	if count > 0 {
		fds := r.slots[first : int(first)+count]
		oob = unix.UnixRights(fds...)
	}
	err := unix.Sendmsg(r.sock, msg[:], oob, nil, unix.MSG_NOSIGNAL)
	if err == unix.EPIPE || err == unix.ECONNRESET {
		// Init is gone; what it said before is the reason.
		return r.lastWords()
	}
	if err != nil {
		return os.NewSyscallError("sendmsg", err)
	}
	for s := range count {
		unix.Close(r.slots[int(first)+s])
		r.slots[int(first)+s] = -1
	}
	return nil
}

// lastWords reads records until init's failure or the end.
func (r *run) lastWords() error {
	for {
		rec, fd, err := r.receive()
		if fd >= 0 {
			unix.Close(fd)
		}
		switch {
		case err != nil:
			return r.ended(err)
		case rec.errno != 0 && r.code(rec) != plan.OpInvalid:
			return &OpError{Index: int(rec.op), Op: &r.cfg.Plan.Ops[rec.op], Err: rec.err()}
		}
	}
}
