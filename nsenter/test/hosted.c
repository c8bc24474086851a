/*
 * The stage as an ordinary program, for the sanitizers.
 *
 *   hosted N            the stage itself, as stage/main.c says
 *   hosted dump FILE    what the decoder understands of a plan, one operation a line;
 *                       exit status 1 for a malformed plan
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump.h"

_Noreturn void stage_main(int argc, char **argv);
long sys(long nr, long a, long b, long c, long d, long e, long f);

long sys(long nr, long a, long b, long c, long d, long e, long f)
{
	long result = syscall(nr, a, b, c, d, e, f);

	return result == -1 ? -(long)errno : result;
}

/* The buffer is exactly as large as the file, so that a byte too far is caught. */
static int dump_file(const char *name)
{
	int fd = open(name, O_RDONLY), ok;
	struct stat st;
	unsigned char *data;

	if (fd < 0 || fstat(fd, &st) != 0)
		return 2;
	data = malloc((size_t)st.st_size);
	if (read(fd, data, (size_t)st.st_size) != st.st_size)
		return 2;
	close(fd);
	ok = dump_plan(stdout, data, (size_t)st.st_size);
	free(data);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "dump") != 0)
		stage_main(argc, argv);
	for (int i = 2; i < argc; i++) {
		int status = dump_file(argv[i]);

		printf("%s\n", status == 0 ? "ok" : "malformed");
		if (status > 1)
			return status;
	}
	return 0;
}
