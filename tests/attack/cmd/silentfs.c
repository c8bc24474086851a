/*
 * silentfs PROGRAM DIR mounts a file system in user space at DIR with one file, sleep,
 * which is PROGRAM. After SIGUSR1 it answers nothing any more: who asks it, waits.
 * linux/fuse.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NODE 2

static volatile sig_atomic_t silent;
static char *data;
static size_t size;
static int fuse;

static void on_usr1(int sig)
{
	silent = sig;
}

static void answer(const struct fuse_in_header *in, int error, const void *body, size_t len)
{
	static char out[sizeof(struct fuse_out_header) + (1 << 20)];
	struct fuse_out_header *head = (struct fuse_out_header *)out;

	head->len = (uint32_t)(sizeof(*head) + len);
	head->error = -error;
	head->unique = in->unique;
	if (len)
		memcpy(out + sizeof(*head), body, len);
	if (write(fuse, out, head->len) < 0 && errno != ENOENT)
		perror("silentfs: write");
}

static struct fuse_attr attr(uint64_t node)
{
	struct fuse_attr a = { .ino = node, .nlink = 1, .blksize = 4096 };

	a.mode = node == FILE_NODE ? S_IFREG | 0755 : S_IFDIR | 0755;
	a.size = node == FILE_NODE ? size : 0;
	return a;
}

/* No attribute is valid for any time: each look at the file is a question. */
static void serve(const struct fuse_in_header *in, const char *body)
{
	switch (in->opcode) {
	case FUSE_INIT: {
		const struct fuse_init_in *i = (const void *)body;
		struct fuse_init_out o = { .major = FUSE_KERNEL_VERSION, .minor = i->minor, .max_readahead = 65536, .max_write = 65536 };
		answer(in, 0, &o, sizeof(o));
		return;
	}
	case FUSE_LOOKUP: {
		struct fuse_entry_out o = { .nodeid = FILE_NODE, .attr = attr(FILE_NODE), .entry_valid = 3600 };
		answer(in, strcmp(body, "sleep") ? ENOENT : 0, &o, strcmp(body, "sleep") ? 0 : sizeof(o));
		return;
	}
	case FUSE_GETATTR: {
		struct fuse_attr_out o = { .attr = attr(in->nodeid) };
		answer(in, 0, &o, sizeof(o));
		return;
	}
	case FUSE_OPEN:
	case FUSE_OPENDIR: {
		struct fuse_open_out o = { .open_flags = FOPEN_KEEP_CACHE };
		answer(in, 0, &o, sizeof(o));
		return;
	}
	case FUSE_READ: {
		const struct fuse_read_in *r = (const void *)body;
		size_t from = r->offset < size ? r->offset : size;
		size_t n = r->size < size - from ? r->size : size - from;
		answer(in, 0, data + from, n);
		return;
	}
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		answer(in, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	}
	answer(in, ENOSYS, NULL, 0);
}

int main(int argc, char **argv)
{
	static char request[1 << 20];
	struct sigaction usr1 = { .sa_handler = on_usr1 };
	char options[128];
	struct stat st;
	int program;

	if (argc != 3)
		return 2;
	program = open(argv[1], O_RDONLY);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (program < 0 || fuse < 0 || fstat(program, &st) < 0) {
		perror("silentfs");
		return 1;
	}
	size = (size_t)st.st_size;
	data = malloc(size);
	if (!data || read(program, data, size) != (ssize_t)size)
		return 1;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	if (mount("silentfs", argv[2], "fuse", MS_NODEV, options) < 0) {
		perror("silentfs: mount");
		return 1;
	}
	sigaction(SIGUSR1, &usr1, NULL);
	printf("mounted\n");
	fflush(stdout);
	for (;;) {
		ssize_t n = read(fuse, request, sizeof(request));

		if (n < 0 && errno != EINTR && errno != ENOENT)
			return 0; /* unmounted */
		if (silent)
			pause();
		if (n > (ssize_t)sizeof(struct fuse_in_header))
			serve((struct fuse_in_header *)request, request + sizeof(struct fuse_in_header));
	}
}
