/* recvtty receives what a runtime sends over a unix socket.
 *
 *   recvtty tty   SOCK OUT [INPUT]  one terminal master: copy its output to OUT,
 *                                   type the string INPUT into it first
 *   recvtty pidfd SOCK OUT          one pidfd: write the pid it refers to
 *   recvtty dgram SOCK OUT [COUNT]  COUNT datagrams (default 1), one per line
 *
 * The socket exists once the program is ready. OUT.meta says what came with
 * the descriptor: the payload, the number of control messages and of
 * descriptors. go-runc refuses anything but exactly one of each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "recvtty: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listener(const char *path, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (s < 0)
		die("socket");
	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(a.sun_path, path);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(path);
	if (type == SOCK_STREAM && listen(s, 1) < 0)
		die("listen");
	return s;
}

/* Returns the only descriptor of one message, and describes the message in OUT.meta. */
static int receive(int conn, const char *out)
{
	char payload[4096] = "", control[512], name[4200];
	struct iovec io = { payload, sizeof(payload) - 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	int fd = -1, fds = 0, cmsgs = 0;
	ssize_t n = recvmsg(conn, &m, MSG_CMSG_CLOEXEC);
	FILE *f;

	if (n < 0)
		die("recvmsg");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		cmsgs++;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		fds += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	snprintf(name, sizeof(name), "%s.meta", out);
	f = fopen(name, "w");
	if (!f)
		die(name);
	fprintf(f, "bytes=%zd cmsgs=%d fds=%d payload=%s\n", n, cmsgs, fds, payload);
	fclose(f);
	return fd;
}

static int copy_terminal(int master, int out, const char *input)
{
	char buf[65536];

	if (input && write(master, input, strlen(input)) < 0)
		die("write to the terminal");
	for (;;) {
		ssize_t n = read(master, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) /* EIO: the last slave is closed */
			return 0;
		if (write(out, buf, (size_t)n) != n)
			die("write");
	}
}

static int print_pid(int pidfd, int out)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Pid:", 4))
			dprintf(out, "%ld\n", atol(line + 4));
	return 0;
}

static int datagrams(int s, int out, int count)
{
	char buf[4096];

	while (count-- > 0) {
		ssize_t n = recv(s, buf, sizeof(buf) - 1, 0);
		if (n < 0)
			die("recv");
		buf[n] = '\0';
		dprintf(out, "%s\n", buf);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: recvtty tty|pidfd|dgram SOCK OUT [INPUT|COUNT]\n");
		return 2;
	}
	int dgram = !strcmp(argv[1], "dgram");
	int out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		die(argv[3]);
	int s = listener(argv[2], dgram ? SOCK_DGRAM : SOCK_STREAM);
	if (dgram)
		return datagrams(s, out, argc > 4 ? atoi(argv[4]) : 1);
	int conn = accept4(s, NULL, NULL, SOCK_CLOEXEC);
	if (conn < 0)
		die("accept");
	int fd = receive(conn, argv[3]);
	close(conn);
	if (fd < 0)
		return 3; /* the connection was closed without a descriptor */
	return !strcmp(argv[1], "pidfd") ? print_pid(fd, out)
					 : copy_terminal(fd, out, argc > 4 ? argv[4] : NULL);
}
