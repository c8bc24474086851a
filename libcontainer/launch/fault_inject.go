//go:build faults

package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// The kinds of faults that a test build makes at one operation.
const (
	faultFail       = 1
	faultKillParent = 2
	faultKillInit   = 3
)

// wanted reads RT_FAULT, "INDEX:KIND".
func wanted() (op, kind int) {
	if _, err := fmt.Sscanf(os.Getenv("RT_FAULT"), "%d:%d", &op, &kind); err != nil {
		return -1, 0
	}
	return op, kind
}

// fault makes operation i of the parent lane fail if the environment asks for it.
func (r *run) fault(i int) error {
	op, kind := wanted()
	if op != i {
		return nil
	}
	switch kind {
	case faultFail:
		return unix.EIO
	case faultKillParent:
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	case faultKillInit:
		if pid := r.pid(); pid != 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	return nil
}

func (r *run) options() plan.Options {
	o := plan.Options{Trace: r.cfg.Trace != nil}
	if op, kind := wanted(); op >= 0 && op < len(r.cfg.Plan.Ops) && r.cfg.Plan.Ops[op].Lane != plan.Parent {
		o.FaultOp, o.FaultKind = uint32(op), uint32(kind)
	}
	return o
}
