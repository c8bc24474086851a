#include "test/faults.h"

#include "stage/stage.h"

#include <linux/time_types.h>

#define SIGKILL 9

/*
 * The first process of a pid namespace does not die of its own signal. An orphan has
 * told its parent to die and is then found alive.
 */
int fault(const struct plan *plan, uint32_t op)
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
