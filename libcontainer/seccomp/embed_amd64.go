package seccomp

import (
	_ "embed"

	"golang.org/x/sys/unix"
)

const nativeArch = unix.AUDIT_ARCH_X86_64

//go:embed compiler_amd64.bin
var compilerProgram string

//go:embed compiler_amd64.id
var compilerID string
