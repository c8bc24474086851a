package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// maxSize is the largest config.json that is read, in bytes. Engines write some
// tens of KiB.
const maxSize = 16 << 20

// oPath is O_PATH, which package syscall lacks: nothing but the directory
// itself is opened.
const oPath = 0x200000

// Load reads and decodes config.json in the bundle, a directory. What is in its
// place may be anything: it is opened without blocking (a FIFO would wait for a
// writer forever) and must be a regular file of at most 16 MiB. Errors of the
// file system are *os.PathError, errors of the text wrap a *DecodeError.
func Load(bundle string) (*Config, error) {
	path := filepath.Join(bundle, "config.json")
	data, err := readConfig(bundle, path)
	if err != nil {
		return nil, err
	}
	c, err := parse(unsafe.String(unsafe.SliceData(data), len(data))) // data is not written again
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c.Text = data
	return c, nil
}

// readConfig returns the content of bundle/config.json; path is its name for
// errors.
func readConfig(bundle, path string) ([]byte, error) {
	if bundle == "" {
		return nil, errors.New("bundle: got an empty path, want a directory")
	}
	dir, err := openat(atFdcwd, bundle, oPath|syscall.O_DIRECTORY)
	if err != nil {
		return nil, &os.PathError{Op: "open bundle", Path: bundle, Err: err}
	}
	defer syscall.Close(dir)
	fd, err := openat(dir, "config.json", syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, &os.PathError{Op: "fstat", Path: path, Err: err}
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return nil, fmt.Errorf("%s: is %s, want a regular file", path, fileType(st.Mode))
	}
	if st.Size > maxSize {
		return nil, tooLarge(path, st.Size)
	}
	return readAll(fd, path, int(st.Size))
}

const atFdcwd = -0x64

func openat(dir int, path string, flags int) (int, error) {
	for {
		fd, err := syscall.Openat(dir, path, flags|syscall.O_CLOEXEC, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

// readAll reads to the end of the file, which may grow meanwhile. The size is
// what it had a moment ago.
func readAll(fd int, path string, size int) ([]byte, error) {
	data := make([]byte, 0, size+1)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := syscall.Read(fd, data[len(data):cap(data)])
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return data, nil
		}
		if data = data[:len(data)+n]; len(data) > maxSize {
			return nil, tooLarge(path, int64(len(data)))
		}
	}
}

func tooLarge(path string, size int64) error {
	return fmt.Errorf("%s: is %d bytes, want at most %d (16 MiB)", path, size, maxSize)
}

func fileType(mode uint32) string {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		return "a directory"
	case syscall.S_IFIFO:
		return "a FIFO"
	case syscall.S_IFCHR:
		return "a character device"
	case syscall.S_IFBLK:
		return "a block device"
	}
	return "not a regular file"
}
