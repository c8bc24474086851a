//go:build faults

package launch

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// The kinds of faults that a test build makes at one operation.
const (
	faultFail       = 1
	faultKillParent = 2
	faultKillInit   = 3
)

// wanted reads RT_FAULT, "INDEX:KIND" or, for one side of a message, "INDEX:KIND:parent"
// and "INDEX:KIND:init".
func wanted() (op, kind int, side string) {
	n, _ := fmt.Sscanf(os.Getenv("RT_FAULT"), "%d:%d:%s", &op, &kind, &side)
	if n < 2 {
		return -1, 0, ""
	}
	return op, kind, side
}

// fault makes operation i of the parent lane fail if the environment asks for it.
func (r *run) fault(i int) error {
	op, kind, side := wanted()
	if op != i || side == "init" {
		return nil
	}
	switch kind {
	case faultFail:
		return unix.EIO
	case faultKillParent:
		killSelf()
	case faultKillInit:
		r.meet(i)
		if pid := r.pid(); pid != 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
			// What follows must meet a process that is gone, not one that is going.
			_ = unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		}
	}
	return nil
}

// meet finds out about init if it is born before operation i: it is the one to kill
// then, whether or not anybody has read of its birth.
func (r *run) meet(i int) {
	born := slices.ContainsFunc(r.cfg.Plan.Ops[:i], func(op plan.Op) bool { return op.Code == plan.OpForkInto })
	if !born || r.init != 0 {
		return
	}
	var buf [RecordSize]byte
	oob := make([]byte, unix.CmsgSpace(4)+unix.CmsgSpace(unix.SizeofUcred))
	n, oobn, _, _, err := unix.Recvmsg(r.sock, buf[:], oob, unix.MSG_PEEK|unix.MSG_CMSG_CLOEXEC)
	if err != nil || n != RecordSize {
		return
	}
	fd, sender := control(oob[:oobn])
	if fd >= 0 {
		unix.Close(fd)
	}
	r.init = r.birth(parseRecord(buf[:]), sender)
}

func killSelf() {
	_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	select {}
}

// orphan ends this process when init says that it is at the operation where that
// is to happen.
func (rec record) orphan() {
	if unix.Errno(rec.errno) == unix.EOWNERDEAD {
		killSelf()
	}
}

// GateFault does the same for start, which init tells through the gate.
func GateFault(gate int) {
	if op, kind, _ := wanted(); op < 0 || kind != faultKillParent {
		return
	}
	for range 150 { // nothing comes from before the gate
		if n, err := unix.IoctlGetInt(gate, unix.TIOCINQ); err != nil || n >= RecordSize {
			break
		}
		sleepMillis(1)
	}
	killSelf()
}

// options tells the stage about a fault in init's lane.
func (r *run) options() plan.Options {
	o := plan.Options{Trace: r.cfg.Trace != nil}
	op, kind, side := wanted()
	if op < 0 || op >= len(r.cfg.Plan.Ops) || side == "parent" {
		return o
	}
	if lane := r.cfg.Plan.Ops[op].Lane; lane == plan.Init || lane == plan.Both && side == "init" {
		o.FaultOp, o.FaultKind = uint32(op), uint32(kind)
	}
	return o
}
