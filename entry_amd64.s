#include "textflag.h"

// POPULATE makes the kernel map the pages of a range of the program at once, instead of
// at a page fault each: madvise(2). A kernel that does not know it answers EINVAL.
#define POPULATE(first, last, how) \
	LEAQ	first(SB), DI; \
	ANDQ	$~0xfff, DI; \
	LEAQ	last(SB), SI; \
	SUBQ	DI, SI; \
	MOVL	$how, DX; \
	MOVL	$28, AX; \
	SYSCALL

#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23

// entry is where the kernel starts the program. It maps what every verb uses of it (of
// the read-only data that is the types and what the runtime needs to unwind stacks), adds
// GOMAXPROCS=01 to the end of the environment, which the Go runtime reads before any Go
// code runs, and goes on where Go programs start: see docs/adr/0009-entry-point.md. The
// stack holds argc, argv, NULL, envp, NULL and the auxiliary vector (execve(2)); all up
// to the second NULL moves down by the one word that is needed.
TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	POPULATE(runtime·text, runtime·etext, MADV_POPULATE_READ)
	POPULATE(runtime·types, runtime·types+0x90000, MADV_POPULATE_READ)
	POPULATE(runtime·pclntab, runtime·epclntab, MADV_POPULATE_READ)
	POPULATE(runtime·noptrdata, runtime·end, MADV_POPULATE_WRITE)
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
