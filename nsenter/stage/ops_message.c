/* Messages between the stage and its parent. */
#include "stage.h"

/* linux/socket.h does not export these to user space; socket(7), unix(7). */
struct iovec { void *base; size_t len; };
struct control { size_t len; int level, type; };
struct message {
	void *name;
	uint32_t name_len;
	struct iovec *iov;
	size_t iov_len;
	struct rights *control;
	size_t control_len;
	uint32_t flags;
};
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define MSG_CTRUNC 0x8u
#define MSG_TRUNC 0x20u
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000

#define MAX_PASS 253 /* SCM_MAX_FD of the kernel */

/* The room in front of the descriptors is what CMSG_DATA(3) leaves. */
struct rights {
	struct control head;
	int fd[MAX_PASS + 1];
};

/* Without a descriptor read(2) and write(2) do, which hardly a seccomp filter refuses. */
int report(uint32_t op, int err, uint64_t value, int fd)
{
	struct record record = { op, err, value };
	struct iovec iov = { &record, sizeof record };
	struct message msg = { .iov = &iov, .iov_len = 1 };
	struct rights rights;
	long n;

	if (fd == -1)
		return write_once(stage.report < 0 ? stage.gate : stage.report, &record, sizeof record);
	rights.head = (struct control){ sizeof rights.head + sizeof fd, SOL_SOCKET, SCM_RIGHTS };
	rights.fd[0] = fd;
	rights.fd[1] = 0;
	msg.control = &rights;
	msg.control_len = sizeof rights.head + 2 * sizeof fd;
	do
		n = SYS(sendmsg, stage.report, &msg, MSG_NOSIGNAL);
	while (n == -EINTR);
	return error(n);
}

int op_arrive(const struct step *op)
{
	int fd = FD(op, ARRIVE_FD);

	if (HAS(op, ARRIVE_FD) && fd < 0)
		return EBADF;
	return report(stage.index, 0, 0, fd);
}

static int store(const struct step *op, const struct rights *rights, uint64_t got)
{
	uint64_t first = NUM(op, RELEASE_FIRST), count = NUM(op, RELEASE_COUNT);

	if (got != count || count > stage.nslots || (count > 0 && first > stage.nslots - count))
		return EPROTO;
	for (uint64_t i = 0; i < count; i++)
		slot_put(first + i, rights->fd[i]);
	return 0;
}

/* A parent that is gone takes the container with it: there is nobody to tell. */
int op_release(const struct step *op)
{
	static struct rights rights;
	struct {
		uint32_t op, count;
	} text;
	struct iovec iov = { &text, sizeof text };
	struct message msg = { .iov = &iov, .iov_len = 1, .control = &rights };
	uint64_t got = 0;
	long n;

	msg.control_len = NUM(op, RELEASE_COUNT) == 0 ? 0 : sizeof rights;
	do
		n = msg.control_len == 0 ? SYS(read, stage.report, &text, sizeof text)
					 : SYS(recvmsg, stage.report, &msg, MSG_CMSG_CLOEXEC);
	while (n == -EINTR);
	if (n == 0 || n == -ECONNRESET)
		die(1);
	if (n < 0)
		return (int)-n;
	if (msg.control_len > sizeof rights.head && rights.head.type == SCM_RIGHTS)
		got = (rights.head.len - sizeof rights.head) / sizeof(int);
	if (n != sizeof text || msg.flags & (MSG_CTRUNC | MSG_TRUNC) || text.op != stage.index ||
	    text.count != NUM(op, RELEASE_COUNT))
		return EPROTO;
	return store(op, &rights, got);
}

/*
 * The parent ended long before the byte comes; from here on the only listener is
 * the process that wrote it.
 */
int op_gate(const struct step *op)
{
	long n = read_byte(FD(op, GATE_FD));

	if (n != 1)
		return n < 0 ? (int)-n : EPIPE;
	stage.gate = FD(op, GATE_FD);
	fd_close(stage.report);
	stage.report = -1;
	return 0;
}
