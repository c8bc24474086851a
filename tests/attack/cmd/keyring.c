/*
 * keyring NAME makes a keyring of that name which everybody may search, as a
 * container does that waits for others to join it, and says its number. It goes away
 * with the process.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_SETPERM 5
#define KEY_SPEC_SESSION_KEYRING (-3)

int main(int argc, char **argv)
{
	long key;

	if (argc != 2)
		return 2;
	key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, argv[1]);
	if (key < 0) {
		perror("keyring");
		return 1;
	}
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING, 0x3f3f3f3f) < 0) {
		perror("keyring: permissions");
		return 1;
	}
	printf("serial=%ld\n", key);
	fflush(stdout);
	pause();
	return 0;
}
