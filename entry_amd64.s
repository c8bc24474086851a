#include "textflag.h"

#define PRCTL(option, value) \
	MOVL	$157, AX; \
	MOVL	$option, DI; \
	MOVL	$value, SI; \
	SYSCALL

#define PR_SET_TIMERSLACK 29
#define PR_GET_TIMERSLACK 30

// entry is where the kernel starts the program: see docs/adr/0009-entry-point.md. It lets
// timers be a millisecond late, and remembers how late the caller's may be, adds
// GOMAXPROCS=01 to the end of the environment, which the Go runtime reads before any Go
// code runs, and goes on where Go programs start. The stack holds argc, argv, NULL, envp,
// NULL and the auxiliary vector (execve(2)); all up to the second NULL moves down by the
// one word that is needed.
TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	PRCTL(PR_GET_TIMERSLACK, 0)
	MOVQ	AX, ·callerTimerSlack(SB)
	PRCTL(PR_SET_TIMERSLACK, 1000000)
	MOVQ	0(SP), CX
	SUBQ	$8, SP
	LEAQ	8(SP), SI
	MOVQ	SP, DI
	ADDQ	$2, CX // argc itself, and the NULL behind argv
	CLD
	REP; MOVSQ
next:
	MOVQ	0(SI), AX
	TESTQ	AX, AX
	JZ	end
	MOVSQ
	JMP	next
end:
	LEAQ	·oneProcessor(SB), AX
	MOVQ	AX, 0(DI)
	JMP	_rt0_amd64_linux(SB)

DATA ·oneProcessor+0(SB)/8, $"GOMAXPRO"
DATA ·oneProcessor+8(SB)/8, $"CS=01\x00\x00\x00"
GLOBL ·oneProcessor(SB), RODATA|NOPTR, $16
