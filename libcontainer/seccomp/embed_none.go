//go:build !amd64 && !arm64

package seccomp

const nativeArch = 0

var compilerProgram, compilerID string
