/* Privilege: ids, capabilities and the filter of system calls. */
#include "stage.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#define CAPS 64u

/* Dropping fails at the first number that is no capability of this kernel. */
int op_capbset(const struct step *op)
{
	uint64_t keep = NUM(op, CAPBSET_KEEP);

	for (unsigned cap = 0; cap < CAPS; cap++) {
		if (keep >> cap & 1)
			continue;
		long err = SYS(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);
		if (err == -EINVAL)
			break;
		if (err < 0)
			return (int)-err;
	}
	return 0;
}

int op_capset(const struct step *op)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = (uint32_t)(NUM(op, CAPSET_EFFECTIVE) >> 32 * i);
		data[i].permitted = (uint32_t)(NUM(op, CAPSET_PERMITTED) >> 32 * i);
		data[i].inheritable = (uint32_t)(NUM(op, CAPSET_INHERITABLE) >> 32 * i);
	}
	return error(SYS(capset, &head, data));
}

int op_ambient(const struct step *op)
{
	uint64_t raise = NUM(op, AMBIENT_RAISE);
	long r = SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

	for (unsigned cap = 0; r == 0 && cap < CAPS; cap++)
		if (raise >> cap & 1)
			r = SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return error(r);
}

int op_seccomp(const struct step *op)
{
	uint64_t len = DATA_LEN(op, SECCOMP_FILTER), flags = NUM(op, SECCOMP_FLAGS);
	struct sock_fprog program = { .filter = (void *)NUM(op, SECCOMP_FILTER) };
	long r;

	if (len % sizeof(struct sock_filter) != 0 || len / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return EINVAL;
	program.len = (unsigned short)(len / sizeof(struct sock_filter));
	r = SYS(seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (r >= 0 && flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return PUT(op, SECCOMP_DST, r);
	return r > 0 ? ESRCH : error(r); /* a thread that could not be synchronised */
}
