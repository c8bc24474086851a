/* The process: namespaces, names, limits and scheduling. */
#include "stage.h"

#include <asm/ioctls.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sockios.h>

/*
 * CLONE_PARENT makes the parent reap init and not this process, which ends here.
 * The pid in the record is the one that this process' pid namespace gives.
 */
int op_fork_into(const struct step *op)
{
	struct clone_args args = { .flags = CLONE_PARENT };
	long pid;

	if (HAS(op, FORK_INTO_CGROUP)) {
		int cgroup = FD(op, FORK_INTO_CGROUP);

		if (cgroup < 0)
			return EBADF;
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cgroup;
	}
	pid = SYS(clone3, &args, sizeof args);
	if (pid <= 0)
		return error(pid);
	report(stage.index, 0, (uint64_t)pid, -1);
	die(0);
}

/* struct ifreq of netdevice(7), which linux/if.h keeps for C libraries. */
struct ifreq {
	char name[16];
	short flags;
	char rest[22];
};
#define AF_INET 2
#define SOCK_DGRAM 2
#define IFF_UP 1

int op_loopback(const struct step *op)
{
	struct ifreq request = { .name = "lo" };
	long sock = SYS(socket, AF_INET, SOCK_DGRAM | O_CLOEXEC, 0), r;

	(void)op;
	if (sock < 0)
		return (int)-sock;
	r = SYS(ioctl, sock, SIOCGIFFLAGS, &request);
	if (r == 0) {
		request.flags |= IFF_UP;
		r = SYS(ioctl, sock, SIOCSIFFLAGS, &request);
	}
	fd_close(sock);
	return error(r);
}

/* With a name, it could be one that somebody else has made and left open to all. */
int op_keyring(const struct step *op)
{
	long r = SYS(keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);

	(void)op; /* a kernel without keys has no keyring to keep from the container */
	return r == -ENOSYS ? 0 : error(r);
}

int op_rlimit(const struct step *op)
{
	struct rlimit64 limit = { NUM(op, RLIMIT_SOFT), NUM(op, RLIMIT_HARD) };

	return error(SYS(prlimit64, 0, NUM(op, RLIMIT_RESOURCE), &limit, 0));
}

/* The kernel reads as many bytes as the first word of the attributes says. */
int op_scheduler(const struct step *op)
{
	const uint32_t *attr = DATA(op, SCHEDULER_ATTR);
	uint64_t len = DATA_LEN(op, SCHEDULER_ATTR);

	if (len < sizeof *attr || *attr > len)
		return EINVAL;
	return error(SYS(sched_setattr, 0, attr, 0));
}

