package seccomp

import _ "embed"

//go:embed compiler_arm64.bin
var compilerProgram string

//go:embed compiler_arm64.id
var compilerID string
