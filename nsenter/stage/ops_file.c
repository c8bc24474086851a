/* Descriptors and files. Paths are relative to a descriptor that the plan names. */
#include "stage.h"

#include <asm/stat.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#define NULL_DEVICE 0x103u /* char 1:3 */

int op_close(const struct step *op)
{
	int err = error(SYS(close, FD(op, CLOSE_FD)));

	if (NUM(op, CLOSE_FD) < stage.nslots)
		stage.slots[NUM(op, CLOSE_FD)] = -1;
	return err;
}

int write_once(int fd, const void *data, uint64_t len)
{
	long n;

	do
		n = SYS(write, fd, data, len);
	while (n == -EINTR);
	if (n < 0)
		return (int)-n;
	return (uint64_t)n == len ? 0 : EIO;
}

/* The one link this may follow is self in procfs, which stays beneath and inside. */
int op_write_at(const struct step *op)
{
	long fd = open_how(FD(op, WRITE_AT_DIR), STR(op, WRITE_AT_PATH),
			   O_WRONLY | O_NOCTTY | O_NONBLOCK, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
	int err;

	if (fd < 0)
		return (int)-fd;
	err = write_once((int)fd, DATA(op, WRITE_AT_DATA), DATA_LEN(op, WRITE_AT_DATA));
	fd_close(fd);
	return err;
}

/*
 * The null device is everybody's: giving it to the container's user would change
 * the host's. The ignored errors are of files that have no owner to change.
 */
int op_stdio_owner(const struct step *op)
{
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;
		int err = error(SYS(fstat, fd, &st));

		if (err == EBADF)
			continue;
		if (err == 0 && st.st_uid != NUM(op, STDIO_OWNER_UID) &&
		    !(S_ISCHR(st.st_mode) && st.st_rdev == NULL_DEVICE))
			err = error(SYS(fchown, fd, NUM(op, STDIO_OWNER_UID), -1));
		if (err != 0 && err != EINVAL && err != EPERM && err != EROFS && err != ENOSYS)
			return err;
	}
	return 0;
}

int op_symlinkat(const struct step *op)
{
	int err = error(SYS(symlinkat, STR(op, SYMLINKAT_TARGET), FD(op, SYMLINKAT_DIR),
			    STR(op, SYMLINKAT_PATH)));

	return err == EEXIST ? 0 : err;
}

static int same_node(int dir, const char *path, uint64_t mode, uint64_t dev)
{
	struct stat st;
	int err = error(SYS(newfstatat, dir, path, &st, AT_SYMLINK_NOFOLLOW));

	if (err != 0)
		return err;
	if ((st.st_mode & S_IFMT) != (mode & S_IFMT))
		return EEXIST;
	if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && st.st_rdev != dev)
		return EEXIST;
	return 0;
}

/* The right node that the image or an earlier start left behind keeps its mode and owner. */
int op_devnode(const struct step *op)
{
	int dir = FD(op, DEVNODE_DIR), err;
	const char *path = STR(op, DEVNODE_PATH);
	uint64_t mode = NUM(op, DEVNODE_MODE), dev = NUM(op, DEVNODE_DEV);

	if (dev > UINT32_MAX) /* mknod(2) would take its lower half */
		return EINVAL;
	err = error(SYS(mknodat, dir, path, mode, dev));
	if (err == EEXIST)
		return same_node(dir, path, mode, dev);
	if (err != 0)
		return err;
	return error(SYS(fchownat, dir, path, NUM(op, DEVNODE_UID), NUM(op, DEVNODE_GID),
			 AT_SYMLINK_NOFOLLOW));
}
