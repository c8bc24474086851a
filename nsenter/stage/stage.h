/*
 * What the handlers share: the slots, the report socket and the names of all
 * handlers. A handler is one operation; it returns 0 or an errno.
 */
#ifndef STAGE_H
#define STAGE_H

#include "plan.h"

struct stage {
	int report;          /* the socket to the parent, -1 after the gate */
	int gate;            /* the FIFO that failures after the gate go to, or -1 */
	uint32_t index;      /* of the operation that runs */
	uint64_t ahead;      /* the namespaces that were made before there was a plan */
	uint32_t nslots;
	uint64_t value;      /* more about a failure, for its record */
	const char *program; /* what program chose */
	int slots[PLAN_MAX_SLOTS];
};

extern struct stage stage;

/* One message to the parent; value is a pid, or a wait status with a failed hook. */
struct record {
	uint32_t op;
	int32_t err;
	uint64_t value;
};
#define RECORD_NO_OP UINT32_MAX

/* report sends a record, with fd if it is not -1; it returns 0 or errno. */
int report(uint32_t op, int err, uint64_t value, int fd);

/* Slots; none is -1, and so is one that holds nothing. */
int slot_get(uint64_t slot);
int slot_put(uint64_t slot, long fd);
#define FD(op, name) slot_get((op)->arg[A_##name])
#define HAS(op, name) ((op)->arg[A_##name] != SLOT_NONE)
#define PUT(op, name, fd) slot_put((op)->arg[A_##name], fd)

/* Helpers with more than one user; those that return long answer as SYS does. */
void fd_close(long fd);
long fd_copy(int fd, int newfd);
long fd_cloexec_from(unsigned first);
long open_how(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
long read_byte(int fd);
int write_once(int fd, const void *data, uint64_t len);
long mount_attach(long from, int to, const char *path);

/* The handlers; an operation that is one system call is in dispatch.c alone. */
typedef int handler(const struct step *op);
handler dispatch;
handler op_arrive, op_release, op_gate;
handler op_fork_into, op_loopback, op_keyring;
handler op_rlimit, op_scheduler;
handler op_capbset, op_capset, op_ambient, op_seccomp;
handler op_close, op_write_at, op_stdio_owner, op_mkpath, op_symlinkat, op_devnode;
handler op_fsmount, op_mount_setattr, op_mask, op_readonly, op_chdir;
handler op_ptpeer, op_winsize;
handler op_hook, op_program, op_execve;

#endif
