/*
 * Mount points inside a root that its owner may change meanwhile.
 *
 * Every look-up is an openat2 scoped to the root. What is there already is opened
 * with O_PATH alone, so that a FIFO cannot block and a device cannot react.
 */
#include "stage.h"

#include <linux/openat2.h>

#define MKPATH_FILE 1u
#define MKPATH_NO_SYMLINKS 2u

struct walk {
	int root;
	uint64_t resolve, mode;
};

static long open_dir(const struct walk *w, const char *path)
{
	return open_how(w->root, path, O_PATH | O_DIRECTORY, 0, w->resolve);
}

/* enter opens path as a directory, making it as name in parent if it is missing. */
static long enter(const struct walk *w, const char *path, int parent, const char *name)
{
	long fd = open_dir(w, path);

	if (fd != -ENOENT)
		return fd;
	fd = SYS(mkdirat, parent, name, w->mode);
	if (fd < 0 && fd != -EEXIST)
		return fd;
	return open_dir(w, path);
}

/*
 * Opening with O_CREAT follows a dangling link to where it leads below the root.
 * Should somebody win the race and put a file there, O_NONBLOCK keeps it harmless.
 */
static long make_file(const struct walk *w, const char *path)
{
	long fd = open_how(w->root, path, O_CREAT | O_RDONLY | O_NONBLOCK | O_NOCTTY,
			   w->mode & ~(uint64_t)0111, w->resolve);

	if (fd < 0)
		return fd;
	fd_close(fd);
	return open_how(w->root, path, O_PATH, 0, w->resolve);
}

/* Parts is pairs of a prefix of the path and that prefix' last component. */
static long make_path(const struct walk *w, const struct step *op, int leaf_is_file)
{
	const char *const *parts = LIST(op, MKPATH_PARTS);
	uint64_t dirs = LIST_LEN(op, MKPATH_PARTS);
	long fd = w->root;

	if (dirs < 2 || dirs % 2 != 0)
		return -EPROTO;
	if (leaf_is_file)
		dirs -= 2;
	for (uint64_t i = 0; i < dirs; i += 2) {
		long next = enter(w, parts[i], (int)fd, parts[i + 1]);

		if (i > 0)
			fd_close(fd);
		if (next < 0)
			return next;
		fd = next;
	}
	if (!leaf_is_file)
		return fd;
	if (dirs > 0)
		fd_close(fd);
	return make_file(w, STR(op, MKPATH_PATH));
}

int op_mkpath(const struct step *op)
{
	struct walk w = {
		.root = FD(op, MKPATH_ROOT),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
		.mode = NUM(op, MKPATH_MODE),
	};
	int leaf_is_file = (NUM(op, MKPATH_FLAGS) & MKPATH_FILE) != 0;
	const char *path = STR(op, MKPATH_PATH);
	long fd;

	if (NUM(op, MKPATH_FLAGS) & MKPATH_NO_SYMLINKS)
		w.resolve |= RESOLVE_NO_SYMLINKS;
	if (leaf_is_file)
		fd = open_how(w.root, path, O_PATH, 0, w.resolve);
	else
		fd = open_dir(&w, path);
	if (fd == -ENOENT)
		fd = make_path(&w, op, leaf_is_file);
	return PUT(op, MKPATH_DST, fd);
}
