/* What makes a request well formed: the only place that reads it. */
#include "request.h"

#include <string.h>

int take(struct cursor *c, void *to, size_t size)
{
	if (size > c->left)
		return 0;
	memcpy(to, c->at, size);
	c->at += size;
	c->left -= size;
	return 1;
}

int take_group(struct cursor *c, struct group *g, struct scmp_arg_cmp args[MAX_ARGS])
{
	struct arg arg;

	if (!take(c, g, sizeof *g) || g->narg > MAX_ARGS || g->nname == 0)
		return 0;
	for (uint32_t i = 0; i < g->narg; i++) {
		if (!take(c, &arg, sizeof arg) || arg.index >= MAX_ARGS ||
		    arg.op <= _SCMP_CMP_MIN || arg.op >= _SCMP_CMP_MAX)
			return 0;
		args[i] = (struct scmp_arg_cmp){
			.arg = arg.index,
			.op = (enum scmp_compare)arg.op,
			.datum_a = arg.a,
			.datum_b = arg.b,
		};
	}
	return 1;
}

int take_name(struct cursor *c, char name[256])
{
	unsigned char length;

	if (!take(c, &length, 1) || length == 0 || !take(c, name, length))
		return 0;
	name[length] = '\0';
	return strlen(name) == length;
}
