/* Which operation is which handler or system call. */
#include "stage.h"

#include <asm/ioctls.h>
#include <linux/mount.h>

#define IOPRIO_WHO_PROCESS 1
#define SELF 0

/* An operation that is one system call and needs no decision. */
#define CALL(...) return error(SYS(__VA_ARGS__))

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n] != 0)
		n++;
	return n;
}

int dispatch(const struct step *op)
{
	switch ((enum op)op->code) {
	/* Messages. */
	case OP_ARRIVE: return op_arrive(op);
	case OP_RELEASE: return op_release(op);
	case OP_GATE: return op_gate(op);

	/* The process. */
	case OP_PRCTL:
		CALL(prctl, NUM(op, PRCTL_OPTION), NUM(op, PRCTL_ARG2), NUM(op, PRCTL_ARG3),
		     NUM(op, PRCTL_ARG4), NUM(op, PRCTL_ARG5));
	case OP_UNSHARE:
		return NUM(op, UNSHARE_FLAGS) == stage.ahead ? 0 : error(SYS(unshare, NUM(op, UNSHARE_FLAGS)));
	case OP_SETNS: CALL(setns, FD(op, SETNS_FD), NUM(op, SETNS_NSTYPE));
	case OP_FORK_INTO: return op_fork_into(op);
	case OP_SETSID: CALL(setsid);
	case OP_UMASK: CALL(umask, NUM(op, UMASK_MASK));
	case OP_SETHOSTNAME: CALL(sethostname, STR(op, SETHOSTNAME_NAME), length(STR(op, SETHOSTNAME_NAME)));
	case OP_SETDOMAINNAME: CALL(setdomainname, STR(op, SETDOMAINNAME_NAME), length(STR(op, SETDOMAINNAME_NAME)));
	case OP_LOOPBACK: return op_loopback(op);
	case OP_KEYRING: return op_keyring(op);
	case OP_PERSONALITY: CALL(personality, NUM(op, PERSONALITY_PERSONA));
	case OP_MEMPOLICY: /* the kernel takes one bit less than it is told of */
		CALL(set_mempolicy, NUM(op, MEMPOLICY_MODE), DATA(op, MEMPOLICY_NODES),
		     DATA_LEN(op, MEMPOLICY_NODES) * 8 + 1);
	case OP_RLIMIT: return op_rlimit(op);
	case OP_SCHEDULER: return op_scheduler(op);
	case OP_IOPRIO: CALL(ioprio_set, IOPRIO_WHO_PROCESS, SELF, NUM(op, IOPRIO_VALUE));
	case OP_AFFINITY:
		CALL(sched_setaffinity, SELF, DATA_LEN(op, AFFINITY_CPUS), DATA(op, AFFINITY_CPUS));

	/* Privilege. */
	case OP_SETRESUID:
		CALL(setresuid, NUM(op, SETRESUID_UID), NUM(op, SETRESUID_UID), NUM(op, SETRESUID_UID));
	case OP_SETRESGID:
		CALL(setresgid, NUM(op, SETRESGID_GID), NUM(op, SETRESGID_GID), NUM(op, SETRESGID_GID));
	case OP_SETGROUPS:
		CALL(setgroups, DATA_LEN(op, SETGROUPS_GROUPS) / sizeof(uint32_t), DATA(op, SETGROUPS_GROUPS));
	case OP_CAPBSET: return op_capbset(op);
	case OP_CAPSET: return op_capset(op);
	case OP_AMBIENT: return op_ambient(op);
	case OP_SECCOMP: return op_seccomp(op);

	/* Descriptors and files. */
	case OP_OPEN:
		return PUT(op, OPEN_DST, open_how(FD(op, OPEN_DIR), STR(op, OPEN_PATH), NUM(op, OPEN_FLAGS),
						  NUM(op, OPEN_MODE), NUM(op, OPEN_RESOLVE)));
	case OP_CLOSE: return op_close(op);
	case OP_CLOEXEC_FROM: return error(fd_cloexec_from((unsigned)NUM(op, CLOEXEC_FROM_FIRST)));
	case OP_DUP2: return error(fd_copy(FD(op, DUP2_FD), (int)NUM(op, DUP2_NEWFD)));
	case OP_WRITE: return write_once(FD(op, WRITE_FD), DATA(op, WRITE_DATA), DATA_LEN(op, WRITE_DATA));
	case OP_WRITE_AT: return op_write_at(op);
	case OP_FCHOWN:
		CALL(fchownat, FD(op, FCHOWN_FD), "", NUM(op, FCHOWN_UID), NUM(op, FCHOWN_GID), AT_EMPTY_PATH);
	case OP_FSETXATTR:
		CALL(fsetxattr, FD(op, FSETXATTR_FD), STR(op, FSETXATTR_NAME), DATA(op, FSETXATTR_DATA), DATA_LEN(op, FSETXATTR_DATA), 0);
	case OP_STDIO_OWNER: return op_stdio_owner(op);
	case OP_MKPATH: return op_mkpath(op);
	case OP_SYMLINKAT: return op_symlinkat(op);
	case OP_DEVNODE: return op_devnode(op);

	/* Mounts. */
	case OP_FSOPEN: return PUT(op, FSOPEN_DST, SYS(fsopen, STR(op, FSOPEN_FSTYPE), FSOPEN_CLOEXEC));
	case OP_FSSET:
		CALL(fsconfig, FD(op, FSSET_FS), FSCONFIG_SET_STRING, STR(op, FSSET_KEY), STR(op, FSSET_VALUE), 0);
	case OP_FSFLAG: CALL(fsconfig, FD(op, FSFLAG_FS), FSCONFIG_SET_FLAG, STR(op, FSFLAG_KEY), 0, 0);
	case OP_FSMOUNT: return op_fsmount(op);
	case OP_OPEN_TREE:
		return PUT(op, OPEN_TREE_DST, SYS(open_tree, FD(op, OPEN_TREE_DIR), STR(op, OPEN_TREE_PATH),
						  NUM(op, OPEN_TREE_FLAGS) | OPEN_TREE_CLOEXEC));
	case OP_MOVE_MOUNT:
		return error(mount_attach(FD(op, MOVE_MOUNT_FROM), FD(op, MOVE_MOUNT_TO), STR(op, MOVE_MOUNT_PATH)));
	case OP_MOUNT_SETATTR: return op_mount_setattr(op);
	case OP_MASK: return op_mask(op);
	case OP_READONLY: return op_readonly(op);
	case OP_PIVOT_ROOT: CALL(pivot_root, ".", ".");
	case OP_CHROOT: CALL(chroot, STR(op, CHROOT_PATH));
	case OP_UMOUNT: CALL(umount2, STR(op, UMOUNT_PATH), NUM(op, UMOUNT_FLAGS));
	case OP_FCHDIR: CALL(fchdir, FD(op, FCHDIR_FD));
	case OP_CHDIR: return op_chdir(op);

	/* The terminal. */
	case OP_PTPEER: return op_ptpeer(op);
	case OP_WINSIZE: return op_winsize(op);
	case OP_CTTY: CALL(ioctl, FD(op, CTTY_FD), TIOCSCTTY, 0);

	/* The way out. */
	case OP_HOOK: return op_hook(op);
	case OP_PROGRAM: return op_program(op);
	case OP_EXECVE: return op_execve(op);

	/* The parent's, and no operation at all: the decoder lets none of them through. */
	case OP_INVALID: case OP_SPAWN: case OP_CGROUP_MKDIR: case OP_CGROUP_WRITE: case OP_CGROUP_DEVICES:
	case OP_CGROUP_ADOPT: case OP_CGROUP_INHERIT: case OP_CGROUP_JOIN: case OP_CGROUP_CHOWN: case OP_PROC_WRITE:
	case OP_IDMAP: case OP_USERNS: case OP_MASKS: case OP_COPYUP: case OP_NETDEVICE: case OP_RESCTRL_WRITE:
	case OP_FIFO: case OP_CONNECT: case OP_SEND_FD: case OP_SEND_PIDFD: case OP_RESCTRL_MKDIR:
	case OP_SECCOMP_AGENT: case OP_ANNOUNCE: case OP_SAVE_STATE: case OP_HOOK_STATE: case OP_HOOK_OUTPUT: case OP_RESCTRL_JOIN:
	case OP_AWAIT_EXEC: case OP_PID_FILE: case OP_SYSTEMD_START: case OP_SYSTEMD_SET: case OP_SYSTEMD_ATTACH:
		break;
	}
	return EPROTO;
}
