/* probe tells, from inside a container or from the host, what a process was
 * given. Each word on the command line is one question; "open", "umount" and
 * "seals" take arguments. Answers are one line each: "question answer". */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void fds(void)
{
	printf("fds");
	for (int i = 0; i < 4096; i++)
		if (fcntl(i, F_GETFD) >= 0)
			printf(" %d", i);
	printf("\n");
}

/* linux/sched/types.h, struct sched_attr of 48 bytes (SCHED_ATTR_SIZE_VER0) */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void sched(void)
{
	struct attr a = { .size = sizeof(a) };

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0) {
		printf("sched %s\n", strerrorname_np(errno));
		return;
	}
	printf("sched policy=%u flags=%llu nice=%d priority=%u runtime=%llu deadline=%llu period=%llu\n",
	       a.policy, (unsigned long long)a.flags, a.nice, a.priority, (unsigned long long)a.runtime,
	       (unsigned long long)a.deadline, (unsigned long long)a.period);
}

static void ioprio(void)
{
	long v = syscall(SYS_ioprio_get, 1, 0);

	printf("ioprio class=%ld level=%ld\n", v >> 13, v & 0x1fff);
}

static void mempolicy(void)
{
	unsigned long nodes[16] = { 0 };
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8, NULL, 0) < 0)
		printf("mempolicy %s\n", strerrorname_np(errno));
	else
		printf("mempolicy mode=%d flags=%#x nodes=%#lx\n", mode & 0xff, mode & ~0xff, nodes[0]);
}

static void affinity(void)
{
	cpu_set_t s;

	printf("affinity");
	if (sched_getaffinity(0, sizeof(s), &s) == 0)
		for (int i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &s))
				printf(" %d", i);
	printf("\n");
}

static void keyring(void)
{
	char d[512];
	long n = syscall(SYS_keyctl, 6 /* KEYCTL_DESCRIBE */, -3 /* the session keyring */, d, sizeof(d));

	if (n < 0)
		printf("keyring %s\n", strerrorname_np(errno));
	else
		printf("keyring serial=%ld %.*s\n", syscall(SYS_keyctl, 0, -3, 0), (int)n, d);
}

static void keylabel(void)
{
	char label[512];
	long n = syscall(SYS_keyctl, 17 /* KEYCTL_GET_SECURITY */, -3 /* the session keyring */, label, sizeof(label));

	printf("keylabel %s\n", n < 0 ? strerrorname_np(errno) : label);
}

static void winsize(void)
{
	struct winsize w;

	if (ioctl(0, TIOCGWINSZ, &w) < 0)
		printf("winsize %s\n", strerrorname_np(errno));
	else
		printf("winsize %hux%hu\n", w.ws_row, w.ws_col);
}

static void clocks(void)
{
	struct timespec m, b;

	clock_gettime(CLOCK_MONOTONIC, &m);
	clock_gettime(CLOCK_BOOTTIME, &b);
	printf("clocks monotonic=%lld boottime=%lld\n", (long long)m.tv_sec, (long long)b.tv_sec);
}

static void session(void)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	printf("session pid=%d sid=%d pgid=%d fgpgid=%d ctty=%s\n", getpid(), getsid(0), getpgrp(),
	       tcgetpgrp(0), tty < 0 ? strerrorname_np(errno) : "yes");
}

static void umask_(void)
{
	printf("umask %04o\n", umask(0));
}

static void signals(void)
{
	sigset_t s;

	printf("signals ignored=");
	for (int i = 1; i < 65; i++) {
		struct sigaction a;
		if (sigaction(i, NULL, &a) == 0 && a.sa_handler == SIG_IGN)
			printf("%d,", i);
	}
	sigprocmask(SIG_SETMASK, NULL, &s);
	printf(" blocked=");
	for (int i = 1; i < 65; i++)
		if (sigismember(&s, i) == 1)
			printf("%d,", i);
	printf("\n");
}

static void stdio(void)
{
	struct stat st;

	printf("stdio");
	for (int i = 0; i < 3; i++) {
		if (fstat(i, &st) < 0)
			printf(" %s", strerrorname_np(errno));
		else
			printf(" %lu:%lu:%u", st.st_dev, st.st_ino, st.st_uid);
	}
	printf("\n");
}

static void open_(const char *mode, const char *path)
{
	int flags = !strcmp(mode, "r") ? O_RDONLY : !strcmp(mode, "w") ? O_WRONLY
		  : !strcmp(mode, "c") ? O_WRONLY | O_CREAT : O_RDWR;
	int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

	printf("open %s %s %s\n", mode, path, fd < 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

/* A non-shmem inode has no seals: EINVAL. */
static void seals(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int s = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

	if (s < 0)
		printf("seals %s\n", strerrorname_np(errno));
	else
		printf("seals%s%s%s%s%s\n", s & F_SEAL_SEAL ? " seal" : "", s & F_SEAL_SHRINK ? " shrink" : "",
		       s & F_SEAL_GROW ? " grow" : "", s & F_SEAL_WRITE ? " write" : "", s & 0x20 ? " exec" : "");
}

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = sig;
}

/* Whether what is open for writing gives nothing away. Once the process that ran it is
 * gone, a program can be opened for writing: the container's own "true", which is nobody
 * else's, and a memfd, whose seal refuses every write (F_SEAL_WRITE in fcntl(2)). */
static int harmless(int fd)
{
	struct stat own, st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0 && seals & F_SEAL_WRITE && write(fd, "", 1) < 0 && errno == EPERM)
		return 1;
	return !stat("/bin/true", &own) && !fstat(fd, &st) && own.st_dev == st.st_dev && own.st_ino == st.st_ino;
}

