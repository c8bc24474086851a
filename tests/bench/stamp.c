/* stamp is the program of a traced container: it prints when its main began, in
 * microseconds of CLOCK_MONOTONIC, on stderr, and ends. */
#include <stdio.h>
#include <time.h>

int main(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return fprintf(stderr, "%ld.%03ld\n", t.tv_sec * 1000000 + t.tv_nsec / 1000, t.tv_nsec % 1000) < 0;
}
