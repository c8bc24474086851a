package seccomp

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// compileTime bounds the compiler. A profile that names every system call for every
// architecture takes a few hundredths of a second.
const compileTime = 20 * time.Second

// run executes the compiler from a sealed file in memory, with the request for its
// standard input, nothing in its environment and no other descriptor.
func (r *request) run(scratch string) (*answer, error) {
	if len(compilerProgram) == 0 {
		return nil, errors.New("linux.seccomp: this build has no seccomp compiler, amd64 and arm64 have one")
	}
	program, err := executable(scratch)
	if err != nil {
		return nil, err
	}
	defer unix.Close(program)
	in, err := memory("seccomp-request", unix.MFD_NOEXEC_SEAL)
	if err != nil {
		return nil, err
	}
	defer unix.Close(in)
	if err := writeAt(in, r.data); err != nil {
		return nil, err
	}
	out, err := memory("seccomp-answer", unix.MFD_NOEXEC_SEAL)
	if err != nil {
		return nil, err
	}
	defer unix.Close(out)
	if err := execute(program, in, out); err != nil {
		return nil, err
	}
	data, err := contents(out)
	if err != nil {
		return nil, err
	}
	return r.decode(data)
}

// execute runs the program in fd to its end, which comes with this thread's or
// after compileTime.
func execute(fd, in, out int) error {
	runtime.LockOSThread() // PR_SET_PDEATHSIG is about the thread that forks
	defer runtime.UnlockOSThread()
	// syscall.ForkExec moves descriptors around below twice the highest of them
	// before it executes: the program's must lie above.
	above, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 2*max(in, out)+8)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	defer unix.Close(above)
	pid, err := syscall.ForkExec("/proc/self/fd/"+strconv.Itoa(above), []string{"seccomp-compiler"}, &syscall.ProcAttr{
		Files: []uintptr{uintptr(in), uintptr(out)},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return fmt.Errorf("executing the seccomp compiler: %w", err)
	}
	late := !ends(pid, compileTime)
	if late {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	var ws unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	switch {
	case err != nil:
		return os.NewSyscallError("wait4", err)
	case late:
		return fmt.Errorf("linux.seccomp: the profile takes more than %v to compile", compileTime)
	case ws.Signaled():
		return fmt.Errorf("the seccomp compiler died of %v", ws.Signal())
	case ws.ExitStatus() != 0:
		return fmt.Errorf("the seccomp compiler exited with %d", ws.ExitStatus())
	}
	return nil
}

// ends waits for our child pid without reaping it.
func ends(pid int, limit time.Duration) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return true // the kernel has no pidfd to spare: wait4 has to do
	}
	defer unix.Close(fd)
	end := time.Now().Add(limit)
	for {
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left/time.Millisecond)+1)
		if n > 0 || err != nil && err != unix.EINTR {
			return true
		}
	}
}

// memory makes a file in memory. The flags that say whether it is for executing
// came with Linux 6.3.
func memory(name string, exec int) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|exec)
	if err == unix.EINVAL {
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	return fd, os.NewSyscallError("memfd_create", err)
}

// executable is the compiler to execute: a sealed memfd or, where vm.memfd_noexec=2
// forbids those, a descriptor of an unlinked file in dir.
func executable(dir string) (int, error) {
	text := unsafe.Slice(unsafe.StringData(compilerProgram), len(compilerProgram))
	fd, err := memory("seccomp-compiler", unix.MFD_EXEC)
	if errors.Is(err, unix.EACCES) {
		return unlinked(dir, text)
	}
	if err != nil {
		return -1, err
	}
	if err := writeAt(fd, text); err != nil {
		unix.Close(fd)
		return -1, err
	}
	seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("fcntl", err)
	}
	return fd, nil
}

// unlinked writes the program to a file that has no name any more when it returns.
// A file that somebody has open for writing cannot be executed.
func unlinked(dir string, text []byte) (int, error) {
	const hint = "vm.memfd_noexec is 2, and the seccomp compiler cannot be written to a file either: %w"
	if dir == "" {
		return -1, fmt.Errorf(hint, errors.New("no cache directory"))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return -1, fmt.Errorf(hint, err)
	}
	w, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return -1, fmt.Errorf(hint, err)
	}
	defer os.Remove(w.Name())
	defer w.Close()
	if _, err := w.Write(text); err != nil {
		return -1, fmt.Errorf(hint, err)
	}
	if err := w.Chmod(0o700); err != nil {
		return -1, fmt.Errorf(hint, err)
	}
	fd, err := unix.Open(w.Name(), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return -1, fmt.Errorf(hint, err)
	}
	return fd, nil
}

// writeAt fills an empty file and leaves its position at the start.
func writeAt(fd int, data []byte) error {
	for off := 0; off < len(data); {
		n, err := unix.Pwrite(fd, data[off:], int64(off))
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("pwrite", err)
		}
		off += max(n, 0)
	}
	return nil
}

// contents reads a file of ours.
func contents(fd int) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	return readAt(fd, int(st.Size))
}

// readAt reads a file's first size bytes, or fewer if it has become shorter.
func readAt(fd, size int) ([]byte, error) {
	data := make([]byte, size)
	for off := 0; off < size; {
		n, err := unix.Pread(fd, data[off:], int64(off))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("pread", err)
		}
		if n == 0 {
			return data[:off], nil
		}
		off += n
	}
	return data, nil
}
