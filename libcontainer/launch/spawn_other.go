//go:build !amd64

package launch

import (
	"syscall"
)

// spawn starts a process that executes path, with the descriptors below keep and, after
// them, files. A failure is told at once.
func spawn(path string, argv []string, keep int, files []int) (pid int, failed func() error, err error) {
	var inherited []uintptr
	for fd := range keep {
		inherited = append(inherited, uintptr(fd))
	}
	for _, fd := range files {
		inherited = append(inherited, uintptr(fd))
	}
	pid, err = syscall.ForkExec(path, argv, &syscall.ProcAttr{Files: inherited})
	return pid, func() error { return nil }, err
}
