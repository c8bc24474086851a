/* agent is a seccomp agent: it listens on a stream socket, takes the listeners of
 * the containers that connect, one after the other, and answers what they ask.
 *
 *   agent SOCKET OUT [ERRNO]
 *
 * OUT.N.json is what came with the Nth listener, OUT.N a line for each question:
 * the name that the asking thread has, and the number of the system call. The
 * answer is ERRNO, or to go on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void fatal(const char *what)
{
	perror(what);
	exit(1);
}

/* Agents read one message and expect everything in it; -1 if no descriptor came. */
static int receive(int conn, FILE *json)
{
	static char text[32768];
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = { text, sizeof text };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t n = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fd = -1;

	if (n > 0)
		fwrite(text, 1, (size_t)n, json);
	if (n > 0 && c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static void name_of(unsigned pid, char *name, size_t size)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%u/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, name, size - 1);
	name[n > 0 ? n - 1 : 0] = 0;
	close(fd);
}

static void answer(int listener, FILE *out, int error)
{
	struct seccomp_notif n;
	struct seccomp_notif_resp r;
	char name[32];

	memset(&n, 0, sizeof n);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return;
	name_of(n.pid, name, sizeof name);
	fprintf(out, "%s %d\n", name, n.data.nr);
	memset(&r, 0, sizeof r);
	r.id = n.id;
	if (error)
		r.error = -error;
	else
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int error = argc > 3 ? atoi(argv[3]) : 0;
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 3)
		return 1;
	snprintf(addr.sun_path, sizeof addr.sun_path, "%s", argv[1]);
	if (bind(sock, (struct sockaddr *)&addr, sizeof addr) || listen(sock, 8))
		fatal(argv[1]);
	for (int n = 1;; n++) {
		struct pollfd p = { .events = POLLIN };
		int conn = accept4(sock, 0, 0, SOCK_CLOEXEC);
		char path[4096];
		FILE *json, *out;

		snprintf(path, sizeof path, "%s.%d", argv[2], n);
		out = fopen(path, "w");
		snprintf(path, sizeof path, "%s.%d.json", argv[2], n);
		json = fopen(path, "w");
		if (conn < 0 || !json || !out)
			fatal(argv[2]);
		setvbuf(out, 0, _IOLBF, 0);
		p.fd = receive(conn, json);
		fclose(json);
		close(conn);
		if (p.fd >= 0 && fork() == 0) {
			/* The listener hangs up with the last process that has the filter. */
			while (poll(&p, 1, -1) > 0 && !(p.revents & POLLHUP))
				answer(p.fd, out, error);
			_exit(0);
		}
		close(p.fd);
		fclose(out);
	}
}
