/* interleave measures commands against each other: one call of each in turn.
 *
 *   interleave ROUNDS WARMUP SCRIPT [LOG]
 *
 * SCRIPT has one step a line, its words separated by tabs:
 *
 *   group NAME               the steps that follow belong to NAME
 *   time LABEL ARG...        run a command and measure it; "%" in a word is the round
 *   par LABEL COUNT ARG...   run COUNT of it at once and measure from the first
 *                            fork to the last exit; "%" in a word is the number
 *   do ARG...                run a command and do not measure it
 *   evict FILE...            drop what the page cache has of the files; what a process
 *                            has mapped stays
 *   reap                     wait for every process that is left, containers too
 *   sum LABEL LABEL...       the sum of what the round measured under the labels
 *
 * A round runs all groups in an order drawn anew, so that what the kernel still
 * cleans up after one command burdens all others alike. WARMUP rounds come first
 * and do not count. A group with a command that fails is left out from then on.
 *
 * Prints for each label, separated by tabs: LABEL GROUP, then "fail" or N, the
 * wall time's minimum, median and 90th percentile, the median of user + system
 * time (all in microseconds) and the largest peak resident set in KiB of the
 * command or a process it waited for. LOG gets a line for each counted call: LABEL
 * GROUP ROUND, and begin and end in microseconds of CLOCK_MONOTONIC.
 *
 * Static and small because a child's ru_maxrss begins with the resident set of
 * the process it was forked from (exec_mmap() in fs/exec.c keeps it).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_STEPS = 128, MAX_GROUPS = 16, MAX_ARGS = 64, MAX_PAR = 256, STEP_SECONDS = 60 };

enum kind { TIME, PAR, DO, REAP, SUM, EVICT };

struct step {
	enum kind kind;
	int group, count;
	char *label, *argv[MAX_ARGS + 1];
	/* of the last round, in microseconds and KiB */
	long begin, wall, cpu;
	/* of all counted rounds */
	long *walls, *cpus, rss;
};

static struct step steps[MAX_STEPS];
static struct group { char *name; int failed; } groups[MAX_GROUPS];
static int nsteps, ngroups;
static pid_t running[MAX_PAR];
static FILE *call_log;

