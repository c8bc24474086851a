/* floor is the yardstick: the system calls that the default config of `rt spec`
 * asks for, one after the other, and nothing else. It reads no JSON, keeps no
 * state, checks no path, opens no gate and reports no error, so it is no runtime;
 * a runtime cannot take less time on the same kernel.
 *
 *   floor ROOTFS NAME CGROUP...   run /bin/true of ROOTFS in a container whose
 *                                 cgroups are the directories CGROUP/NAME
 *   floor                         return at once: the cost of a static C program
 *
 * Exit status: that of the container's process, or 1 if a call failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(call) do { if ((call) < 0) _exit(1); } while (0)

enum { MAX_CGROUPS = 64 };

static char *cgroup[MAX_CGROUPS];
static int ncgroups;
static char path[4096], source[4096];

static const char *in_cgroup(int i, const char *name, const char *file)
{
	snprintf(path, sizeof(path), "%s/%s/%s", cgroup[i], name, file);
	return path;
}

static void put(const char *file, const char *data)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	TRY(fd);
	TRY(write(fd, data, strlen(data)));
	TRY(close(fd));
}


/* A v1 cpuset is empty until it is given what its parent has. */
static void inherit(int i, const char *name, const char *file)
{
	char data[256];
	snprintf(path, sizeof(path), "%s/%s", cgroup[i], file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	TRY(fd);
	ssize_t n = read(fd, data, sizeof(data) - 1);
	TRY(n);
	data[n] = 0;
	TRY(close(fd));
	put(in_cgroup(i, name, file), data);
}

static void make_cgroups(const char *name)
{
	static const char *const allowed[] = { "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
		"c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm" };

	for (int i = 0; i < ncgroups; i++) {
		TRY(mkdir(in_cgroup(i, name, ""), 0755));
		if (strstr(cgroup[i], "/cpuset")) {
			inherit(i, name, "cpuset.cpus");
			inherit(i, name, "cpuset.mems");
		}
		if (strstr(cgroup[i], "/devices")) {
			put(in_cgroup(i, name, "devices.deny"), "a");
			for (size_t d = 0; d < sizeof(allowed) / sizeof(*allowed); d++)
				put(in_cgroup(i, name, "devices.allow"), allowed[d]);
		}
	}
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	TRY(fd);
	TRY(ioctl(fd, SIOCSIFFLAGS, &lo));
	TRY(close(fd));
}

/* The cgroups appear below sys/fs/cgroup as they do on the host. */
static void mount_cgroups(const char *name)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC, flags = safe | MS_RDONLY;

	TRY(mount("tmpfs", "sys/fs/cgroup", "tmpfs", safe, "mode=755"));
	for (int i = 0; i < ncgroups; i++) {
		snprintf(source, sizeof(source), "%s/%s", cgroup[i], name);
		snprintf(path, sizeof(path), "sys/fs/cgroup/%d", i);
		TRY(mkdir(path, 0755));
		TRY(mount(source, path, NULL, MS_BIND, NULL));
		TRY(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | flags, NULL));
	}
	TRY(mount(NULL, "sys/fs/cgroup", NULL, MS_BIND | MS_REMOUNT | flags, NULL));
}

static void mount_all(const char *name)
{
	const unsigned long safe = MS_NOSUID | MS_NOEXEC;

	TRY(mount("proc", "proc", "proc", 0, NULL));
	TRY(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
	TRY(mkdir("dev/pts", 0755));
	TRY(mount("devpts", "dev/pts", "devpts", safe, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
	TRY(mkdir("dev/shm", 0755));
	TRY(mount("shm", "dev/shm", "tmpfs", safe | MS_NODEV, "mode=1777,size=65536k"));
	TRY(mkdir("dev/mqueue", 0755));
	TRY(mount("mqueue", "dev/mqueue", "mqueue", safe | MS_NODEV, NULL));
	TRY(mount("sysfs", "sys", "sysfs", safe | MS_NODEV | MS_RDONLY, NULL));
	mount_cgroups(name);
}

static void make_devices(void)
{
	static const struct { const char *path; unsigned major, minor; } nodes[] = { { "dev/null", 1, 3 },
		{ "dev/zero", 1, 5 }, { "dev/full", 1, 7 }, { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 },
		{ "dev/tty", 5, 0 } };
	static const char *const links[][2] = { { "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "/proc/kcore", "dev/core" }, { "pts/ptmx", "dev/ptmx" } };

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		TRY(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		TRY(symlink(links[i][0], links[i][1]));
}

static void enter_root(void)
{
	TRY(syscall(SYS_pivot_root, ".", "."));
	TRY(umount2(".", MNT_DETACH));
	TRY(chdir("/"));
	TRY(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

static void hide_paths(void)
{
	static const char *const masked[] = { "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware",
		"/proc/scsi" };
	static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
		"/proc/sysrq-trigger" };

	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++)
		if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) < 0 && errno == ENOTDIR)
			TRY(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1"));
	for (size_t i = 0; i < sizeof(readonly) / sizeof(*readonly); i++)
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) == 0)
			TRY(mount(NULL, readonly[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
}

static void drop_privileges(void)
{
	const unsigned keep = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { keep, keep, 0 }, { 0, 0, 0 } };
	struct rlimit files = { 1024, 1024 };

	TRY(setrlimit(RLIMIT_NOFILE, &files));
	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap > 31 || !(keep >> cap & 1))
			TRY(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	TRY(syscall(SYS_setgroups, 0, NULL));
	TRY(syscall(SYS_setresgid, 0, 0, 0));
	TRY(syscall(SYS_setresuid, 0, 0, 0));
	TRY(syscall(SYS_capset, &header, data));
	TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	TRY(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
}

static void container(const char *rootfs, const char *name)
{
	char *const args[] = { "true", NULL }, *const env[] = { "PATH=/usr/bin:/bin", "TERM=xterm", NULL };

	for (int i = 0; i < ncgroups; i++)
		put(in_cgroup(i, name, "cgroup.procs"), "0");
	umask(0);
	TRY(setsid());
	TRY(sethostname("floor", 5));
	loopback_up();
	TRY(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL));
	TRY(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
	TRY(chdir(rootfs));
	mount_all(name);
	make_devices();
	enter_root();
	hide_paths();
	drop_privileges();
	execve("/bin/true", args, env);
	_exit(1);
}

int main(int argc, char **argv)
{
	int status = 0;
	if (argc < 4)
		return argc != 1;
	for (; ncgroups < argc - 3 && ncgroups < MAX_CGROUPS; ncgroups++)
		cgroup[ncgroups] = argv[ncgroups + 3];
	make_cgroups(argv[2]);

	long pid = syscall(SYS_clone, SIGCHLD | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS,
		NULL, NULL, NULL, NULL);
	TRY(pid);
	if (pid == 0)
		container(argv[1], argv[2]);
	TRY(waitpid((pid_t)pid, &status, 0));
	for (int i = 0; i < ncgroups; i++)
		TRY(rmdir(in_cgroup(i, argv[2], "")));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
