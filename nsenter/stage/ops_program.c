/* The way out: hooks, the choice of the program, and execve. */
#include "stage.h"

#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time_types.h>

#define SIGKILL 9
#define SIGCHLD 17
#define SIG_SETMASK 2
#define SIGSET_SIZE 8
#define SEEK_SET 0
#define NO_EXEC 127

/*
 * hook_exec turns the forked child into the hook. It returns only an errno. The
 * process group is for the timeout, which has to reach the hook's children too.
 */
static int hook_exec(const struct step *op)
{
	static const uint64_t no_signals;
	long r = SYS(setpgid, 0, 0);

	if (r == 0 && HAS(op, HOOK_STDIN)) {
		r = SYS(lseek, FD(op, HOOK_STDIN), 0, SEEK_SET);
		if (r == 0)
			r = fd_copy(FD(op, HOOK_STDIN), 0);
	}
	if (r >= 0 && HAS(op, HOOK_OUTPUT)) {
		r = fd_copy(FD(op, HOOK_OUTPUT), 1);
		if (r >= 0)
			r = fd_copy(FD(op, HOOK_OUTPUT), 2);
	}
	if (r >= 0)
		r = fd_cloexec_from(3);
	if (r >= 0)
		r = SYS(rt_sigprocmask, SIG_SETMASK, &no_signals, 0, SIGSET_SIZE);
	if (r >= 0)
		r = SYS(execve, STR(op, HOOK_PATH), LIST(op, HOOK_ARGS), LIST(op, HOOK_ENV));
	return error(r);
}

/* hook_wait waits for the end of pid and reaps it; timeout is in ms, 0 for none. */
static int hook_wait(long pid, int pidfd, uint64_t timeout, int *status)
{
	struct pollfd poll = { .fd = pidfd, .events = POLLIN };
	struct __kernel_timespec left = {
		.tv_sec = (long long)(timeout / 1000),
		.tv_nsec = (long long)(timeout % 1000) * 1000000,
	};
	long n, r;

	do /* the kernel takes what has passed off left */
		n = SYS(ppoll, &poll, 1, timeout == 0 ? 0 : &left, 0, 0);
	while (n == -EINTR);
	if (n <= 0) {
		SYS(kill, -pid, SIGKILL);
		SYS(kill, pid, SIGKILL);
	}
	do
		r = SYS(wait4, pid, status, 0, 0);
	while (r == -EINTR);
	if (n == 0)
		return ETIMEDOUT;
	return n < 0 ? error(n) : error(r);
}

/* A hook that could not be executed leaves its errno in the pipe. */
static int hook_result(int pipe, int status)
{
	int err;

	if (SYS(read, pipe, &err, sizeof err) == sizeof err)
		return err;
	if (status == 0)
		return 0;
	stage.value = (uint64_t)(unsigned)status;
	return ECANCELED;
}

int op_hook(const struct step *op)
{
	int pipe[2], pidfd = -1, status = 0, err;
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uint64_t)&pidfd, .exit_signal = SIGCHLD,
	};
	long pid = SYS(pipe2, pipe, O_CLOEXEC | O_NONBLOCK);

	if (pid < 0)
		return (int)-pid;
	pid = SYS(clone3, &args, sizeof args);
	if (pid == 0) {
		err = hook_exec(op);
		SYS(write, pipe[1], &err, sizeof err);
		die(NO_EXEC);
	}
	fd_close(pipe[1]);
	err = error(pid);
	if (err == 0)
		err = hook_wait(pid, pidfd, NUM(op, HOOK_TIMEOUT), &status);
	if (err == 0)
		err = hook_result(pipe[0], status);
	fd_close(pidfd);
	fd_close(pipe[0]);
	return err;
}

/* executable is what execve would say about path, but for a wrong format. */
static int executable(const char *path)
{
	struct stat st;
	int err = error(SYS(newfstatat, AT_FDCWD, path, &st, 0));

	if (err != 0)
		return err;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return error(SYS(faccessat2, AT_FDCWD, path, 1 /* X_OK */, AT_EACCESS));
}

int op_program(const struct step *op)
{
	const char *const *candidates = LIST(op, PROGRAM_CANDIDATES);
	int verdict = ENOENT;

	for (; *candidates != NULL; candidates++) {
		int err = executable(*candidates);

		if (err == 0) {
			stage.program = *candidates;
			return 0;
		}
		if (err == EACCES)
			verdict = EACCES;
		else if (err != ENOENT && err != ENOTDIR)
			return err;
	}
	return verdict;
}

int op_execve(const struct step *op)
{
	if (stage.program == NULL)
		return EPROTO;
	return error(SYS(execve, stage.program, LIST(op, EXECVE_ARGS), LIST(op, EXECVE_ENV)));
}
