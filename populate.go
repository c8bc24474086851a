package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// heapBytes is what run uses of Go's heap, in memory that nothing has used before.
const heapBytes = 448 << 10

var object []byte // not on the stack

// populateHeap makes the kernel map the pages of the heap that will be used next, at
// once instead of at a page fault each: see docs/adr/0009-entry-point.md. A failure is
// no matter: they come one by one then.
func populateHeap() {
	// A large object has pages of its own, the first free ones. Of those behind it nobody
	// knows, except that they are the heap's or nothing's.
	const large = 40 << 10
	object = make([]byte, large)
	next := uintptr(unsafe.Pointer(unsafe.SliceData(object))) + large
	object = nil
	_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, next, heapBytes, unix.MADV_POPULATE_WRITE)
}
