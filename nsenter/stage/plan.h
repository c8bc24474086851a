/*
 * The encoded plan, and the accessors of its operands.
 *
 * plan_decode checks everything that offsets, counts and slots say, and turns
 * offsets into pointers where they stand. After it, the accessors below are the
 * only way to an operand, and none of them can leave the plan.
 */
#ifndef PLAN_H
#define PLAN_H

#include "sys.h"

#include "ops.gen.h"

#define PLAN_MAGIC 0x31705472u /* "rTp1" */
#define PLAN_VERSION 1u
#define PLAN_TRACE 1u
#define PLAN_MAX_SLOTS 1024u
#define LIST_END UINT64_MAX

/* Slots that are no slots. */
#define SLOT_NONE 0xffffffffu
#define SLOT_CWD 0xfffffffeu

enum { LANE_PARENT = 1, LANE_INIT = 2, LANE_BOTH = 4 };

struct header {
	uint32_t magic, version, nops, nslots;
	uint32_t ops_off, table_off, table_count, pool_off;
	uint32_t pool_size, total_size, flags, fault_op;
	uint32_t fault_kind, reserved[3];
};
_Static_assert(sizeof(struct header) == 64, "the header of package plan");

struct step {
	uint16_t code;
	uint8_t lane, zero;
	uint32_t zeros;
	uint64_t arg[OP_WORDS];
};
_Static_assert(sizeof(struct step) == 72, "the record of package plan");

struct plan {
	const struct step *ops;
	uint32_t nops, nslots, flags, fault_op, fault_kind;
};

/*
 * plan_decode checks the size bytes at base, which is aligned to 8, relocates them
 * and fills plan. It returns 0, or EPROTO with nothing relocated.
 */
int plan_decode(struct plan *plan, unsigned char *base, uint64_t size);

/* The accessors: NUM(op, UNSHARE_FLAGS) is the operand flags of unshare. */
#define NUM(op, name) ((op)->arg[A_##name])
#define STR(op, name) ((const char *)(op)->arg[A_##name])
#define LIST(op, name) ((const char *const *)(op)->arg[A_##name])
#define LIST_LEN(op, name) ((op)->arg[A_##name + 1])
#define DATA(op, name) ((const void *)(op)->arg[A_##name])
#define DATA_LEN(op, name) ((op)->arg[A_##name + 1])

#endif
