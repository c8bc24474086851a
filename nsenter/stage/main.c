/*
 * The stage: it reads a plan and carries out its init lane, one operation after
 * the other, until one of them is execve or fails.
 *
 *   rt-init N          N is the report socket, N+1 the plan, N+2 the trace if there is one
 *   rt-init N FLAGS    the plan is not there yet
 */
#include "stage.h"

#include <linux/mman.h>
#include <asm/stat.h>
#include <linux/prctl.h>
#include <linux/time_types.h>

#ifdef FAULTS
#include "test/faults.h"
#endif

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

/* number is the value of a decimal of at most 10 digits, or -1. */
static long number(const char *s)
{
	long n = 0;

	for (int i = 0; s[i] != 0; i++) {
		if (i == 10 || s[i] < '0' || s[i] > '9')
			return -1;
		n = n * 10 + (s[i] - '0');
	}
	return n;
}

/* While the plan is made: what fails here is tried again, and told, where the plan asks. */
static void ahead(long flags)
{
	if (flags > 0 && SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && SYS(unshare, flags) == 0)
		stage.ahead = (uint64_t)flags;
	if (read_byte(stage.report) != 1)
		die(1);
}

/* Under execve of a descriptor the kernel names the process after its number. */
_Noreturn void stage_main(int argc, char **argv)
{
	struct plan plan;
	uint64_t size, *trace = NULL;
	unsigned char *base;

	stage.gate = -1;
	stage.report = argc == 2 || argc == 3 ? (int)number(argv[1]) : -1;
	if (stage.report < 0 || SYS(fcntl, stage.report, F_SETFD, FD_CLOEXEC) < 0)
		die(1);
	SYS(prctl, PR_SET_NAME, argv[0], 0, 0, 0);
	SYS(umask, 0);
	if (argc == 3)
		ahead(number(argv[2]));
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
