#include "textflag.h"

// handler runs on the signal stack of any thread, with no Go below it: signal(7). It
// writes the number of the signal into the pipe. The child of a vfork(2) that has not
// executed its program yet has this handler too, and memory in common with us: the
// signal is not ours then.
TEXT ·handler(SB), NOSPLIT|NOFRAME, $0
	PUSHQ	DI
	MOVL	$39, AX // getpid
	SYSCALL
	CMPL	AX, ·owner(SB)
	JNE	done
	MOVL	$1, AX // write
	MOVL	·pipe(SB), DI
	MOVQ	SP, SI
	MOVL	$1, DX
	SYSCALL
done:
	POPQ	DI
	RET

// restorer is what the handler returns to: rt_sigaction(2), SA_RESTORER.
TEXT ·restorer(SB), NOSPLIT|NOFRAME, $0
	MOVL	$15, AX // rt_sigreturn
	SYSCALL
	INT	$3

// addresses returns those of the two.
TEXT ·addresses(SB), NOSPLIT, $0-16
	LEAQ	·handler(SB), AX
	MOVQ	AX, handler+0(FP)
	LEAQ	·restorer(SB), AX
	MOVQ	AX, restorer+8(FP)
	RET
