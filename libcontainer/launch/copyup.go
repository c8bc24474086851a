package launch

import (
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// copyup copies what is in the directory path below root into the directory to:
// the mount option tmpcopyup. The image is hostile: the directory is resolved
// inside the root, nothing below it is followed, and only regular files are
// opened. A directory that does not exist has nothing to copy.
func copyup(root int, path string, to int) error {
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, err := unix.Openat2(root, path, &how)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "openat2", Path: path, Err: err}
	}
	from := os.NewFile(uintptr(fd), path)
	defer from.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	// The descriptor of a new mount names it without opening it.
	dst, err := unix.Openat(to, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("openat", err)
	}
	defer unix.Close(dst)
	if err := copyDir(from, dst); err != nil {
		return err
	}
	return copyOwner(dst, &st)
}

// copyOwner gives a directory the owner and mode of the one it is a copy of.
func copyOwner(fd int, st *unix.Stat_t) error {
	if err := unix.Fchown(fd, int(st.Uid), int(st.Gid)); err != nil {
		return os.NewSyscallError("fchown", err)
	}
	return os.NewSyscallError("fchmod", unix.Fchmod(fd, st.Mode&0o7777))
}

func copyDir(from *os.File, to int) error {
	for {
		names, err := from.Readdirnames(256)
		for _, name := range names {
			if err := copyEntry(int(from.Fd()), name, to); err != nil {
				return &os.PathError{Op: "tmpcopyup", Path: from.Name() + "/" + name, Err: err}
			}
		}
		if errors.Is(err, io.EOF) || (err == nil && len(names) == 0) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func copyEntry(from int, name string, to int) error {
	var st unix.Stat_t
	if err := unix.Fstatat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return copySubdir(from, name, to, &st)
	case unix.S_IFREG:
		return copyFile(from, name, to, &st)
	case unix.S_IFLNK:
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(from, name, buf)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(string(buf[:n]), to, name); err != nil {
			return err
		}
	default:
		if err := unix.Mknodat(to, name, st.Mode, int(st.Rdev)); err != nil {
			return err
		}
	}
	return unix.Fchownat(to, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
}

func copySubdir(from int, name string, to int, st *unix.Stat_t) error {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	src, err := unix.Openat(from, name, flags, 0)
	if err != nil {
		return err
	}
	dir := os.NewFile(uintptr(src), name)
	defer dir.Close()
	if err := unix.Mkdirat(to, name, 0o700); err != nil {
		return err
	}
	dst, err := unix.Openat(to, name, flags, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	if err := copyDir(dir, dst); err != nil {
		return err
	}
	return copyOwner(dst, st)
}

func copyFile(from int, name string, to int, st *unix.Stat_t) error {
	in, err := openRegular(from, name)
	if err != nil {
		return err
	}
	defer in.Close()
	dst, err := unix.Openat(to, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(dst), name)
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return copyOwner(dst, st)
}

// openRegular opens a regular file for reading. Whoever has the rootfs too may have
// put another file under the name since it was looked at: a device, which this
// process would open with the host's privileges. So what it is is asked of the very
// file that is then opened.
func openRegular(dir int, name string) (*os.File, error) {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, errors.New("is no regular file any more: somebody changed it while it was copied")
	}
	again, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(again), name), nil
}
