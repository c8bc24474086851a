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

int take_group(struct cursor *c, struct group *g)
{
	return take(c, g, sizeof *g) && g->nname > 0;
}

int take_name(struct cursor *c, char name[256])
{
	unsigned char length;

	if (!take(c, &length, 1) || length == 0 || !take(c, name, length))
		return 0;
	name[length] = '\0';
	return strlen(name) == length;
}
