package launch

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// child is what the stage's process goes by until it executes its program. It is read
// and written by clone in spawn_amd64.s.
type child struct {
	all, mask  uint64 // every signal, and those that were blocked before
	keep       int    // how many descriptors it inherits from 0 on
	files      *int   // those that come after, as many as count
	count      int
	path       *byte
	argv, envp **byte
	errno      int64 // why the program was not executed
}

// cloneArgs is struct clone_args of clone(2), as far as it is used.
type cloneArgs struct {
	flags, pidfd, childTid, parentTid, exitSignal, stack, stackSize, tls uint64
}

func clone(args *cloneArgs, size uintptr, s *child) (pid int)

// spawn starts a process that executes path, with the descriptors below keep and, after
// them, files. Unlike syscall.ForkExec it does not wait until that is done, which the
// stage's own start takes as long as: a failure is found in the returned function once
// the process has ended. See docs/adr/0012-stage-ahead.md.
func spawn(path string, argv []string, keep int, files []int) (pid int, failed func() error, err error) {
	s := &child{all: ^uint64(0), keep: keep, files: unsafe.SliceData(files), count: len(files)}
	if s.path, err = unix.BytePtrFromString(path); err != nil {
		return 0, nil, err
	}
	words := make([]*byte, len(argv)+2) // argv, NULL, and an empty environment
	for i, word := range argv {
		if words[i], err = unix.BytePtrFromString(word); err != nil {
			return 0, nil, err
		}
	}
	s.argv, s.envp = &words[0], &words[len(argv)+1]
	const flags = unix.CLONE_VM | unix.CLONE_CLEAR_SIGHAND
	pid = clone(&cloneArgs{flags: flags, exitSignal: uint64(unix.SIGCHLD)}, unsafe.Sizeof(cloneArgs{}), s)
	if pid < 0 {
		return 0, nil, unix.Errno(-pid)
	}
	// The memory that the child reads is this function's result's as well, so it stays.
	return pid, func() error {
		if errno := atomic.LoadInt64(&s.errno); errno != 0 {
			return unix.Errno(errno)
		}
		return nil
	}, nil
}
