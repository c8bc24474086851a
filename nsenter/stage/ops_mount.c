/* Mounts. A target below a root is found first and then mounted on by descriptor. */
#include "stage.h"

#include <linux/mount.h>
#include <linux/openat2.h>

int op_fsmount(const struct step *op)
{
	int fs = FD(op, FSMOUNT_FS);
	int err = error(SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0));

	if (err != 0)
		return err;
	return PUT(op, FSMOUNT_DST, SYS(fsmount, fs, FSMOUNT_CLOEXEC, NUM(op, FSMOUNT_ATTR)));
}

long mount_attach(long from, int to, const char *path)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH;

	if (path[0] == 0)
		flags |= MOVE_MOUNT_T_EMPTY_PATH;
	return SYS(move_mount, from, "", to, path, flags);
}

int op_mount_setattr(const struct step *op)
{
	struct mount_attr attr = {
		.attr_set = NUM(op, MOUNT_SETATTR_SET),
		.attr_clr = NUM(op, MOUNT_SETATTR_CLEAR),
		.propagation = NUM(op, MOUNT_SETATTR_PROPAGATION),
	};
	const char *path = STR(op, MOUNT_SETATTR_PATH);
	uint64_t flags = NUM(op, MOUNT_SETATTR_AT_FLAGS);

	if (HAS(op, MOUNT_SETATTR_USERNS)) {
		if (FD(op, MOUNT_SETATTR_USERNS) < 0)
			return EBADF;
		attr.userns_fd = (unsigned)FD(op, MOUNT_SETATTR_USERNS);
	}
	if (path[0] == 0)
		flags |= AT_EMPTY_PATH;
	return error(SYS(mount_setattr, FD(op, MOUNT_SETATTR_DIR), path, flags, &attr, sizeof attr));
}

static long find(int root, const char *path, uint64_t flags)
{
	return open_how(root, path, O_PATH | flags, 0,
			RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* Of a tree of two entries: the directory hides directories, the file all else. */
int op_mask(const struct step *op)
{
	int root = FD(op, MASK_ROOT);
	const char *cover = "dir";
	long target = find(root, STR(op, MASK_PATH), O_DIRECTORY), tree, r;

	if (target == -ENOTDIR) {
		cover = "file";
		target = find(root, STR(op, MASK_PATH), 0);
	}
	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return (int)-target;
	tree = SYS(open_tree, FD(op, MASK_MASKS), cover, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	r = tree < 0 ? tree : mount_attach(tree, (int)target, "");
	fd_close(tree);
	fd_close(target);
	return error(r);
}

/* The clone is read-only before it is attached: no moment of it is writable. */
static long attach_readonly(int target)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	long r, tree = SYS(open_tree, target, "",
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	if (tree < 0)
		return tree;
	r = SYS(mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr);
	if (r == 0)
		r = mount_attach(tree, target, "");
	fd_close(tree);
	return r;
}

int op_readonly(const struct step *op)
{
	long target = find(FD(op, READONLY_ROOT), STR(op, READONLY_PATH), 0), r;

	if (target == -ENOENT)
		return 0;
	if (target < 0)
		return (int)-target;
	r = attach_readonly((int)target);
	fd_close(target);
	return error(r);
}

#define PATH_MAX 4096

/*
 * A working directory outside the root is a handle on the host (a descriptor that
 * leaked in, reached through /proc/self/fd): the kernel then answers with a path
 * that does not start at the root.
 */
int op_chdir(const struct step *op)
{
	char cwd[PATH_MAX];
	long r = SYS(chdir, STR(op, CHDIR_PATH));

	if (r == 0)
		r = SYS(getcwd, cwd, sizeof cwd);
	if (r < 0)
		return (int)-r;
	return cwd[0] == '/' ? 0 : ENOENT;
}
