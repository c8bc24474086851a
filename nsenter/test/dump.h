/* Prints a decoded plan, touching every byte that its operands give access to. */
#ifndef DUMP_H
#define DUMP_H

#include <stddef.h>
#include <stdio.h>

/* dump_plan decodes size bytes in place and prints them; it returns 0 if malformed. */
int dump_plan(FILE *out, unsigned char *data, size_t size);

#endif
