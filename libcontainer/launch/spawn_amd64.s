#include "go_asm.h"
#include "textflag.h"

#define SYS_fcntl 72
#define SYS_exit 60
#define SYS_execve 59
#define SYS_rt_sigprocmask 14
#define SYS_dup3 292
#define SYS_clone3 435
#define SIG_SETMASK 2
#define F_SETFD 2

// func clone(args *cloneArgs, size uintptr, s *child) (pid int)
//
// The child has our memory, and our stack pointer, and uses neither: it has no handler of
// a signal (CLONE_CLEAR_SIGHAND), and makes system calls with what is in registers and in
// s until it executes the program, or fails and says why in s. Signals are blocked
// meanwhile, so that none ends it half way.
TEXT ·clone(SB), NOSPLIT, $0-32
	MOVQ	s+16(FP), R12
	MOVL	$SYS_rt_sigprocmask, AX
	MOVL	$SIG_SETMASK, DI
	LEAQ	child_all(R12), SI
	LEAQ	child_mask(R12), DX
	MOVL	$8, R10
	SYSCALL
	MOVL	$SYS_clone3, AX
	MOVQ	args+0(FP), DI
	MOVQ	size+8(FP), SI
	SYSCALL
	TESTQ	AX, AX
	JZ	child
	MOVQ	AX, R13
	MOVL	$SYS_rt_sigprocmask, AX
	MOVL	$SIG_SETMASK, DI
	LEAQ	child_mask(R12), SI
	XORL	DX, DX
	MOVL	$8, R10
	SYSCALL
	MOVQ	R13, pid+24(FP)
	RET

child:
	XORL	R13, R13 // descriptors below keep are inherited
keep:
	CMPQ	R13, child_keep(R12)
	JGE	move
	MOVL	$SYS_fcntl, AX
	MOVQ	R13, DI
	MOVL	$F_SETFD, SI
	XORL	DX, DX
	SYSCALL
	TESTQ	AX, AX
	JS	failed
	INCQ	R13
	JMP	keep
move:
	MOVQ	child_files(R12), R14 // and those of files follow
	MOVQ	child_count(R12), R15
	TESTQ	R15, R15
	JZ	execute
next:
	MOVL	$SYS_dup3, AX
	MOVQ	0(R14), DI
	MOVQ	R13, SI
	XORL	DX, DX
	SYSCALL
	TESTQ	AX, AX
	JS	failed
	ADDQ	$8, R14
	INCQ	R13
	DECQ	R15
	JNZ	next
execute:
	MOVL	$SYS_rt_sigprocmask, AX
	MOVL	$SIG_SETMASK, DI
	LEAQ	child_mask(R12), SI
	XORL	DX, DX
	MOVL	$8, R10
	SYSCALL
	MOVL	$SYS_execve, AX
	MOVQ	child_path(R12), DI
	MOVQ	child_argv(R12), SI
	MOVQ	child_envp(R12), DX
	SYSCALL
failed:
	NEGQ	AX
	MOVQ	AX, child_errno(R12)
	MOVL	$SYS_exit, AX
	MOVL	$127, DI
	SYSCALL
	INT	$3
