/* verdicts asks the seccomp filters of this process about system calls without
 * doing one of them. It adds a filter of its own that gives every call to a
 * listener: of several filters the strictest answer counts, and refusing or
 * killing is stricter than notifying, which is stricter than allowing. So a call
 * that reaches the listener is allowed, and is answered there and not done.
 *
 *   verdicts FIRST LAST     each number in between, on each ABI of the machine
 *   verdicts ABI NUMBER A0  one number with one first argument
 *
 * A line of the answer is a range of numbers with one verdict:
 * "ABI arguments FIRST-LAST allowed|errno NAME|killed SIGNAL", or "ABI none". */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALLOWED 3999 /* what the listener answers; the kernel itself never does */
#define X32 0x40000000

struct shared {
	volatile int listener, ready, next, done;
	volatile int result[1024];
};

struct abi {
	const char *name;
	int bit, narrow;
};

#ifdef __x86_64__
static const struct abi abis[] = { { "x86_64", 0, 0 }, { "x32", X32, 0 }, { "i386", 0, 1 } };
#else
static const struct abi abis[] = { { "native", 0, 0 } };
#endif

static long call(const struct abi *abi, int number, long a0)
{
	long r;

#ifdef __x86_64__
	if (abi->narrow)
		__asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a0), "c"(a0), "d"(a0), "S"(a0), "D"(a0)
				 : "r8", "r9", "r10", "r11", "memory");
	else
		__asm__ volatile("movq %2, %%r10; movq %2, %%r8; movq %2, %%r9; syscall"
				 : "=a"(r) : "a"(number | abi->bit), "D"(a0), "S"(a0), "d"(a0)
				 : "rcx", "r8", "r9", "r10", "r11", "memory");
#else
	r = syscall(number, a0, a0, a0, a0, a0, a0);
	r = r < 0 ? -errno : r;
#endif
	return abi->narrow ? (int)r : r;
}

/* From the filter on this process cannot make a system call: it has to be killed. */
static void ask(struct shared *s, const struct abi *abi, int first, int last, long a0)
{
	struct sock_filter all[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF } };
	struct sock_fprog program = { 1, all };

	s->listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (s->listener < 0)
		s->listener = -errno;
	s->ready = 1;
	while (s->listener >= 0 && s->next <= last) {
		int i = s->next;

		s->result[i - first] = -1; /* killed, unless the call comes back */
		s->next = i + 1;
		s->result[i - first] = (int)-call(abi, i, a0);
	}
	s->done = 1;
	for (;;)
		;
}

static void answer(int listener)
{
	struct seccomp_notif n;
	struct seccomp_notif_resp r;

	memset(&n, 0, sizeof n);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return;
	memset(&r, 0, sizeof r);
	r.id = n.id;
	r.error = -ALLOWED;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

/* One process asks until it has all answers or is killed for one. */
static int round_of(struct shared *s, const struct abi *abi, int first, int last, long a0)
{
	int asked, ended = 0, status = 0;
	/* The descriptors are shared: the listener's number means the same here. */
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		ask(s, abi, first, last, a0);
	while (!s->ready && !ended)
		ended = waitpid(pid, &status, WNOHANG) == pid;
	if (!s->ready || s->listener < 0) {
		printf("no listener: %s, status %#x\n", strerror(-s->listener), status);
		exit(1);
	}
	while (!ended) {
		struct pollfd p = { s->listener, POLLIN, 0 };

		poll(&p, 1, s->done ? 0 : 100);
		if (p.revents & POLLIN)
			answer(s->listener);
		else if (s->done)
			kill(pid, SIGKILL);
		ended = waitpid(pid, &status, WNOHANG) == pid;
	}
	close(s->listener);
	asked = s->next - 1;
	if (!s->done && s->result[asked - first] == -1)
		s->result[asked - first] = -WTERMSIG(status) - 1;
	return s->done;
}

static const char *verdict(int result, char *text)
{
	if (result == ALLOWED)
		return "allowed";
	if (result < -1)
		sprintf(text, "killed SIG%s", sigabbrev_np(-result - 1));
	else
		sprintf(text, "errno %s", strerrorname_np(result) ? strerrorname_np(result) : "?");
	return text;
}

/* Where the kernel has no such ABI it does not ask filters either. */
static int exists(const struct abi *abi)
{
	int status = 0, pid = fork();

	if (pid == 0)
		_exit(call(abi, -1, 0) == 0); /* ENOSYS or refused; a signal where there is none */
	waitpid(pid, &status, 0);
	if (status != 0)
		printf("%s none\n", abi->name);
	return status == 0;
}

static void range(const struct abi *abi, int first, int last, long a0)
{
	struct shared *s = mmap(0, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char text[64];

	s->next = first;
	do
		s->ready = s->done = 0;
	while (!round_of(s, abi, first, last, a0) && s->next <= last);
	for (int i = first, from = first; i <= last; i++) {
		if (i < last && s->result[i + 1 - first] == s->result[i - first])
			continue;
		printf("%s %#lx %d-%d %s\n", abi->name, a0, from, i, verdict(s->result[i - first], text));
		from = i + 1;
	}
	munmap(s, sizeof *s);
}

int main(int argc, char **argv)
{
	/* What a profile asks of a first argument: nothing, clone's namespaces, personality's domains. */
	static const long arguments[] = { -1, 0, 8, 0x20000, 0x20008, 0xffffffff, 0x10000000, 0x7e020000, SIGCHLD };
	unsigned n = sizeof abis / sizeof *abis;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (unsigned a = 0; argc == 3 && a < n; a++)
		if (exists(&abis[a]))
			for (unsigned i = 0; i < sizeof arguments / sizeof *arguments; i++)
				range(&abis[a], atoi(argv[1]), atoi(argv[2]), arguments[i]);
	for (unsigned a = 0; argc == 4 && a < n; a++)
		if (strcmp(argv[1], abis[a].name) == 0)
			range(&abis[a], atoi(argv[2]), atoi(argv[2]), strtol(argv[3], 0, 0));
	return 0;
}
