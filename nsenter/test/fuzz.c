/*
 * libFuzzer's target: the decoder, and a reader of everything it gives out.
 *
 * A mutation that breaks the header ends in the first check, so the mutator mends
 * the header of most of them: what is left to find is in records, lists and pool.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

#include "../stage/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	unsigned char *copy = malloc(size);

	if (null == NULL)
		null = fopen("/dev/null", "w");
	memcpy(copy, data, size);
	dump_plan(null, copy, size);
	free(copy);
	return 0;
}

/* mend makes the sections consistent with the size, which is at least a header's. */
static void mend(uint8_t *data, size_t size)
{
	struct header h;
	uint32_t rest = (uint32_t)(size - sizeof h);

	memcpy(&h, data, sizeof h);
	h.magic = PLAN_MAGIC;
	h.version = PLAN_VERSION;
	h.total_size = (uint32_t)size;
	h.nslots %= PLAN_MAX_SLOTS + 1;
	h.ops_off = sizeof h;
	h.nops %= rest / (uint32_t)sizeof(struct step) + 1;
	h.table_off = h.ops_off + h.nops * (uint32_t)sizeof(struct step);
	h.table_count %= (uint32_t)(size - h.table_off) / 8 + 1;
	h.pool_off = h.table_off + h.table_count * 8;
	h.pool_size = (uint32_t)(size - h.pool_off);
	memcpy(data, &h, sizeof h);
	if (h.pool_size > 0)
		data[size - 1] = 0;
}

/* A record whose code and lane are wrong is refused whatever its operands say. */
static void mend_record(uint8_t *data, unsigned seed)
{
	struct header h;
	struct step op;
	size_t at;

	memcpy(&h, data, sizeof h);
	for (uint32_t i = 0; i < h.nops; i++) {
		at = h.ops_off + i * sizeof op;
		memcpy(&op, data + at, sizeof op);
		op.code = (uint16_t)(1 + op.code % (OP_COUNT - 1));
		op.lane = (uint8_t)(op_lanes[op.code] & LANE_PARENT ? LANE_PARENT : op_lanes[op.code]);
		for (unsigned word = 0; word < OP_WORDS; word++)
			if ((seed >> word & 1) == 0)
				op.arg[word] %= 64;
		memcpy(data + at, &op, sizeof op);
	}
}

/* shift moves a section a little, so that it overlaps a neighbour. */
static void shift(uint8_t *data, unsigned seed)
{
	struct header h;
	uint32_t *fields[] = { &h.ops_off, &h.table_off, &h.table_count, &h.pool_off, &h.nops };
	uint32_t by = (seed >> 4 & 7) * (seed & 8 ? 1 : 8);

	memcpy(&h, data, sizeof h);
	*fields[seed % 5] += seed & 0x80 ? by : -by;
	memcpy(data, &h, sizeof h);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max);
	if (size < sizeof(struct header) && max >= 512) {
		memset(data + size, 0, 512 - size);
		size = 512;
	}
	if (size >= sizeof(struct header) && seed % 8 != 0) {
		mend(data, size);
		if (seed % 4 != 0)
			mend_record(data, seed >> 8);
		if (seed % 16 == 1)
			shift(data, seed >> 8);
	}
	return size;
}
