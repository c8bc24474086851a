package container

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/compile"
	"rt/libcontainer/launch"
	"rt/libcontainer/plan"
)

// hint tells what usually is behind an error.
func hint(p *plan.Plan, e *launch.OpError) string {
	if text := privilegeHint(p, e); text != "" {
		return text
	}
	switch {
	case errors.Is(e.Err, unix.ENOSYS):
		switch e.Op.Code {
		case plan.OpMountSetattr:
			return "mount_setattr(2) needs Linux 5.12"
		case plan.OpSpawn:
			return "memfd_create(2) with sealing needs Linux 3.17"
		}
		return "the kernel is older than Linux 5.12"
	case e.Op.Code == plan.OpUnshare && errors.Is(e.Err, unix.ENOSPC):
		return "a limit in /proc/sys/user/max_*_namespaces is reached"
	case e.Op.Code == plan.OpUnshare && errors.Is(e.Err, unix.EINVAL):
		return "the kernel lacks one of the namespace types"
	case e.Op.Code == plan.OpMkpath && errors.Is(e.Err, unix.ELOOP):
		return "must be an ordinary directory, not a symbolic link"
	case e.Op.Code == plan.OpSetns && errors.Is(e.Err, unix.EINVAL):
		return "the file is no namespace of type " + compile.NamespaceName(e.Op.Args[1].Num)
	case errors.Is(e.Err, launch.ErrInitDied) && strings.Contains(e.Err.Error(), "signal 9"):
		return "killed from outside, or out of memory: linux.resources.memory.limit may be too low"
	case e.Op.Code == plan.OpForkInto && errors.Is(e.Err, unix.EAGAIN):
		return "linux.resources.pids.limit leaves no room for another process"
	case e.Op.Code == plan.OpForkInto && errors.Is(e.Err, unix.EBUSY):
		return "the cgroup of linux.cgroupsPath hands controllers to cgroups below it and cannot hold processes itself"
	case e.Op.Code == plan.OpForkInto && errors.Is(e.Err, unix.EOPNOTSUPP):
		return "the cgroup of linux.cgroupsPath is below a threaded one, or below one with processes of its own that hands controllers down, and cannot hold processes; choose a path elsewhere"
	case e.Op.Code == plan.OpWriteAt && errors.Is(e.Err, unix.ENOENT) && e.Op.Args[1].Str == "self/attr/apparmor/exec":
		return fmt.Sprintf("there is no profile %q loaded", strings.TrimPrefix(string(e.Op.Args[2].Data), "exec "))
	case errors.Is(e.Err, unix.EINVAL) && (e.Op.Code == plan.OpWriteAt && strings.HasPrefix(e.Op.Args[1].Str, "self/attr/") || e.Op.Code == plan.OpFsetxattr):
		return fmt.Sprintf("the policy of SELinux does not know the label %q", e.Op.Args[2].Data)
	case e.Op.Code == plan.OpFsset && errors.Is(e.Err, unix.EINVAL) && strings.HasSuffix(e.Op.Args[1].Str, "context"):
		return "the policy of SELinux does not know this label"
	case e.Op.Code == plan.OpMoveMount && errors.Is(e.Err, unix.EINVAL):
		return "a directory on a file, or the other way round: not a directory"
	case e.Op.Code == plan.OpScheduler && errors.Is(e.Err, unix.EPERM):
		return "it takes CAP_SYS_NICE, and for real-time policies a budget in linux.resources.cpu.realtimeRuntime"
	case e.Op.Code == plan.OpRlimit && errors.Is(e.Err, unix.EPERM):
		return "raising a hard limit takes CAP_SYS_RESOURCE"
	case e.Op.Code == plan.OpFsmount && e.Op.Origin != "" && errors.Is(e.Err, unix.EINVAL):
		return "the file system does not take these options"
	}
	return ""
}

// privilegeHint tells what is behind an error that a caller with less than all
// privileges gets.
func privilegeHint(p *plan.Plan, e *launch.OpError) string {
	denied := errors.Is(e.Err, unix.EPERM) || errors.Is(e.Err, unix.EACCES)
	a := e.Op.Args
	switch {
	case e.Op.Code == plan.OpUnshare && denied && a[0].Num&abi.CloneNewUser != 0:
		return "this system lets only root make user namespaces: see the sysctls kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns"
	case e.Op.Code == plan.OpProcWrite && a[0].Str == "oom_score_adj" && denied:
		return "lowering the score takes CAP_SYS_RESOURCE"
	case e.Op.Code == plan.OpOpenTree && errors.Is(e.Err, unix.EINVAL) && a[3].Num&abi.AtRecursive == 0 && e.Op.Lane == plan.Init:
		return "in a user namespace a directory that has mounts below it can be bound with rbind only"
	case e.Op.Code == plan.OpOpenTree && denied && e.Op.Lane == plan.Init:
		return "the container's root user has to have access to it: every directory of the path must allow that"
	case e.Op.Code == plan.OpMountSetattr && errors.Is(e.Err, unix.EPERM) && a[4].Num != 0:
		return "in a user namespace the flags that a mount of the host has cannot be taken away"
	case e.Op.Code == plan.OpFsset && errors.Is(e.Err, unix.EINVAL) && (a[1].Str == "uid" || a[1].Str == "gid"):
		return "the user namespace may not map this id"
	case e.Op.Code == plan.OpOpen && denied && e.Op.Lane == plan.Parent && strings.HasSuffix(a[2].Str, "/ns/user"):
		return "the process is root's, or it is a container that has not been started yet: exec in that takes privileges"
	case e.Op.Code == plan.OpCopyup && denied:
		return "without privileges tmpcopyup copies only what belongs to the caller"
	case e.Op.Code == plan.OpFsopen && denied, e.Op.Code == plan.OpFsmount && denied:
		return filesystemHint(p, e.Op)
	}
	return ""
}

// filesystemHint tells why the kernel does not let a user namespace mount a file
// system.
func filesystemHint(p *plan.Plan, op *plan.Op) string {
	kind := ""
	made := uint64(0) // the namespaces that init makes
	for i := range p.Ops {
		switch o := &p.Ops[i]; {
		case o.Code == plan.OpFsopen && o.Origin == op.Origin:
			kind = o.Args[1].Str
		case o.Code == plan.OpUnshare:
			made |= o.Args[0].Num
		}
	}
	const without = "without privileges it can only be mounted in a new "
	switch {
	case kind == "proc" && made&abi.CloneNewPID == 0:
		return without + `pid namespace: add {"type": "pid"} to linux.namespaces, or bind the host's /proc`
	case kind == "proc":
		return "the kernel refuses a new procfs to a user namespace where the caller's /proc is partly hidden, as it is in a container: show all of it there (docker run --security-opt systempaths=unconfined), or bind it"
	case kind == "sysfs":
		return "the kernel refuses a new sysfs to a user namespace where the caller's /sys is partly hidden or the network namespace is somebody else's: bind the host's /sys"
	case kind == "mqueue" && made&abi.CloneNewIPC == 0:
		return without + `ipc namespace: add {"type": "ipc"} to linux.namespaces, or bind the host's /dev/mqueue`
	}
	return "without privileges this file system cannot be mounted"
}
