/* withpty runs a command on a terminal of its own.
 *
 *   withpty [-s ROWSxCOLS] [-r ROWSxCOLS] [-i INPUT] [-w MARK] OUT CMD ARG...
 *
 * Output goes to OUT. INPUT is typed and the terminal is resized to -r once MARK
 * (default: any byte) was printed. OUT.tty holds the terminal's modes after the
 * command ended ("cooked" or "raw"). Exits as CMD did, 128+n for signal n.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static void die(const char *what)
{
	fprintf(stderr, "withpty: %s: %s\n", what, strerror(errno));
	exit(125);
}

static struct winsize size(const char *s)
{
	struct winsize w = { 0 };

	if (sscanf(s, "%hux%hu", &w.ws_row, &w.ws_col) != 2) {
		errno = EINVAL;
		die(s);
	}
	return w;
}

/* Copies output until the terminal closes; acts once when mark was seen. */
static void copy(int master, int out, const char *mark, const char *input, const struct winsize *resize)
{
	static char seen[1 << 20];
	size_t len = 0;
	int done = 0;

	for (;;) {
		ssize_t n = read(master, seen + len, sizeof(seen) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		if (write(out, seen + len, (size_t)n) != n)
			die("write");
		len += (size_t)n;
		seen[len] = '\0';
		if (done || !strstr(seen, mark))
			continue;
		done = 1;
		if (resize && ioctl(master, TIOCSWINSZ, resize) < 0)
			die("TIOCSWINSZ");
		if (input && write(master, input, strlen(input)) < 0)
			die("write");
	}
}

static void report_modes(const char *out, int slave)
{
	struct termios t;
	char name[4200];
	FILE *f;

	snprintf(name, sizeof(name), "%s.tty", out);
	f = fopen(name, "w");
	if (!f || tcgetattr(slave, &t) < 0)
		die(name);
	fprintf(f, "%s\n", (t.c_lflag & ICANON) && (t.c_lflag & ECHO) ? "cooked" : "raw");
	fclose(f);
}

int main(int argc, char **argv)
{
	const char *mark = "", *input = NULL;
	struct winsize first = { .ws_row = 24, .ws_col = 80 }, later;
	const struct winsize *resize = NULL;
	int c, master, slave, status;

	while ((c = getopt(argc, argv, "+s:r:i:w:")) != -1) {
		switch (c) {
		case 's': first = size(optarg); break;
		case 'r': later = size(optarg); resize = &later; break;
		case 'i': input = optarg; break;
		case 'w': mark = optarg; break;
		default: return 125;
		}
	}
	if (argc - optind < 2)
		return 125;
	int out = open(argv[optind], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		die(argv[optind]);
	if (openpty(&master, &slave, NULL, NULL, &first) < 0)
		die("openpty");
	fcntl(master, F_SETFD, FD_CLOEXEC);
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(master);
		login_tty(slave);
		execvp(argv[optind + 1], argv + optind + 1);
		die(argv[optind + 1]);
	}
	/* The slave stays open here, so that the modes can be read once the command
	 * is gone; the copier ends when it is closed everywhere. */
	pid_t copier = fork();
	if (copier == 0) {
		close(slave);
		copy(master, out, mark, input, resize);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	report_modes(argv[optind], slave);
	close(slave);
	waitpid(copier, NULL, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
