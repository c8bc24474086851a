// Package nsenter holds the C stage: the interpreter of plans that runs in the
// container until it executes the user's program.
//
// The stage is an ELF file of its own. It is embedded in the Go binary by
// scripts/build-nsenter.sh and handed out as a sealed file in memory, so that
// nothing in a container can reach the host's files or change what runs next.
package nsenter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// name is what the file in memory and so the process shows as in /proc.
const name = "rt-init"

// sealExec forbids chmod of the file's execute bits (F_SEAL_EXEC, Linux 6.3).
const sealExec = 0x20

const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// ErrNoExec is wrapped by Memfd's error when the system lets nobody execute a
// file in memory and dir is no place for a file to execute either.
var ErrNoExec = errors.New("no place to execute the init stage from")

// Memfd returns the stage as a file to execute through /proc/self/fd/N. It is a
// sealed memfd; where vm.memfd_noexec=2 forbids executable ones, it is a read-only
// descriptor of an unlinked file in dir. The caller closes it.
//
// Its pages are charged to the cgroup of the caller. See memfd_create(2) and
// fcntl(2), file sealing.
func Memfd(dir string) (*os.File, error) {
	if len(stage) == 0 {
		return nil, fmt.Errorf("the init stage is built for amd64 and arm64 only")
	}
	fd, err := create()
	if errors.Is(err, unix.EACCES) {
		return unlinked(dir)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "memfd:"+name)
	if err := fill(f, fd); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// create makes the memfd. MFD_EXEC came with Linux 6.3: an older kernel knows only
// executable ones and refuses the flag.
func create() (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) {
		return unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	return fd, err
}

func fill(f *os.File, fd int) error {
	if _, err := f.WriteString(stage); err != nil {
		return err
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals|sealExec)
	if errors.Is(err, unix.EINVAL) {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		return &fs.PathError{Op: "fcntl F_ADD_SEALS", Path: f.Name(), Err: err}
	}
	return nil
}

// unlinked makes the file that stands in for a memfd. Nobody can open it by path
// once it is unlinked, and nobody can write it through the descriptor handed out;
// while a writer is left, the kernel answers an execve with ETXTBSY.
func unlinked(dir string) (*os.File, error) {
	w, err := unnamed(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: vm.memfd_noexec is 2: %w", ErrNoExec, err)
	}
	defer w.Close()
	if _, err := w.WriteString(stage); err != nil {
		return nil, err
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(w.Fd()), &st); err == nil && st.Flags&unix.ST_NOEXEC != 0 {
		return nil, fmt.Errorf("%w: vm.memfd_noexec is 2 and %s is mounted noexec", ErrNoExec, dir)
	}
	return os.Open("/proc/self/fd/" + strconv.Itoa(int(w.Fd())))
}

// unnamed makes a file in dir, which is made if it is missing, that has no name.
func unnamed(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	w, err := os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o700)
	if err == nil {
		return w, nil
	}
	// Not every file system has such files.
	if w, err = os.CreateTemp(dir, "."+name+"-"); err != nil {
		return nil, err
	}
	_ = os.Remove(w.Name())
	return w, w.Chmod(0o700)
}

// Identity is the device and inode number of a file that Memfd returned: the same
// as those of /proc/PID/exe while a process runs the stage and nothing else. They
// are 0 for a closed file.
func Identity(f *os.File) (dev, ino uint64) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return 0, 0
	}
	return uint64(st.Dev), st.Ino
}