static void die(const char *what, const char *arg)
{
	fprintf(stderr, "interleave: %s: %s%s%s\n", what, arg, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(2);
}

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void on_alarm(int sig)
{
	(void)sig;
	for (int i = 0; i < MAX_PAR; i++)
		if (running[i] > 0)
			kill(running[i], SIGKILL);
}

/* A command that execs nothing ends with 127; the words are made before the fork. */
static pid_t spawn(char **argv)
{
	pid_t pid = vfork();
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		die("vfork", argv[0]);
	return pid;
}

/* Copies argv for instance n, with "%" replaced by its number. */
static char **instance(char **argv, int n)
{
	char **out = calloc(MAX_ARGS + 1, sizeof(*out));
	for (int i = 0; out && argv[i]; i++) {
		char *mark = strchr(argv[i], '%');
		out[i] = argv[i];
		if (mark && asprintf(&out[i], "%.*s%d%s", (int)(mark - argv[i]), argv[i], n, mark + 1) < 0)
			out[i] = NULL;
	}
	return out;
}

/* Runs a step's command, or its instances at once. Returns 0, or the first bad status.
 * round is negative while warming up. */
static int run(struct step *s, int round)
{
	int bad = 0, counted = round >= 0, n = s->kind == PAR ? s->count : 1;
	char **argv[MAX_PAR];
	for (int i = 0; i < n; i++)
		argv[i] = instance(s->argv, s->kind == PAR ? i : round);

	alarm(STEP_SECONDS);
	s->cpu = 0;
	s->begin = now();
	for (int i = 0; i < n; i++)
		running[i] = spawn(argv[i]);
	for (int i = 0; i < n; i++) {
		struct rusage ru;
		int status;
		while (wait4(running[i], &status, 0, &ru) < 0)
			if (errno != EINTR)
				die("wait4", argv[i][0]);
		running[i] = 0;
		bad = bad ? bad : status;
		s->cpu += (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_usec;
		if (counted && ru.ru_maxrss > s->rss)
			s->rss = ru.ru_maxrss;
	}
	s->wall = now() - s->begin;
	alarm(0);
	return bad;
}

/* The runtimes' files are clean, so nothing has to be written before. */
static void evict(char **files)
{
	for (; *files; files++) {
		int fd = open(*files, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die("open", *files);
		errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		if (errno)
			die("posix_fadvise", *files);
		close(fd);
	}
}

static void add(struct step *s)
{
	s->wall = s->cpu = 0;
	for (char **label = s->argv; *label; label++)
		for (struct step *t = steps; t < s; t++)
			if (t->group == s->group && t->label && !strcmp(t->label, *label)) {
				s->wall += t->wall;
				s->cpu += t->cpu;
				s->rss = t->rss > s->rss ? t->rss : s->rss;
			}
}

/* round is negative while warming up. */
static void run_group(int group, int round)
{
	for (struct step *s = steps; s < steps + nsteps; s++) {
		int status = 0;
		if (s->group != group)
			continue;
		if (s->kind == REAP)
			while (wait(NULL) > 0 || errno == EINTR)
				;
		else if (s->kind == SUM)
			add(s);
		else if (s->kind == EVICT)
			evict(s->argv);
		else
			status = run(s, round);
		if (status) {
			fprintf(stderr, "interleave: wait status 0x%x of %s:", status, groups[group].name);
			for (char **a = s->argv; *a; a++)
				fprintf(stderr, " %s", *a);
			fprintf(stderr, "\n");
			groups[group].failed = 1;
			return;
		}
		if (round >= 0 && s->label) {
			s->walls[round] = s->wall;
			s->cpus[round] = s->cpu;
			if (call_log && s->kind != SUM)
				fprintf(call_log, "%s\t%s\t%d\t%ld\t%ld\n", s->label, groups[group].name, round, s->begin,
					s->begin + s->wall);
		}
	}
	/* Containers' first processes are left to this subreaper. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void run_rounds(int rounds, int warmup)
{
	int order[MAX_GROUPS];
	unsigned random = 1;
	for (int i = 0; i < ngroups; i++)
		order[i] = i;
	for (int round = -warmup; round < rounds; round++) {
		for (int i = ngroups - 1; i > 0; i--) {
			random = random * 1103515245 + 12345;
			int j = (int)((random >> 16) % (unsigned)(i + 1)), t = order[i];
			order[i] = order[j];
			order[j] = t;
		}
		for (int i = 0; i < ngroups; i++)
			if (!groups[order[i]].failed)
				run_group(order[i], round);
	}
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;
	return (x > y) - (x < y);
}

static long percentile(long *sorted, int n, int p)
{
	return sorted[(n - 1) * p / 100];
}

static void report(FILE *out, int rounds)
{
	for (struct step *s = steps; s < steps + nsteps; s++) {
		if (!s->label)
			continue;
		fprintf(out, "%s\t%s\t", s->label, groups[s->group].name);
		if (groups[s->group].failed) {
			fprintf(out, "fail\n");
			continue;
		}
		qsort(s->walls, (size_t)rounds, sizeof(long), compare);
		qsort(s->cpus, (size_t)rounds, sizeof(long), compare);
		fprintf(out, "%d\t%ld\t%ld\t%ld\t%ld\t%ld\n", rounds, s->walls[0], percentile(s->walls, rounds, 50),
			percentile(s->walls, rounds, 90), percentile(s->cpus, rounds, 50), s->rss);
	}
}

static void parse_line(char *line, int rounds)
{
	struct step *s = &steps[nsteps];
	char *words[MAX_ARGS + 4], **w = words, *save = NULL;
	int n = 0;

	for (char *t = strtok_r(line, "\t\n", &save); t; t = strtok_r(NULL, "\t\n", &save)) {
		if (n > MAX_ARGS)
			die("line too long", words[0]);
		words[n++] = strdup(t);
	}
	words[n] = NULL;
	if (n == 0)
		return;
	char *op = *w++;
	if (!strcmp(op, "group") && n == 2 && ngroups < MAX_GROUPS) {
		groups[ngroups++].name = *w;
		return;
	}
	int time = !strcmp(op, "time"), par = !strcmp(op, "par"), sum = !strcmp(op, "sum");
	int drop = !strcmp(op, "evict");
	int ok = time || par || sum || drop || !strcmp(op, "do") || !strcmp(op, "reap");
	if (!ok || !ngroups || nsteps == MAX_STEPS)
		die("misplaced line", op);
	s->kind = time ? TIME : par ? PAR : sum ? SUM : drop ? EVICT : *op == 'd' ? DO : REAP;
	s->group = ngroups - 1;
	if (time || par || sum) {
		s->label = *w++;
		s->walls = calloc((size_t)rounds, sizeof(long));
		s->cpus = calloc((size_t)rounds, sizeof(long));
	}
	if (par && w < words + n)
		s->count = atoi(*w++);
	if (w > words + n || (s->kind != REAP && w == words + n) || (par && (s->count < 1 || s->count > MAX_PAR)))
		die("incomplete line", op);
	memcpy(s->argv, w, (size_t)(words + n - w) * sizeof(*w));
	nsteps++;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	if (argc < 4 || argc > 5 || atoi(argv[1]) < 1) {
		fprintf(stderr, "usage: interleave ROUNDS WARMUP SCRIPT [LOG]\n");
		return 2;
	}
	int rounds = atoi(argv[1]);
	FILE *in = fopen(argv[3], "re");
	if (!in)
		die("open", argv[3]);
	while (getline(&line, &size, in) > 0)
		parse_line(line, rounds);
	fclose(in);
	if (argc == 5 && !(call_log = fopen(argv[4], "we")))
		die("open", argv[4]);

	/* The commands get /dev/null and this process's stderr. */
	FILE *out = fdopen(fcntl(1, F_DUPFD_CLOEXEC, 3), "w");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (!out || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		die("prepare", "descriptors and subreaper");
	signal(SIGALRM, on_alarm);
	run_rounds(rounds, atoi(argv[2]));
	report(out, rounds);
	return fclose(out) || (call_log && fclose(call_log)) ? 2 : 0;
}
