/*
 * The stage: it reads a plan and carries out its init lane, one operation after
 * the other, until one of them is execve or fails.
 *
 *   rt-init N    N is the report socket, N+1 the plan, N+2 the trace if there is one
 */
#include "stage.h"

#include <linux/mman.h>
#include <asm/stat.h>
#include <linux/prctl.h>
#include <linux/time_types.h>

_Noreturn void stage_main(int argc, char **argv);

struct stage stage;

_Noreturn void die(int status)
{
	for (;;)
		SYS(exit_group, status);
}

static _Noreturn void fail(uint32_t op, int err)
{
	report(op, err, stage.value, -1);
	die(1);
}

#ifdef FAULTS
#define SIGKILL 9

/*
 * The first process of a pid namespace does not die of its own signal. An orphan has
 * told its parent to die and is then found alive.
 */
static int fault(const struct plan *plan, uint32_t op)
{
	if (op != plan->fault_op)
		return 0;
	if (plan->fault_kind == FAULT_KILL) {
		long self = SYS(getpid);

		SYS(kill, self, SIGKILL);
		die(128 + SIGKILL);
	}
	if (plan->fault_kind == FAULT_ORPHAN && report(op, EOWNERDEAD, 0, -1) == 0)
		SYS(nanosleep, &(struct __kernel_timespec){ .tv_sec = 2 }, 0);
	return plan->fault_kind == FAULT_FAIL ? EIO : 0;
}
#endif

/* map maps the whole file fd, which it closes; it fails the stage. */
static void *map(int fd, int flags, uint64_t *size)
{
	struct stat st;
	long r = SYS(fstat, fd, &st);

	if (r == 0)
		r = SYS(mmap, 0, st.st_size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (r < 0 && r > -4096)
		fail(RECORD_NO_OP, (int)-r);
	SYS(close, fd);
	*size = (uint64_t)st.st_size;
	return (void *)r;
}

#define CLOCK_MONOTONIC 1

static void stamp(uint64_t *trace, uint64_t index)
{
	struct __kernel_timespec now;

	if (trace == NULL)
		return;
	SYS(clock_gettime, CLOCK_MONOTONIC, &now);
	trace[index] = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void interpret(const struct plan *plan, uint64_t *trace)
{
	for (uint32_t i = 0; i < plan->nops; i++) {
		const struct step *op = &plan->ops[i];
		int err = 0;

		if (op->lane == LANE_PARENT)
			continue;
		stage.index = i;
		stamp(trace, 2 * (uint64_t)i);
#ifdef FAULTS
		err = fault(plan, i);
#endif
		if (err == 0)
			err = dispatch(op);
		if (err != 0)
			fail(i, err);
		stamp(trace, 2 * (uint64_t)i + 1);
	}
}

/* number is the value of a decimal of at most 9 digits, or -1. */
static int number(const char *s)
{
	int n = 0;

	for (int i = 0; s[i] != 0; i++) {
		if (i == 9 || s[i] < '0' || s[i] > '9')
			return -1;
		n = n * 10 + (s[i] - '0');
	}
	return n;
}

/* Under execve of a descriptor the kernel names the process after its number. */
_Noreturn void stage_main(int argc, char **argv)
{
	struct plan plan;
	uint64_t size, *trace = NULL;
	unsigned char *base;

	stage.gate = -1;
	stage.report = argc == 2 ? number(argv[1]) : -1;
	if (stage.report < 0 || SYS(fcntl, stage.report, F_SETFD, FD_CLOEXEC) < 0)
		die(1);
	SYS(prctl, PR_SET_NAME, argv[0], 0, 0, 0);
	SYS(umask, 0);
	base = map(stage.report + 1, MAP_PRIVATE, &size);
	if (plan_decode(&plan, base, size) != 0)
		fail(RECORD_NO_OP, EPROTO);
	if (plan.flags & PLAN_TRACE) {
		trace = map(stage.report + 2, MAP_SHARED, &size);
		if (size / 16 < plan.nops)
			fail(RECORD_NO_OP, EPROTO);
	}
	stage.nslots = plan.nslots;
	for (uint32_t i = 0; i < plan.nslots; i++)
		stage.slots[i] = -1;
	interpret(&plan, trace);
	die(0);
}
