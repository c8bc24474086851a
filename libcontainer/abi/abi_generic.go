//go:build !arm64

package abi

// Open flags that differ between architectures.
const (
	ODirectory = 0x10000
	ONofollow  = 0x20000
)
