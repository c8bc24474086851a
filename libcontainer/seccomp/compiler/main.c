/* seccomp-compiler turns one request on standard input into one answer on standard
 * output. It exits with 0 whenever it could write an answer, be that an error. */
#include "request.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned char input[MAX_REQUEST];
static struct request request;
static uint32_t archs[MAX_ARCHS];
static struct cursor groups; /* where the groups begin */
static struct newest newest[MAX_ARCHS];
static uint32_t unknown[MAX_UNKNOWN];
static struct answer answer = { .magic = ANSWER_MAGIC };

static int put(const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(STDOUT_FILENO, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		at += n;
		size -= (size_t)n;
	}
	return 1;
}

static _Noreturn void fail(enum step step, uint32_t item, int error)
{
	answer.step = step;
	answer.item = item;
	answer.error = (uint32_t)error;
	answer.narch = answer.nunknown = 0;
	exit(put(&answer, sizeof answer) ? 0 : 1);
}

/* check runs a libseccomp function's result; 0 and, where it is harmless, one
 * particular error are fine. */
static void check(int rc, int harmless, enum step step, uint32_t item)
{
	if (rc != 0 && rc != -harmless)
		fail(step, item, rc < 0 ? -rc : EPROTO);
}

static size_t read_input(void)
{
	size_t size = 0;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, input + size, sizeof input - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail(STEP_REQUEST, 0, errno);
		if (n == 0)
			return size;
		size += (size_t)n;
		if (size == sizeof input)
			fail(STEP_REQUEST, 0, E2BIG);
	}
}

static void read_request(void)
{
	struct cursor c = { input, read_input() };

	if (!take(&c, &request, sizeof request) || request.magic != REQUEST_MAGIC ||
	    request.optimize < 1 || request.optimize > 2 || request.narch > MAX_ARCHS - 1 ||
	    !take(&c, archs, request.narch * sizeof archs[0]))
		fail(STEP_REQUEST, 0, EBADMSG);
	groups = c;
}

/* The answer is the same on every kernel: the API level decides what libseccomp
 * believes the kernel to support, and would be found out by trying otherwise. */
static scmp_filter_ctx create(void)
{
	scmp_filter_ctx filter;

	check(seccomp_api_set(6), 0, STEP_CREATE, 0);
	filter = seccomp_init(request.default_action);
	if (filter == NULL)
		fail(STEP_CREATE, 0, EINVAL);
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, request.optimize), 0, STEP_CREATE, 0);
	for (uint32_t i = 0; i < request.narch; i++)
		check(seccomp_arch_add(filter, archs[i]), EEXIST, STEP_ARCH, i);
	return filter;
}

/* The filter always has the machine's own architecture, listed or not. */
static void list_archs(void)
{
	newest[answer.narch++].arch = seccomp_arch_native();
	for (uint32_t i = 0; i < request.narch; i++) {
		uint32_t known = 0;
		while (known < answer.narch && newest[known].arch != archs[i])
			known++;
		if (known == answer.narch)
			newest[answer.narch++].arch = archs[i];
	}
}

static void note_newest(const char *name)
{
	for (uint32_t i = 0; i < answer.narch; i++) {
		int number = seccomp_syscall_resolve_name_arch(newest[i].arch, name);
		if (number > 0 && (uint32_t)number > newest[i].number)
			newest[i].number = (uint32_t)number;
	}
}

static void note_unknown(uint32_t name)
{
	if (answer.nunknown < MAX_UNKNOWN)
		unknown[answer.nunknown++] = name;
}

/* Rules that repeat the default action are refused by libseccomp and mean nothing.
 * Their names count for what the profile knows all the same. */
static void add_rule(scmp_filter_ctx filter, const struct group *g, const char *name, uint32_t number)
{
	int syscall = seccomp_syscall_resolve_name(name);

	if (syscall == __NR_SCMP_ERROR) {
		note_unknown(number);
		return;
	}
	note_newest(name);
	if (g->action == request.default_action)
		return;
	check(seccomp_rule_add_array(filter, g->action, syscall, 0, NULL), 0, STEP_RULE, number);
}

static void add_rules(scmp_filter_ctx filter)
{
	struct cursor c = groups;
	struct group g;
	char name[256];
	uint32_t number = 0;

	for (uint32_t i = 0; i < request.ngroup; i++) {
		if (!take_group(&c, &g))
			fail(STEP_REQUEST, i, EBADMSG);
		for (uint32_t n = 0; n < g.nname; n++) {
			if (!take_name(&c, name))
				fail(STEP_REQUEST, i, EBADMSG);
			add_rule(filter, &g, name, number++);
		}
	}
	if (c.left != 0)
		fail(STEP_REQUEST, request.ngroup, EBADMSG);
}

int main(void)
{
	scmp_filter_ctx filter;

	read_request();
	list_archs();
	filter = create();
	add_rules(filter);
	if (!put(&answer, sizeof answer) ||
	    !put(newest, answer.narch * sizeof newest[0]) ||
	    !put(unknown, answer.nunknown * sizeof unknown[0]))
		return 1;
	return seccomp_export_bpf(filter, STDOUT_FILENO) == 0 ? 0 : 2;
}
