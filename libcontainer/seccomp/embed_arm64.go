package seccomp

import (
	_ "embed"

	"golang.org/x/sys/unix"
)

const nativeArch = unix.AUDIT_ARCH_AARCH64

//go:embed compiler_arm64.bin
var compilerProgram string

//go:embed compiler_arm64.id
var compilerID string
