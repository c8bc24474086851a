package launch

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
	"rt/libcontainer/plan"
)

// mountCall carries out the system calls of the mount interface, which only
// touch detached trees in this lane.
func (r *run) mountCall(op *plan.Op) error {
	a := op.Args
	switch op.Code {
	case plan.OpFsopen:
		fd, err := unix.Fsopen(a[1].Str, unix.FSOPEN_CLOEXEC)
		if err == nil {
			r.store(a[0].Slot, fd)
		}
		return err
	case plan.OpFsset:
		return unix.FsconfigSetString(r.fd(a[0].Slot), a[1].Str, a[2].Str)
	case plan.OpFsflag:
		return unix.FsconfigSetFlag(r.fd(a[0].Slot), a[1].Str)
	case plan.OpFsmount:
		if err := unix.FsconfigCreate(r.fd(a[1].Slot)); err != nil {
			return err
		}
		fd, err := unix.Fsmount(r.fd(a[1].Slot), unix.FSMOUNT_CLOEXEC, int(a[2].Num))
		if err == nil {
			r.store(a[0].Slot, fd)
		}
		return err
	case plan.OpOpenTree:
		fd, err := unix.OpenTree(r.fd(a[1].Slot), a[2].Str, uint(a[3].Num))
		if err == nil {
			r.store(a[0].Slot, fd)
		}
		return err
	default: // plan.OpMountSetattr
		attr := unix.MountAttr{Attr_set: a[3].Num, Attr_clr: a[4].Num, Propagation: a[5].Num}
		if a[6].Slot != plan.None {
			attr.Userns_fd = uint64(r.fd(a[6].Slot))
		}
		return unix.MountSetattr(r.fd(a[0].Slot), a[1].Str, uint(a[2].Num), &attr)
	}
}

func (r *run) makeMasks(dst plan.Slot) error {
	mnt, err := Masks()
	if err == nil {
		r.store(dst, mnt)
	}
	return err
}

// MaskSource is the source that mountinfo shows for what covers masked paths.
const MaskSource = "rt-masks"

// Masks makes what masked paths show: an empty directory "dir" and an empty file
// "file" in a detached read-only tmpfs of our own, never anything of the image's.
func Masks() (mnt int, err error) {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(fs)
	for _, kv := range [][2]string{{"source", MaskSource}, {"mode", "755"}, {"size", "4096"}} {
		if err := unix.FsconfigSetString(fs, kv[0], kv[1]); err != nil {
			return -1, os.NewSyscallError("fsconfig", err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, os.NewSyscallError("fsconfig", err)
	}
	const attr = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	if mnt, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, attr); err != nil {
		return -1, os.NewSyscallError("fsmount", err)
	}
	if err = unix.Mkdirat(mnt, "dir", 0o755); err != nil {
		err = os.NewSyscallError("mkdirat", err)
	} else if err = unix.Mknodat(mnt, "file", unix.S_IFREG|0o444, 0); err != nil {
		err = os.NewSyscallError("mknodat", err)
	} else {
		ro := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		err = os.NewSyscallError("mount_setattr", unix.MountSetattr(mnt, "", unix.AT_EMPTY_PATH, &ro))
	}
	if err != nil {
		unix.Close(mnt)
		return -1, err
	}
	return mnt, nil
}

// userns opens a user namespace that has these maps. A process has to be in it
// for a moment: the stage's own program, which ends at once without its plan.
func (r *run) userns(dst plan.Slot, uids, gids string) error {
	maps := func(text string) (list []syscall.SysProcIDMap, err error) {
		list, err = sys.ParseIDMap(text)
		return list, err
	}
	uidMaps, err := maps(uids)
	if err != nil {
		return err
	}
	gidMaps, err := maps(gids)
	if err != nil {
		return err
	}
	// It dies with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"rt", "hold"}, &syscall.ProcAttr{
		Sys: &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER,
			UidMappings: uidMaps, GidMappings: gidMaps,
			Ptrace:    true, // stops at execve: nothing of the program runs
			Pdeathsig: syscall.SIGKILL,
		},
	})
	if err != nil {
		return fmt.Errorf("making a user namespace: %w", err)
	}
	defer func() {
		_ = unix.Kill(pid, unix.SIGKILL)
		_, _ = wait(pid, 0)
	}()
	if _, err := wait(pid, 0); err != nil {
		return err
	}
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	r.store(dst, fd)
	return nil
}
