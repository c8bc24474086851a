/* The faults that a stage built with -DFAULTS can be told to have. */
#ifndef FAULTS_H
#define FAULTS_H

#include "stage/plan.h"

enum { FAULT_FAIL = 1, FAULT_ORPHAN = 2, FAULT_KILL = 3 };

/* fault has the fault of the plan if it is for operation op; it returns 0 or EIO. */
int fault(const struct plan *plan, uint32_t op);

#endif
