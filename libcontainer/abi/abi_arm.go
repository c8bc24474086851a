//go:build arm64 || arm

package abi

// Open flags that differ between architectures.
const (
	ODirectory = 0x4000
	ONofollow  = 0x8000
)
