/* subreap runs a command as an engine's shim does: as a child subreaper.
 *
 *   subreap OUT CMD ARG...
 *
 * When CMD has ended, OUT gets "cmd STATUS", then "child PID" for every process
 * that is now a child, then "." ; then one "exit PID STATUS" for each as it ends.
 * STATUS is the exit code, or 128+n for signal n. Ends with its last child.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void list_children(int out)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[300], line[1024];
		int ppid = -1;
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		FILE *f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(line, sizeof(line), f) && strrchr(line, ')'))
			sscanf(strrchr(line, ')'), ") %*c %d", &ppid);
		fclose(f);
		if (ppid == getpid())
			dprintf(out, "child %s\n", e->d_name);
	}
	if (d)
		closedir(d);
}

int main(int argc, char **argv)
{
	int status, out;
	pid_t pid, child;

	if (argc < 3 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 125;
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		return 125;
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while ((child = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	dprintf(out, "cmd %d\n", code(status));
	list_children(out);
	dprintf(out, ".\n");
	while ((child = wait(&status)) > 0)
		dprintf(out, "exit %d %d\n", child, code(status));
	return 0;
}
