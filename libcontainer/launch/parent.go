package launch

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/cgroup/devices"
	"rt/libcontainer/plan"
	"rt/libcontainer/resctrl"
)

// do carries out one operation of the parent lane, or our side of a message.
func (r *run) do(op *plan.Op) error {
	a := op.Args
	switch op.Code {
	case plan.OpArrive:
		return r.arrive(r.op, op)
	case plan.OpRelease:
		return r.release(r.op, op)
	case plan.OpSpawn:
		return r.spawn()

	case plan.OpOpen:
		return r.open(a)
	case plan.OpClose:
		r.store(a[0].Slot, -1)
		return nil
	case plan.OpFsopen, plan.OpFsset, plan.OpFsflag, plan.OpFsmount, plan.OpOpenTree, plan.OpMountSetattr:
		return r.mountCall(op)
	case plan.OpMasks:
		return r.makeMasks(a[0].Slot)
	case plan.OpCopyup:
		return copyup(r.fd(a[0].Slot), a[1].Str, r.fd(a[2].Slot))
	case plan.OpUserns:
		return r.userns(a[0].Slot, a[1].Str, a[2].Str)

	case plan.OpCgroupMkdir:
		return r.cgroupMkdir(a[0].Str)
	case plan.OpCgroupAdopt:
		return r.cgroupAdopt(a[0].Str, a[1].Num == 1)
	case plan.OpSystemdStart:
		return r.unitStart(a[0].Str, a[1].List)
	case plan.OpSystemdAttach:
		return r.cfg.Units.Attach(r.ctx, a[0].Str, a[1].Str, r.pid())
	case plan.OpSystemdSet:
		return r.cfg.Units.Set(r.ctx, a[0].Str, a[1].List)
	case plan.OpCgroupWrite:
		return cgroup.Write(a[0].Str, a[1].Str, a[2].Str, a[3].Num == 1)
	case plan.OpCgroupInherit:
		_, err := cgroupInherit(a[0].Str, a[1].Str, a[2].Str)
		return err
	case plan.OpCgroupChown:
		return cgroupChown(a[0].Str, int(a[1].Num), int(a[2].Num))
	case plan.OpCgroupDevices:
		return devices.AttachProgram(a[0].Str, a[1].Data)
	case plan.OpCgroupJoin:
		return cgroupJoin(a[0].Str, r.pid())

	case plan.OpResctrlMkdir:
		return r.resctrlMkdir(a[0].Str)
	case plan.OpResctrlWrite:
		return resctrl.Write(a[0].Str, a[1].Str)
	case plan.OpResctrlJoin:
		return resctrl.Join(a[0].Str, r.pid())

	case plan.OpProcWrite:
		return procWrite(r.pid(), a[0].Str, a[1].Str)
	case plan.OpIdmap:
		return idmap(r.ctx, r.pid(), a[0].Str, a[1].Str, a[2].Str)
	case plan.OpRlimit:
		return r.prlimit(int(a[0].Num), a[1].Num, a[2].Num)
	case plan.OpNetdevice:
		return r.netdevice(a[0].Str, a[1].Str)

	case plan.OpConnect:
		return r.connect(a[0].Slot, a[1].Str)
	case plan.OpSendFd:
		return sendFd(r.fd(a[0].Slot), r.fd(a[1].Slot), a[2].Str)
	case plan.OpSendPidfd:
		return r.sendPidfd(a[0].Slot)
	case plan.OpSeccompAgent:
		return r.cfg.Agent(a[1].Str, a[2].Str, r.fd(a[0].Slot), r.pid())

	case plan.OpHook:
		return r.hook(op)
	case plan.OpHookState:
		return r.hookState(a[0].Slot, a[1].Str, a[2].Num == 1)
	case plan.OpHookOutput:
		return r.hookOutput(a[0].Slot)
	case plan.OpFifo:
		return r.fifo(a[0].Slot)
	case plan.OpAwaitExec:
		return r.awaitExec()
	case plan.OpAnnounce:
		r.cfg.Stage.begin()
		dir, err := r.cfg.Announce()
		r.cfg.StateDir = dir
		return err
	case plan.OpSaveState:
		return r.cfg.Save(a[0].Str, r.pid())
	case plan.OpPidFile:
		return r.pidFile(a[0].Str)
	}
	return errors.New("operation has no meaning in the parent lane")
}

func (r *run) resctrlMkdir(dir string) error {
	if err := resctrl.Mkdir(dir); err != nil {
		return err
	}
	r.undo = append(r.undo, func() error { return resctrl.Remove([]string{dir}) })
	return nil
}

func (r *run) open(a []plan.Arg) error {
	how := unix.OpenHow{Flags: a[3].Num, Mode: a[4].Num, Resolve: a[5].Num}
	fd, err := ignoringEINTR(func() (int, error) { return unix.Openat2(r.fd(a[1].Slot), a[2].Str, &how) })
	if err != nil {
		return err
	}
	r.store(a[0].Slot, fd)
	return nil
}

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		v, err := call()
		if err != unix.EINTR {
			return v, err
		}
	}
}

func (r *run) prlimit(resource int, soft, hard uint64) error {
	return unix.Prlimit(r.pid(), resource, &unix.Rlimit{Cur: soft, Max: hard}, nil)
}

// fifo makes the gate. Opened for reading and writing it never blocks here, init
// blocks in read(2) until start writes, and start's open for writing without
// blocking fails with ENXIO unless init holds it.
func (r *run) fifo(dst plan.Slot) error {
	path := r.cfg.StateDir + "/exec.fifo"
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return os.NewSyscallError("mkfifo", err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	r.store(dst, fd)
	return nil
}
