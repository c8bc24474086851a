package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// host is what no attack may change.
type host struct {
	mounts, canary, values string
	hierarchies            []string
}

// values are single files of the host that attacks are after.
var values = []string{
	"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/kernel/modprobe",
	"/proc/sys/net/ipv4/ip_default_ttl", "/proc/sys/kernel/msgmax",
}

func (b *box) look() (*host, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	h := &host{mounts: string(mounts), canary: tree(b.canary)}
	for _, name := range values {
		text, _ := os.ReadFile(name)
		h.values += name + "=" + string(text)
	}
	for _, name := range []string{"/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx"} {
		var st unix.Stat_t
		_ = unix.Lstat(name, &st)
		h.values += fmt.Sprintf("%s %o %d:%d %#x\n", name, st.Mode, st.Uid, st.Gid, st.Rdev)
	}
	for line := range strings.Lines(h.mounts) {
		f := strings.Fields(line)
		if i := strings.Index(line, " - cgroup"); i >= 0 && len(f) > 4 {
			h.hierarchies = append(h.hierarchies, f[4])
		}
	}
	return h, nil
}

// tree is a text that changes with everything in a directory, but for the times of
// reading.
func tree(dir string) string {
	sum := sha256.New()
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err == nil {
			err = unix.Lstat(path, &st)
		}
		fmt.Fprintln(sum, path, err, st.Ino, st.Mode, st.Uid, st.Gid, st.Size, st.Nlink, st.Rdev, st.Mtim, st.Ctim)
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			text, _ := os.ReadFile(path)
			sum.Write(text)
		}
		return nil
	})
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// changed lists what is different on the host.
func (h *host) changed(b *box) (list []string) {
	now, err := b.look()
	if err != nil {
		return []string{err.Error()}
	}
	if now.mounts != h.mounts {
		list = append(list, "the host's mounts changed")
	}
	if now.canary != h.canary {
		list = append(list, "the canary "+b.canary+" changed")
		h.canary = now.canary
	}
	if now.values != h.values {
		list = append(list, "the host's values changed: "+now.values)
		h.values = now.values
	}
	return list
}

// left lists what a container that is deleted has left behind.
func (h *host) left(b *box) (list []string) {
	for _, dir := range h.hierarchies {
		if _, err := os.Lstat(filepath.Join(dir, b.id)); err == nil {
			list = append(list, "cgroup "+filepath.Join(dir, b.id)+" is left")
		}
	}
	names, _ := os.ReadDir(b.state)
	for _, e := range names {
		if !strings.HasPrefix(e.Name(), ".") {
			list = append(list, "state "+e.Name()+" is left")
		}
	}
	return list
}

// mountLine is one line of mountinfo: proc_pid_mountinfo(5).
type mountLine struct{ root, point, options, fstype, source string }

func mountsOf(pid int) (list []mountLine) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	for line := range strings.Lines(string(text)) {
		before, after, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if ok && len(f) > 5 && len(g) > 1 {
			list = append(list, mountLine{f[3], f[4], f[5], g[0], g[1]})
		}
	}
	return list
}
