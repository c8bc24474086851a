/* What makes a plan well formed: the only place where offsets are believed. */
#include "plan.h"

struct sections {
	uint64_t *table;
	uint64_t entries;
	unsigned char *pool;
	uint64_t pool_size;
	uint32_t nslots;
};

/* The sections lie in order and apart, so that relocating one cannot change another. */
static int header_ok(const struct header *h, uint64_t size)
{
	uint64_t ops_end = h->ops_off + (uint64_t)h->nops * sizeof(struct step);
	uint64_t table_end = h->table_off + (uint64_t)h->table_count * 8;
	uint64_t pool_end = (uint64_t)h->pool_off + h->pool_size;

	return h->magic == PLAN_MAGIC && h->version == PLAN_VERSION && h->total_size == size &&
	       (h->ops_off | h->table_off | h->pool_off) % 8 == 0 &&
	       h->ops_off >= sizeof *h && ops_end <= h->table_off &&
	       table_end <= h->pool_off && pool_end <= size && h->pool_size > 0 &&
	       h->nslots <= PLAN_MAX_SLOTS;
}

static int table_ok(const struct sections *s)
{
	for (uint64_t i = 0; i < s->entries; i++)
		if (s->table[i] != LIST_END && s->table[i] >= s->pool_size)
			return 0;
	return 1;
}

static int list_ok(const struct sections *s, uint64_t index, uint64_t count)
{
	if (index >= s->entries || count >= s->entries - index)
		return 0;
	for (uint64_t i = index; i < index + count; i++)
		if (s->table[i] == LIST_END)
			return 0;
	return s->table[index + count] == LIST_END;
}

static int bytes_ok(const struct sections *s, uint64_t off, uint64_t len)
{
	return off % 8 == 0 && off <= s->pool_size && len <= s->pool_size - off;
}

static int slot_ok(const struct sections *s, uint64_t slot, enum kind kind)
{
	return slot < s->nslots || slot == SLOT_NONE || (slot == SLOT_CWD && kind == K_FD);
}

static int word_ok(const struct sections *s, const struct step *op, unsigned word)
{
	uint64_t value = op->arg[word];
	enum kind kind = (enum kind)op_kinds[op->code][word];

	switch (kind) {
	case K_NONE:
	case K_INT:
	case K_CONT:
		return 1;
	case K_FD:
	case K_DST:
		return slot_ok(s, value, kind);
	case K_STR:
		return value < s->pool_size;
	case K_STRS:
		return list_ok(s, value, op->arg[word + 1]);
	case K_BYTES:
		return bytes_ok(s, value, op->arg[word + 1]);
	}
	return 0;
}

static int op_ok(const struct sections *s, const struct step *op)
{
	if (op->code == OP_INVALID || op->code >= OP_COUNT)
		return 0;
	if (op->lane != LANE_PARENT && op->lane != LANE_INIT && op->lane != LANE_BOTH)
		return 0;
	if ((op->lane & op_lanes[op->code]) == 0)
		return 0;
	for (unsigned word = 0; word < OP_WORDS; word++)
		if (!word_ok(s, op, word))
			return 0;
	return 1;
}

static void relocate_op(const struct sections *s, struct step *op)
{
	for (unsigned word = 0; word < OP_WORDS; word++) {
		enum kind kind = (enum kind)op_kinds[op->code][word];

		if (kind == K_STR || kind == K_BYTES)
			op->arg[word] = (uint64_t)(s->pool + op->arg[word]);
		else if (kind == K_STRS)
			op->arg[word] = (uint64_t)(s->table + op->arg[word]);
	}
}

static void relocate_table(const struct sections *s)
{
	for (uint64_t i = 0; i < s->entries; i++)
		s->table[i] = s->table[i] == LIST_END ? 0 : (uint64_t)(s->pool + s->table[i]);
}

int plan_decode(struct plan *plan, unsigned char *base, uint64_t size)
{
	const struct header *h = (const void *)base;
	struct sections s;
	struct step *ops;

	if (size < sizeof *h || !header_ok(h, size))
		return EPROTO;
	s.table = (void *)(base + h->table_off);
	s.entries = h->table_count;
	s.pool = base + h->pool_off;
	s.pool_size = h->pool_size;
	s.nslots = h->nslots;
	ops = (void *)(base + h->ops_off);
	if (s.pool[s.pool_size - 1] != 0 || !table_ok(&s))
		return EPROTO;
	for (uint32_t i = 0; i < h->nops; i++)
		if (!op_ok(&s, &ops[i]))
			return EPROTO;
	for (uint32_t i = 0; i < h->nops; i++)
		relocate_op(&s, &ops[i]);
	relocate_table(&s);
	*plan = (struct plan){ ops, h->nops, h->nslots, h->flags, h->fault_op, h->fault_kind };
	return 0;
}
