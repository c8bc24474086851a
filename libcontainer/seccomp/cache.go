package seccomp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cache keeps filters in files. An entry's name is a short hash of its key; the
// file repeats the key, so that profiles with equal hashes displace each other and
// never get each other's filter. (A cryptographic hash would do too, but linking one
// costs every start 0.2 ms.) The kernel is no part of the key: no filter depends on
// it.
//
// An entry is:
//
//	magic, checksum of the rest, length of key, length of unknown, key, unknown,
//	program
//
// with lengths and checksum as u64 in the machine's byte order, and the unknown
// names ended by a zero each.
type cache struct {
	dir string // empty: no cache
	key []byte
}

// cacheVersion is to change with whatever of the program is not the compiler's:
// lower, link and enosysStub.
const cacheVersion = "1"

const (
	cacheMagic   = "rtscmp\x00" + cacheVersion
	entryHeader  = 32
	maxEntry     = 2 << 20
	cacheEntries = 64
	tempPrefix   = ".tmp-"
	// touchAfter is how stale a used entry's time may be.
	touchAfter = time.Hour
)

func (c *cache) path() string {
	return filepath.Join(c.dir, strconv.FormatUint(sum(c.key), 16))
}

// sum is a 64-bit hash that is good against accidents only.
func sum(data []byte) uint64 {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(data)) * prime
	for len(data) >= 8 {
		h = bits.RotateLeft64((h^binary.NativeEndian.Uint64(data))*prime, 29)
		data = data[8:]
	}
	for _, b := range data {
		h = bits.RotateLeft64((h^uint64(b))*prime, 29)
	}
	h ^= h >> 32
	h *= prime
	return h ^ h>>29
}

// load finds the entry. Whatever is wrong with a file makes it a miss, and store
// replaces it.
func (c *cache) load() (*entry, bool) {
	if c.dir == "" {
		return nil, false
	}
	// Non-blocking: opening somebody's FIFO must not hang.
	fd, err := unix.Open(c.path(), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || !trusted(&st) {
		return nil, false
	}
	data, err := readAt(fd, int(st.Size))
	if err != nil {
		return nil, false
	}
	e, ok := c.decode(data)
	if ok && time.Since(time.Unix(st.Mtim.Unix())) > touchAfter {
		_ = unix.Futimes(fd, nil)
	}
	return e, ok
}

// trusted tells a file that nobody but us can have written.
func trusted(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o077 == 0 &&
		int(st.Uid) == os.Geteuid() && st.Size <= maxEntry
}

func (c *cache) decode(data []byte) (*entry, bool) {
	if len(data) < entryHeader || string(data[:8]) != cacheMagic ||
		binary.NativeEndian.Uint64(data[8:]) != sum(data[16:]) {
		return nil, false
	}
	nkey, nunknown := binary.NativeEndian.Uint64(data[16:]), binary.NativeEndian.Uint64(data[24:])
	data = data[entryHeader:]
	if nkey > uint64(len(data)) || nunknown > uint64(len(data))-nkey || !bytes.Equal(data[:nkey], c.key) {
		return nil, false
	}
	unknown, program := data[nkey:nkey+nunknown], data[nkey+nunknown:]
	if validProgram(program) != nil {
		return nil, false
	}
	e := &entry{program: program}
	if nunknown > 0 {
		e.unknown = strings.Split(strings.TrimSuffix(string(unknown), "\x00"), "\x00")
	}
	return e, true
}

func (c *cache) encode(e *entry) []byte {
	unknown := ""
	if len(e.unknown) > 0 {
		unknown = strings.Join(e.unknown, "\x00") + "\x00"
	}
	data := make([]byte, entryHeader, entryHeader+len(c.key)+len(unknown)+len(e.program))
	copy(data, cacheMagic)
	binary.NativeEndian.PutUint64(data[16:], uint64(len(c.key)))
	binary.NativeEndian.PutUint64(data[24:], uint64(len(unknown)))
	data = append(append(append(data, c.key...), unknown...), e.program...)
	binary.NativeEndian.PutUint64(data[8:], sum(data[16:]))
	return data
}

// store writes the entry so that others see all of it or nothing, and makes room.
func (c *cache) store(e *entry) error {
	if c.dir == "" {
		return nil
	}
	data := c.encode(e)
	if len(data) > maxEntry {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.dir, tempPrefix) // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.path())
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return c.evict()
}

// evict removes the files that were not used for longest. Temporary files of
// creators that were killed are among them.
func (c *cache) evict() error {
	list, err := os.ReadDir(c.dir)
	if err != nil || len(list) <= cacheEntries {
		return err
	}
	type file struct {
		name string
		time time.Time
	}
	var files []file
	for _, d := range list {
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, file{d.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return a.time.Compare(b.time) })
	for i := range len(files) - cacheEntries {
		err := os.Remove(filepath.Join(c.dir, files[i].name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
