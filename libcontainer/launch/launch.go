// Package launch carries a plan out: it starts the C stage, runs the parent lane,
// meets init at the messages between the lanes, and undoes everything when an
// operation fails. It knows operations, not configurations.
package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// Config is a plan and what it needs from its caller.
type Config struct {
	Plan     *plan.Plan
	StateDir string // where exec.fifo and the output of hooks go; from Announce in a plan that has it
	Preserve int    // how many descriptors after stderr the process inherits
	Trace    *Trace // nil for none
	// Stage runs already, and is Run's from here on; with nil, Run starts one.
	Stage *Stage

	// Announce makes StateDir and records there what is about to be made.
	Announce func() (stateDir string, err error)
	// Born is told init's pid as soon as it is known, while there is time; it may be nil.
	Born func(pid int)
	// Save records the container with that status and pid.
	Save func(status string, pid int) error
	// HookState is the state that a hook reads, as JSON.
	HookState func(status string, pid int) ([]byte, error)
	// Units is the systemd that the plan's units are of; nil for a plan without.
	Units Units
	// Agent hands a seccomp listener over.
	Agent func(path, metadata string, listener, pid int) error
}

// Process is init, blocked at the gate.
type Process struct {
	Pid     int
	Console *os.File // the terminal's master, unless it was sent away; nil without terminal
}

// OpError is the failure of one operation, in either lane.
type OpError struct {
	Index  int
	Op     *plan.Op
	Err    error  // an unix.Errno or something that says more
	Detail string // the end of a hook's output
}

func (e *OpError) Error() string {
	return fmt.Sprintf("operation %d (%s): %v", e.Index, e.Op.Code, e.Err)
}

func (e *OpError) Unwrap() error { return e.Err }

// ErrInitDied is the failure of an init that ended without saying why.
var ErrInitDied = errors.New("init died")

// ErrLeft marks a failure after which not everything could be removed.
var ErrLeft = errors.New("something is left")

// run is a plan being carried out.
type run struct {
	cfg   Config
	ctx   context.Context
	slots []int // the parent's descriptors by slot, -1 for none
	sock  int   // our end of the report socket
	undo  []func() error

	mu    sync.Mutex // held to signal or forget a process, which interrupt does too
	first int        // pid of the stage, also when it is gone
	stage int        // the same, 0 when reaped
	init  int        // pid of init, 0 before it is born
	op    int        // index of the operation being carried out

	failed func() error // why the stage, which has ended, did not execute its program
}

// Run carries the plan out. When it returns without error, init waits at the
// gate and is a child of the caller's process. When it fails, every process is
// gone and everything the plan made outside the state directory is removed; an
// error of that is joined to the first one. Cancelling ctx makes it fail.
func Run(ctx context.Context, cfg Config) (*Process, error) {
	r := &run{cfg: cfg, ctx: ctx, sock: -1, slots: make([]int, len(cfg.Plan.Slots))}
	for i := range r.slots {
		r.slots[i] = -1
	}
	if cfg.Stage != nil {
		r.take(cfg.Stage)
	}
	stop := context.AfterFunc(ctx, r.interrupt)
	err := r.all()
	stop()
	var p *Process
	if err == nil {
		p, err = r.finish()
	}
	if err != nil {
		err = r.fail(err)
	}
	r.close()
	return p, err
}

// all runs the parent lane in order.
func (r *run) all() error {
	ops := r.cfg.Plan.Ops
	for i := range ops {
		op := &ops[i]
		if op.Lane == plan.Init {
			continue
		}
		r.op = i
		if err := r.ctx.Err(); err != nil {
			return r.failure(i, context.Cause(r.ctx))
		}
		start := r.cfg.Trace.now()
		err := r.fault(i)
		if err == nil {
			err = r.do(op)
		}
		r.cfg.Trace.parent(i, start)
		if err != nil {
			return r.failure(i, err)
		}
	}
	return nil
}

// failure makes err the failure of operation i, unless it already is one's.
func (r *run) failure(i int, err error) error {
	var already *OpError
	if errors.As(err, &already) {
		return err
	}
	return &OpError{Index: i, Op: &r.cfg.Plan.Ops[i], Err: err}
}

// finish hands over what outlives the run.
func (r *run) finish() (*Process, error) {
	if r.init == 0 {
		return nil, ErrInitDied
	}
	p := &Process{Pid: r.init}
	for i, name := range r.cfg.Plan.Slots {
		if name == "console" && r.slots[i] >= 0 {
			p.Console = os.NewFile(uintptr(r.slots[i]), "console")
			r.slots[i] = -1
		}
	}
	r.reapStage()
	r.drain()
	return p, nil
}

// drain reads what the stage said last. A socket that is closed with something
// unread takes away from init what it has not read yet either (ECONNRESET).
func (r *run) drain() {
	var buf [RecordSize]byte
	for {
		if n, _, err := unix.Recvfrom(r.sock, buf[:], unix.MSG_DONTWAIT); n <= 0 || err != nil {
			return
		}
	}
}

// fail ends the processes and undoes the effects, last first.
func (r *run) fail(err error) error {
	if cause := context.Cause(r.ctx); cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	r.kill()
	for _, undo := range slices.Backward(r.undo) {
		if e := undo(); e != nil {
			err = fmt.Errorf("%w; then %w: %w", err, ErrLeft, e)
		}
	}
	return err
}

func (r *run) close() {
	for _, fd := range r.slots {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	if r.sock >= 0 {
		unix.Close(r.sock)
	}
}

// fd is the descriptor in a slot, AT_FDCWD for plan.Cwd, -1 for none.
func (r *run) fd(s plan.Slot) int {
	switch {
	case s == plan.Cwd:
		return unix.AT_FDCWD
	case int(s) < len(r.slots):
		return r.slots[s]
	}
	return -1
}

// store puts a descriptor in a slot and closes what was there.
func (r *run) store(s plan.Slot, fd int) {
	if int(s) >= len(r.slots) {
		if fd >= 0 {
			unix.Close(fd)
		}
		return
	}
	if r.slots[s] >= 0 {
		unix.Close(r.slots[s])
	}
	r.slots[s] = fd
}
