package abi

// Open flags that differ between architectures. The name of this file is its condition.
const (
	ODirectory = 0x4000
	ONofollow  = 0x8000
)
