/* What comes in and what goes out. All integers are in the machine's byte order
 * and without padding; request.go and answer.go are the other side. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>
#include <stdint.h>

enum {
	REQUEST_MAGIC = 0x71657273, /* "sreq" */
	ANSWER_MAGIC = 0x736e6173,  /* "sans" */
	MAX_REQUEST = 1 << 20,
	MAX_ARCHS = 32,
	MAX_UNKNOWN = 1 << 14,
};

/* The request: this, narch architectures, then ngroup groups up to its end. */
struct request {
	uint32_t magic;
	uint32_t default_action;
	uint32_t optimize; /* SCMP_FLTATR_CTL_OPTIMIZE: 1 by priority, 2 a binary tree */
	uint32_t narch;
	uint32_t ngroup;
};

/* One action for several system calls: this, then nname names, each a byte of length
 * and that many bytes without a zero. */
struct group {
	uint32_t action;
	uint32_t nname;
};

enum step { STEP_NONE, STEP_REQUEST, STEP_CREATE, STEP_ARCH, STEP_RULE, STEP_EXPORT };

/* The answer: this, narch of struct newest, nunknown numbers of names, then the
 * filter. Names are numbered from 0 through all groups. */
struct answer {
	uint32_t magic;
	uint32_t error; /* an errno; nothing follows unless it is 0 */
	uint32_t step;  /* where it happened */
	uint32_t item;  /* the number of the architecture or of the name */
	uint32_t narch;
	uint32_t nunknown;
};

/* The highest number that a system call of the request has in an architecture;
 * 0 where no name is known. */
struct newest {
	uint32_t arch;
	uint32_t number;
};

/* A position in the request. */
struct cursor {
	const unsigned char *at;
	size_t left;
};

/* take copies the next size bytes to to; 0 if there are fewer. */
int take(struct cursor *c, void *to, size_t size);

/* take_group reads a group without its names; 0 if it is malformed. */
int take_group(struct cursor *c, struct group *g);

/* take_name reads a name and ends it with a zero; 0 if it is malformed. */
int take_name(struct cursor *c, char name[256]);

#endif
