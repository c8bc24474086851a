package seccomp

import _ "embed"

//go:embed compiler_amd64.bin
var compilerProgram string

//go:embed compiler_amd64.id
var compilerID string
