package cgroup

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
)

// readFile reads a file of a cgroup. Errors are bare errno values.
func readFile(path string) ([]byte, error) {
	return sys.ReadTrusted(path, unix.O_NOFOLLOW)
}

// writeFile writes a file of a cgroup, which exists, in one call: the kernel takes
// each write for a command of its own. Errors are bare errno values.
func writeFile(path, value string) error {
	fd, err := open(path, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		if _, err = unix.Write(fd, []byte(value)); err != unix.EINTR {
			return err
		}
	}
}

func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func exists(path string) bool { return unix.Access(path, unix.F_OK) == nil }

// subdirs lists the cgroups directly below dir; a removed one has none.
func subdirs(dir string) ([]string, error) {
	fd, err := open(dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err == unix.ENOENT {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 2048)
	for {
		n, err := unix.ReadDirent(fd, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ENOENT || err == nil && n == 0:
			return names, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		names = appendDirs(names, buf[:n])
	}
}

// appendDirs picks the directories out of a buffer of struct linux_dirent64. The
// kernel's kernfs always tells the type.
func appendDirs(names []string, buf []byte) []string {
	const reclen, kind, name = 16, 18, 19 // offsets
	for len(buf) > name {
		size := int(binary.NativeEndian.Uint16(buf[reclen:]))
		if size <= name || size > len(buf) {
			return names
		}
		s := unix.ByteSliceToString(buf[name:size])
		if buf[kind] == unix.DT_DIR && s != "." && s != ".." {
			names = append(names, s)
		}
		buf = buf[size:]
	}
	return names
}
