package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// S61: hostile root file systems. Every tree is random and follows from its seed, so
// that a finding can be had again: -seed N -rounds 1.

// places are the paths in a rootfs that a runtime touches.
var places = []string{
	"proc", "sys", "sys/fs", "sys/fs/cgroup", "dev", "dev/null", "dev/zero", "dev/full", "dev/random", "dev/urandom",
	"dev/tty", "dev/console", "dev/ptmx", "dev/pts", "dev/pts/ptmx", "dev/shm", "dev/mqueue", "dev/fd", "dev/stdin", "dev/stdout",
	"dev/stderr", "dev/core", "dev/fuse", "etc", "etc/passwd", "etc/group", "etc/hosts", "work", "work/dir", "bin/prog", "bin",
	"mnt", "mnt/deep", "mnt/deep/er", "data", "data/file", "data/dir", "secret", "secret/key", "run", "run/notify", ".",
	"tmp", "home", "usr", "lib", "proc/self", "proc/self/fd", "proc/kcore", "proc/sys", "sys/firmware",
}

// kinds are what can be at a place. Each makes something at a path that is free.
var kinds = []struct {
	name string
	make func(z *tree61, path string) error
}{
	{"nothing", func(*tree61, string) error { return nil }},
	{"a directory", func(_ *tree61, p string) error { return os.Mkdir(p, 0o755) }},
	{"a closed directory", func(_ *tree61, p string) error { return os.Mkdir(p, 0) }},
	{"an empty file", func(_ *tree61, p string) error { return os.WriteFile(p, nil, 0o644) }},
	{"a file without permissions", func(_ *tree61, p string) error { return os.WriteFile(p, []byte("x"), 0) }},
	{"a huge sparse file", func(_ *tree61, p string) error {
		if err := os.WriteFile(p, nil, 0o644); err != nil {
			return err
		}
		return os.Truncate(p, 4<<30)
	}},
	{"a link to the host", func(z *tree61, p string) error { return os.Symlink(z.target(), p) }},
	{"a relative link to the host", func(z *tree61, p string) error {
		return os.Symlink(strings.Repeat("../", 12)+z.target()[1:], p)
	}},
	{"a link to the host through proc", func(z *tree61, p string) error {
		return os.Symlink(z.pick("/proc/self/root", "/proc/1/root", "/proc/self/cwd/../../../..", "/proc/thread-self/root")+z.target(), p)
	}},
	{"a link to a descriptor", func(z *tree61, p string) error {
		return os.Symlink(fmt.Sprintf("/proc/self/fd/%d%s", z.rng.IntN(12), z.pick("", "/", "/.", "/..")), p)
	}},
	{"a dangling link", func(z *tree61, p string) error { return os.Symlink(z.pick("nowhere", "/no/where", "../../no", "/"), p) }},
	{"a link to itself", func(_ *tree61, p string) error { return os.Symlink(filepath.Base(p), p) }},
	{"a chain of links", func(_ *tree61, p string) error {
		for i := range 45 {
			if err := os.Symlink(fmt.Sprintf("%s.%d", filepath.Base(p), i+1), fmt.Sprintf("%s.%d", p, i)); err != nil {
				return err
			}
		}
		return os.Symlink(filepath.Base(p)+".0", p)
	}},
	{"a link to another place", func(z *tree61, p string) error { return os.Symlink("/"+z.pick(places...), p) }},
	{"a link to a magic link", func(z *tree61, p string) error {
		return os.Symlink(z.pick("/proc/self/exe", "/proc/self/root", "/proc/self/cwd", "/proc/self/ns/mnt", "/proc/1/root"), p)
	}},
	{"a link to a kernel file", func(z *tree61, p string) error {
		return os.Symlink(z.pick("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/kmsg", "/sys/kernel/uevent_helper"), p)
	}},
	{"a fifo", func(_ *tree61, p string) error { return unix.Mkfifo(p, 0o666) }},
	{"a socket", func(_ *tree61, p string) error { return unix.Mknod(p, unix.S_IFSOCK|0o666, 0) }},
	{"the device zero", func(_ *tree61, p string) error { return unix.Mknod(p, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))) }},
	{"a terminal", func(_ *tree61, p string) error { return unix.Mknod(p, unix.S_IFCHR|0o666, int(unix.Mkdev(5, 0))) }},
	{"a device that is none", func(_ *tree61, p string) error { return unix.Mknod(p, unix.S_IFCHR|0o666, int(unix.Mkdev(99, 99))) }},
	{"a disk", func(_ *tree61, p string) error { return unix.Mknod(p, unix.S_IFBLK|0o666, int(unix.Mkdev(7, 200))) }},
	{"long names", func(_ *tree61, p string) error {
		if err := os.Mkdir(p, 0o755); err != nil {
			return err
		}
		return os.MkdirAll(p+strings.Repeat("/"+strings.Repeat("n", 250), 3), 0o755)
	}},
	{"a set-user-ID program", func(_ *tree61, p string) error {
		if err := os.WriteFile(p, []byte("#!/proc/self/exe\n"), 0o755); err != nil {
			return err
		}
		return os.Chmod(p, 0o4755|os.ModeSetuid)
	}},
	{"a passwd of many lines", func(_ *tree61, p string) error {
		return os.WriteFile(p, []byte(strings.Repeat("root:x:0:0:r:/\n", 100000)), 0o644)
	}},
	{"a passwd of one line", func(_ *tree61, p string) error {
		return os.WriteFile(p, []byte("root:x:0:0:r:/"+strings.Repeat("h", 900000)), 0o644)
	}},
}

// tree61 is one root file system and what was done to it.
type tree61 struct {
	*box
	rng  *rand.Rand
	done []string
}

func (z *tree61) pick(list ...string) string { return list[z.rng.IntN(len(list))] }

// target is something of the host.
func (z *tree61) target() string {
	return z.canary + z.pick("", "/dir", "/passwd", "/null", "/new", "/dir/new", "/empty", "/program")
}

// spoil changes some places of a fresh rootfs.
func (z *tree61) spoil() error {
	for range 1 + z.rng.IntN(6) {
		place := places[z.rng.IntN(len(places))]
		kind := kinds[z.rng.IntN(len(kinds))]
		if place == "." {
			continue // the rootfs itself is the bundle's, which is trusted
		}
		path := z.fs + "/" + place
		parent := filepath.Dir(path)
		if !z.plain(parent) || os.MkdirAll(parent, 0o755) != nil {
			continue // something above was changed already
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if err := kind.make(z, path); err != nil && !os.IsExist(err) {
			return fmt.Errorf("%s at %s: %w", kind.name, place, err)
		}
		z.done = append(z.done, place+" is "+kind.name)
	}
	return nil
}

// plain reports whether no component below the rootfs is a link: what is made is made
// in the rootfs, even by the one who makes hostile ones.
func (z *tree61) plain(path string) bool {
	for path != z.fs {
		if st, err := os.Lstat(path); err == nil && st.Mode().Type()&fs.ModeSymlink != 0 {
			return false
		}
		path = filepath.Dir(path)
	}
	return true
}

// fresh makes the rootfs out of hard links to a copy that is this box's own.
func (z *tree61) fresh() error {
	if err := os.RemoveAll(z.fs); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-al", z.dir+"/pristine", z.fs).CombinedOutput(); err != nil {
		return fmt.Errorf("copying: %w: %s", err, out)
	}
	return nil
}
