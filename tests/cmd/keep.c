/* keep has what criu(8) saves only if it is told to.
 *
 *   keep lock FD          take an flock(2) lock on the caller's descriptor FD and leave
 *                         it: status 1 if another has it
 *   keep send SOCKET      send numbers to the datagram socket SOCKET, without end
 *   keep receive SOCKET   be that socket, and print what comes
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "keep: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void send_(int s, const struct sockaddr_un *a)
{
	char text[16];

	if (connect(s, (const struct sockaddr *)a, sizeof(*a)) < 0)
		die(a->sun_path);
	for (unsigned i = 1;; i++) {
		int n = snprintf(text, sizeof(text), "%u\n", i);
		if (write(s, text, (size_t)n) < 0)
			die("write");
		usleep(50000);
	}
}

static void receive(int s, const struct sockaddr_un *a)
{
	char text[64];
	ssize_t n;

	if (bind(s, (const struct sockaddr *)a, sizeof(*a)) < 0)
		die(a->sun_path);
	while ((n = read(s, text, sizeof(text))) > 0)
		if (write(1, text, (size_t)n) != n)
			die("write");
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (argc != 3 || strlen(argv[2]) >= sizeof(a.sun_path))
		return 2;
	strcpy(a.sun_path, argv[2]);
	if (!strcmp(argv[1], "lock")) {
		if (flock(atoi(argv[2]), LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno == EWOULDBLOCK)
			return 1;
		die("flock");
	}
	if (!strcmp(argv[1], "send"))
		send_(s, &a);
	if (!strcmp(argv[1], "receive"))
		receive(s, &a);
	return 2;
}
