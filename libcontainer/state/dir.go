package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
)

// Locked is a container's directory whose lock is held: no other verb that
// changes the container runs.
type Locked struct {
	Path string
	fd   int
}

// lockTime bounds the wait for another verb to be done.
const lockTime = 10 * time.Second

// Create makes a container's directory and locks it. Exactly one of several
// callers with the same id succeeds; the others get ErrExists.
func Create(root, id string) (*Locked, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	path := Dir(root, id)
	err := unix.Mkdir(path, 0o711)
	if err == unix.ENOENT {
		if err := os.MkdirAll(root, 0o711); err != nil {
			return nil, err
		}
		err = unix.Mkdir(path, 0o711)
	}
	if err == unix.EEXIST {
		return nil, ErrExists
	}
	if err != nil {
		return nil, &os.PathError{Op: "mkdir", Path: path, Err: err}
	}
	l, err := open(path)
	if err != nil {
		_ = unix.Rmdir(path)
		return nil, err
	}
	// Another verb may have come upon the directory before it was locked; delete
	// has removed it then.
	if err := l.lock(context.Background()); err != nil {
		l.Close()
		return nil, err
	}
	if !l.current() {
		l.Close()
		return nil, fmt.Errorf("container %s was deleted while it was created", id)
	}
	return l, nil
}

// Lock locks an existing container's directory. It waits for another verb, for a
// bounded time.
func Lock(ctx context.Context, root, id string) (*Locked, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	path := Dir(root, id)
	l, err := open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	if err := l.lock(ctx); err != nil {
		l.Close()
		return nil, err
	}
	if !l.current() {
		l.Close()
		return nil, ErrNotExist
	}
	return l, nil
}

// lock waits for the lock.
func (l *Locked) lock(ctx context.Context) error {
	deadline := time.Now().Add(lockTime)
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		err := unix.Flock(l.fd, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return nil
		}
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			return &os.PathError{Op: "flock", Path: l.Path, Err: err}
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("container %s is being worked on by another process, which has held its lock for %v", filepath.Base(l.Path), lockTime)
		}
		time.Sleep(pause)
	}
}

func open(path string) (*Locked, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return &Locked{Path: path, fd: fd}, nil
}

// current reports whether the directory is still the one that its path names.
func (l *Locked) current() bool {
	var a, b unix.Stat_t
	return unix.Fstat(l.fd, &a) == nil && unix.Stat(l.Path, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// Close gives the lock back.
func (l *Locked) Close() {
	if l.fd >= 0 {
		unix.Close(l.fd)
		l.fd = -1
	}
}

// Save replaces the record atomically.
func (l *Locked) Save(rec *Record) error {
	if rec.Changed {
		return ErrCorrupt
	}
	return l.replace(RecordFile, withSum(rec.encode()))
}

// Intent is what removing a container takes. It is on disk before anything is made,
// in a form of its own: state.json may be lost or damaged.
type Intent struct {
	StageDev, StageIno uint64   // the file that init and the stage execute
	Cgroups            []string // the container's directories
	Unit               string   // the systemd unit that they are of, or ""
	UserUnit           bool     // it is of the owner's instance of systemd
	Resctrl            []string // the container's groups of resctrl
}

// resctrlLine begins the line of a group of resctrl in the intent.
const resctrlLine = "resctrl "

// SaveIntent writes the intent.
func (l *Locked) SaveIntent(in Intent) error {
	text := fmt.Sprintf("program %d %d\n%s\n", in.StageDev, in.StageIno, strings.Join(in.Cgroups, "\n"))
	if in.Unit != "" {
		text = fmt.Sprintf("unit %t %s\n", in.UserUnit, in.Unit) + text
	}
	for _, dir := range in.Resctrl {
		text += resctrlLine + dir + "\n"
	}
	return l.replace(IntentFile, []byte(text+checksum([]byte(text))))
}

// Intent reads what SaveIntent wrote; nothing if it was not called. Half a path is
// the cgroup of others, so a file that is not complete is an error.
func (l *Locked) Intent() (in Intent, err error) {
	data, err := sys.ReadFile(l.Path+"/"+IntentFile, 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		return in, nil
	}
	if err != nil {
		return in, err
	}
	end := strings.LastIndexByte(string(data), '\n') + 1
	if checksum(data[:end]) != string(data[end:]) {
		return in, fmt.Errorf("%s/%s is damaged too: what the container consists of is not known", l.Path, IntentFile)
	}
	for line := range strings.SplitSeq(string(data[:end]), "\n") {
		switch {
		case strings.HasPrefix(line, "/"):
			in.Cgroups = append(in.Cgroups, line)
		case strings.HasPrefix(line, resctrlLine):
			in.Resctrl = append(in.Resctrl, strings.TrimPrefix(line, resctrlLine))
		case strings.HasPrefix(line, "unit "):
			_, _ = fmt.Sscanf(line, "unit %t %s", &in.UserUnit, &in.Unit)
		default:
			_, _ = fmt.Sscanf(line, "program %d %d", &in.StageDev, &in.StageIno)
		}
	}
	return in, nil
}

// SaveFile keeps a file with the container.
func (l *Locked) SaveFile(name string, data []byte) error { return l.write(name, data) }

func (l *Locked) replace(name string, data []byte) error {
	tmp := name + "~"
	if err := l.write(tmp, data); err != nil {
		return err
	}
	if err := unix.Renameat(l.fd, tmp, l.fd, name); err != nil {
		return &os.PathError{Op: "rename", Path: l.Path + "/" + name, Err: err}
	}
	return nil
}

func (l *Locked) write(name string, data []byte) error {
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC | unix.O_NOFOLLOW | unix.O_CLOEXEC
	path := l.Path + "/" + name
	fd, err := unix.Openat(l.fd, name, flags, 0o600)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	for rest := data; len(rest) > 0 && err == nil; {
		var n int
		if n, err = unix.Write(fd, rest); err == unix.EINTR {
			err = nil
			continue
		}
		rest = rest[max(n, 0):]
	}
	unix.Close(fd)
	if err != nil {
		_ = unix.Unlinkat(l.fd, name, 0)
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// Remove removes the directory with everything in it. Most often that is what is named
// here; only for more is the directory read.
func (l *Locked) Remove() error {
	for _, name := range []string{IntentFile, "config.json", RecordFile} {
		_ = unix.Unlinkat(l.fd, name, 0)
	}
	if unix.Rmdir(l.Path) == nil {
		return nil
	}
	return os.RemoveAll(l.Path)
}
