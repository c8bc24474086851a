/*
 * System calls without a C library.
 *
 * SYS(name, ...) makes the system call name and returns what the kernel returns:
 * a result, or a negated errno. There is no errno variable. With -DHOSTED the same
 * sources build against a C library, for the sanitizers.
 */
#ifndef SYS_H
#define SYS_H

#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

/* Declarations are of this program alone: no access goes through a table to relocate. */
#pragma GCC visibility push(hidden)

/* x86-64 and arm64 are what the descriptor-sized casts below are written for. */
_Static_assert(sizeof(long) == 8 && sizeof(void *) == 8, "a 64-bit system");

long sys(long nr, long a, long b, long c, long d, long e, long f);

#define SYS_0(n) sys(n, 0, 0, 0, 0, 0, 0)
#define SYS_1(n, a) sys(n, (long)(a), 0, 0, 0, 0, 0)
#define SYS_2(n, a, b) sys(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS_3(n, a, b, c) sys(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS_4(n, a, b, c, d) sys(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS_5(n, a, b, c, d, e) \
	sys(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS_6(n, a, b, c, d, e, f) \
	sys(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS_PICK(name, a, b, c, d, e, f, pick, ...) pick
#define SYS(name, ...)                                                              \
	SYS_PICK(name, ##__VA_ARGS__, SYS_6, SYS_5, SYS_4, SYS_3, SYS_2, SYS_1, SYS_0) \
	(__NR_##name, ##__VA_ARGS__)

/* error turns the result of a system call into what a handler returns: 0 or errno. */
static inline int error(long result)
{
	return result < 0 ? (int)-result : 0;
}

_Noreturn void die(int status);

#endif
