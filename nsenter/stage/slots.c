/* Descriptors: the slots of a plan, and what handlers do to descriptors. */
#include "stage.h"

#include <linux/close_range.h>
#include <linux/openat2.h>

int slot_get(uint64_t slot)
{
	if (slot == SLOT_CWD)
		return AT_FDCWD;
	return slot < stage.nslots ? stage.slots[slot] : -1;
}

/* slot_put keeps fd, a descriptor or a negated errno, in place of what slot held. */
int slot_put(uint64_t slot, long fd)
{
	if (fd < 0)
		return (int)-fd;
	if (slot >= stage.nslots) {
		fd_close(fd);
		return 0;
	}
	fd_close(stage.slots[slot]);
	stage.slots[slot] = (int)fd;
	return 0;
}

void fd_close(long fd)
{
	if (fd >= 0)
		SYS(close, fd);
}

/* read_byte answers as read(2) of one byte that is of no interest. */
long read_byte(int fd)
{
	char byte;
	long n;

	do
		n = SYS(read, fd, &byte, 1);
	while (n == -EINTR);
	return n;
}

/* fd_copy is dup2(2), which clears close-on-exec also when newfd is fd itself. */
long fd_copy(int fd, int newfd)
{
	if (fd == newfd)
		return SYS(fcntl, fd, F_SETFD, 0);
	return SYS(dup3, fd, newfd, 0);
}

/* CLOSE_RANGE_CLOEXEC needs Linux 5.11. */
long fd_cloexec_from(unsigned first)
{
	return SYS(close_range, first, ~0u, CLOSE_RANGE_CLOEXEC);
}

/*
 * openat2 answers EAGAIN when a rename anywhere on the system raced with a scoped
 * look-up. Somebody who renames in a loop must not keep the stage here for ever.
 * Nothing but dup2 makes a descriptor that survives execve.
 */
#define MAX_RACES 128

long open_how(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve };
	long fd = -EAGAIN;

	for (int i = 0; fd == -EAGAIN && i < MAX_RACES; i++)
		fd = SYS(openat2, dir, path, &how, sizeof how);
	return fd;
}
