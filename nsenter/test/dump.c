#include "dump.h"

#include <stdlib.h>

#include "../stage/plan.h"

static void dump_bytes(FILE *out, const unsigned char *data, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++)
		fprintf(out, "%02x", data[i]);
}

static void dump_str(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s != 0; s++)
		fprintf(out, "%02x", (unsigned char)*s);
	fputc('"', out);
}

static void dump_word(FILE *out, const struct step *op, unsigned word)
{
	uint64_t value = op->arg[word];
	const char *const *list = (const char *const *)value;

	switch ((enum kind)op_kinds[op->code][word]) {
	case K_NONE:
	case K_CONT:
		return;
	case K_INT:
		fprintf(out, " %lu", value);
		return;
	case K_FD:
	case K_DST:
		fprintf(out, " $%lu", value);
		return;
	case K_STR:
		fputc(' ', out);
		dump_str(out, (const char *)value);
		return;
	case K_STRS:
		fputs(" [", out);
		for (uint64_t i = 0; i < op->arg[word + 1]; i++)
			dump_str(out, list[i]);
		if (list[op->arg[word + 1]] != NULL)
			abort(); /* execve would read on */
		fputc(']', out);
		return;
	case K_BYTES:
		fputs(" <", out);
		dump_bytes(out, (const unsigned char *)value, op->arg[word + 1]);
		fputc('>', out);
		return;
	}
}

int dump_plan(FILE *out, unsigned char *data, size_t size)
{
	struct plan plan;

	if (plan_decode(&plan, data, size) != 0)
		return 0;
	fprintf(out, "slots %u flags %u fault %u %u\n", plan.nslots, plan.flags, plan.fault_op,
		plan.fault_kind);
	for (uint32_t i = 0; i < plan.nops; i++) {
		fprintf(out, "%u %u %u", i, plan.ops[i].lane, plan.ops[i].code);
		for (unsigned word = 0; word < OP_WORDS; word++)
			dump_word(out, &plan.ops[i], word);
		fputc('\n', out);
	}
	return 1;
}
