/* peaks prints the largest resident set of each program that a command's processes run.
 *
 *   peaks COMMAND...
 *
 * Every process is traced; VmHWM is read before each exec, which begins anew, and
 * before each exit. A line for each: KiB, a tab, the program's name. Processes that
 * still live when the command has ended go on untraced.
 *
 * Exit status: the command's, or 2 if it cannot be traced.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/ptrace.h>
#include <unistd.h>

enum {
	OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT
};

static FILE *out;

/* Threads share what is counted: only the thread that leads the process reports. */
static void print_peak(pid_t pid)
{
	char path[64], line[256], name[64] = "";
	long peak = -1;
	int leader = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "Name: %63[^\n]", name);
		sscanf(line, "Tgid: %d", &leader);
		sscanf(line, "VmHWM: %ld", &peak);
	}
	fclose(f);
	if (leader == pid && peak >= 0)
		fprintf(out, "%ld\t%s\n", peak, name);
}

static int begins_exec(pid_t pid)
{
	struct __ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return 0;
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && (info.entry.nr == SYS_execve || info.entry.nr == SYS_execveat);
}

/* Returns the signal that the stopped process is to get. */
static int handle(pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		if (begins_exec(pid))
			print_peak(pid);
		return 0;
	}
	if (event == PTRACE_EVENT_EXIT)
		print_peak(pid);
	if (event == PTRACE_EVENT_STOP && (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		ptrace(PTRACE_LISTEN, pid, 0, 0);
		return -1;
	}
	return event ? 0 : sig;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		raise(SIGSTOP);
		dup2(null, 0);
		dup2(null, 1);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, WUNTRACED) != pid || ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0)
		return -1;
	kill(pid, SIGCONT);
	return pid;
}

int main(int argc, char **argv)
{
	int status;
	out = fdopen(fcntl(1, F_DUPFD_CLOEXEC, 3), "w");
	pid_t pid, child = argc < 2 || !out ? -1 : start(argv + 1);
	if (child < 0) {
		fprintf(stderr, "peaks: cannot trace %s: %s\n", argc < 2 ? "no command" : argv[1], strerror(errno));
		return 2;
	}
	alarm(60);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid == child && !WIFSTOPPED(status)) {
			fclose(out);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
		}
		int sig = pid > 0 && WIFSTOPPED(status) ? handle(pid, status) : -1;
		if (sig >= 0)
			ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	return 2;
}