/* CVE-2019-5736, variant d: open the executable of every process that appears,
 * for reading first, then through that descriptor for writing. Until SIGTERM,
 * at most ms milliseconds. A win is a program that could be changed. */
static void hunt(int ms)
{
	struct timespec t;
	long tries = 0, won = 0, end;

	signal(SIGTERM, on_term);
	printf("hunting\n");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * 1000 + t.tv_nsec / 1000000 + ms;
	do {
		DIR *d = opendir("/proc");
		struct dirent *e;
		while (d && (e = readdir(d))) {
			char path[300];
			int o, fd;
			if (e->d_name[0] < '1' || e->d_name[0] > '9' || atoi(e->d_name) == getpid())
				continue;
			snprintf(path, sizeof(path), "/proc/%s/exe", e->d_name);
			o = open(path, O_PATH | O_CLOEXEC);
			if (o < 0)
				continue;
			tries++;
			snprintf(path, sizeof(path), "/proc/self/fd/%d", o);
			fd = open(path, O_RDWR | O_CLOEXEC);
			if (fd >= 0) {
				won += !harmless(fd);
				close(fd);
			}
			close(o);
		}
		if (d)
			closedir(d);
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while (!stop && t.tv_sec * 1000 + t.tv_nsec / 1000000 < end);
	printf("hunt tried=%s won=%ld\n", tries ? "yes" : "no", won);
}

static void notify(const char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path) {
		printf("notify no NOTIFY_SOCKET\n");
		return;
	}
	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&a, sizeof(a)) < 0)
		printf("notify %s %s\n", path, strerrorname_np(errno));
	else
		printf("notify ok\n");
}

static volatile int came_back;

static void *call_getppid(void *unused)
{
	(void)unused;
	syscall(SYS_getppid);
	came_back = 1;
	return 0;
}

/* What becomes of a thread that calls getppid(2), and of the others. */
static void thread(void)
{
	pthread_t t;

	if (pthread_create(&t, 0, call_getppid, 0))
		printf("thread %s\n", strerrorname_np(errno));
	for (int i = 0; i < 200 && !came_back; i++)
		usleep(1000);
	printf("thread %s\n", came_back ? "back" : "gone");
}

static const struct {
	const char *name;
	void (*ask)(void);
} questions[] = {
	{ "fds", fds }, { "sched", sched }, { "ioprio", ioprio }, { "mempolicy", mempolicy },
	{ "affinity", affinity }, { "keyring", keyring }, { "keylabel", keylabel },
	{ "winsize", winsize }, { "clocks", clocks },
	{ "session", session }, { "umask", umask_ }, { "signals", signals }, { "stdio", stdio },
	{ "thread", thread },
};

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t q = 0;
		while (q < sizeof(questions) / sizeof(questions[0]) && strcmp(argv[i], questions[q].name))
			q++;
		if (q < sizeof(questions) / sizeof(questions[0])) {
			questions[q].ask();
		} else if (!strcmp(argv[i], "open") && i + 2 < argc) {
			open_(argv[i + 1], argv[i + 2]);
			i += 2;
		} else if (!strcmp(argv[i], "umount") && i + 1 < argc) {
			i++;
			printf("umount %s %s\n", argv[i], umount2(argv[i], MNT_DETACH) ? strerrorname_np(errno) : "ok");
		} else if (!strcmp(argv[i], "seals") && i + 1 < argc) {
			seals(argv[++i]);
		} else if (!strcmp(argv[i], "hunt") && i + 1 < argc) {
			hunt(atoi(argv[++i]));
		} else if (!strcmp(argv[i], "notify") && i + 1 < argc) {
			notify(argv[++i]);
		} else if (!strcmp(argv[i], "personality")) {
			printf("personality %#x\n", (unsigned)personality(0xffffffff));
		} else if (!strcmp(argv[i], "tiocsti")) {
			printf("tiocsti %s\n", ioctl(0, TIOCSTI, "x") ? strerrorname_np(errno) : "ok");
		} else if (!strcmp(argv[i], "readgate") && i + 1 < argc) {
			/* what an antivirus does to every new file: open, read a little, close */
			char b[16];
			int fd = open(argv[++i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
			usleep(100000);
			printf("readgate %zd\n", fd < 0 ? (ssize_t)-1 : read(fd, b, sizeof(b)));
		} else {
			fprintf(stderr, "probe: unknown question %s\n", argv[i]);
			return 2;
		}
		fflush(stdout);
	}
	return 0;
}
