package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rt/libcontainer/plan"
)

// Part is what of a plan is carried out around a process that the plan did not start:
// cgroups, shares of caches and network devices for a tree that criu restores.
type Part struct {
	run  *run
	late []int
}

// NewPart takes a plan apart. Of cfg the plan, the directory and the units count.
func NewPart(ctx context.Context, cfg Config) *Part {
	r := &run{cfg: cfg, ctx: ctx, sock: -1, slots: make([]int, len(cfg.Plan.Slots))}
	for i := range r.slots {
		r.slots[i] = -1
	}
	return &Part{run: r}
}

// Enter makes and limits the cgroups and puts pid into them. What is born of it later
// is there too. The number of processes is limited by Late: pid and its helpers are
// more than the container will have.
func (p *Part) Enter(pid int) error {
	p.run.stage = pid
	var dirs []string
	for i := range p.run.cfg.Plan.Ops {
		op := &p.run.cfg.Plan.Ops[i]
		switch op.Code {
		case plan.OpCgroupMkdir, plan.OpCgroupAdopt:
			dirs = append(dirs, op.Args[0].Str)
		case plan.OpCgroupWrite:
			if op.Args[1].Str == "pids.max" {
				p.late = append(p.late, i)
				continue
			}
		case plan.OpSystemdSet:
			p.late = append(p.late, i)
			continue
		case plan.OpSystemdStart, plan.OpCgroupInherit, plan.OpCgroupChown, plan.OpCgroupDevices,
			plan.OpResctrlMkdir, plan.OpResctrlWrite, plan.OpResctrlJoin:
		default:
			continue
		}
		if err := p.do(i); err != nil {
			return err
		}
	}
	for _, dir := range dirs {
		if err := cgroupJoin(dir, pid); err != nil {
			return fmt.Errorf("linux.cgroupsPath: %w", err)
		}
	}
	return nil
}

// Devices moves network devices into the network namespace of pid.
func (p *Part) Devices(pid int) error {
	p.run.stage = pid
	for i := range p.run.cfg.Plan.Ops {
		if p.run.cfg.Plan.Ops[i].Code == plan.OpNetdevice {
			if err := p.do(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// Late sets what Enter left out.
func (p *Part) Late() error {
	for _, i := range p.late {
		if err := p.do(i); err != nil {
			return err
		}
	}
	return nil
}

// PidFile writes the pid file of the plan, if it has one.
func (p *Part) PidFile(pid int) error {
	p.run.stage = pid
	for i := range p.run.cfg.Plan.Ops {
		if p.run.cfg.Plan.Ops[i].Code == plan.OpPidFile {
			return p.do(i)
		}
	}
	return nil
}

func (p *Part) do(i int) error {
	op := &p.run.cfg.Plan.Ops[i]
	if err := p.run.ctx.Err(); err != nil {
		return p.run.failure(i, context.Cause(p.run.ctx))
	}
	if err := p.run.do(op); err != nil {
		return p.run.failure(i, err)
	}
	return nil
}

// Undo takes everything back, last first; what is in the cgroups ends.
func (p *Part) Undo() (err error) {
	for _, undo := range slices.Backward(p.run.undo) {
		if e := undo(); e != nil {
			err = errors.Join(err, fmt.Errorf("%w: %w", ErrLeft, e))
		}
	}
	p.run.undo = nil
	p.run.close()
	return err
}

// SendConsole sends a terminal's master to the socket at path.
func SendConsole(path string, fd int) error {
	r := &run{sock: -1, slots: []int{-1}}
	defer r.close()
	if err := r.connect(0, path); err != nil {
		return err
	}
	return sendFd(r.slots[0], fd, "/dev/console")
}
