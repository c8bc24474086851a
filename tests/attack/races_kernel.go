package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// S17, S19: whoever has the rootfs too swaps the directory that procfs is mounted on
// for one with harmless files of the same names, and takes it back when they are
// masked.
func setMasks(b *box) ([]pair, error) {
	for _, p := range append(b.config.Linux.MaskedPaths, b.config.Linux.ReadonlyPaths...) {
		if rest, ok := strings.CutPrefix(p, "/proc/"); ok {
			if err := os.MkdirAll(b.fs+"/fake/"+rest, 0o755); err != nil {
				return nil, err
			}
		}
	}
	return []pair{{b.fs, "proc", "fake"}, {b.fs, "sys", "fakesys"}}, os.MkdirAll(b.fs+"/fakesys/firmware", 0o755)
}

// The same with the procfs and sysfs of the host, which are bound.
func setBoundMasks(b *box) ([]pair, error) {
	for i := range b.config.Mounts {
		if m := &b.config.Mounts[i]; m.Destination == "/proc" || m.Destination == "/sys" {
			*m = specs.Mount{Destination: m.Destination, Type: "bind", Source: m.Destination, Options: []string{"rbind"}}
		}
	}
	return setMasks(b)
}

func resetMasks(b *box, round int) error {
	pair{b.fs, "proc", "fake"}.straighten(func(os.FileInfo) bool {
		_, err := os.Lstat(b.fs + "/proc/kcore")
		return err != nil
	})
	if round%2 == 1 { // a link, for a look-up that follows one
		_ = os.RemoveAll(b.fs + "/fake/keys")
		_ = os.Symlink("/etc", b.fs+"/fake/keys")
	}
	return nil
}

func inspectMasks(b *box, pid int) (wrong []string) {
	for _, m := range mountsOf(pid) {
		if m.fstype != "proc" || m.root != "/" {
			continue
		}
		proc := fmt.Sprintf("/proc/%d/root%s", pid, m.point)
		for _, p := range b.config.Linux.MaskedPaths {
			rest, ok := strings.CutPrefix(p, "/proc/")
			if _, err := os.Lstat("/proc/" + rest); !ok || err != nil {
				continue
			}
			var fs unix.Statfs_t
			if err := unix.Statfs(proc+"/"+rest, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC {
				wrong = append(wrong, p+" is not masked")
			}
		}
		for _, p := range b.config.Linux.ReadonlyPaths {
			rest := strings.TrimPrefix(p, "/proc/")
			var fs unix.Statfs_t
			if err := unix.Statfs(proc+"/"+rest, &fs); err == nil && fs.Flags&unix.ST_RDONLY == 0 {
				wrong = append(wrong, p+" is not read-only")
			}
		}
	}
	return wrong
}

// S18: /dev/null of the image is a link to a file of the host that is mounted, from
// time to time.
func setStdio(b *box) ([]pair, error) {
	b.config.Mounts = append(withoutMounts(b.config.Mounts, "/dev"),
		specs.Mount{Destination: "/mnt", Type: "bind", Source: b.canary, Options: []string{"bind"}})
	b.config.Process.User = specs.User{UID: 1000, GID: 1000}
	dev := b.fs + "/dev"
	if err := os.RemoveAll(dev); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dev, 0o755); err != nil {
		return nil, err
	}
	if err := unix.Mknod(dev+"/null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		return nil, err
	}
	var err error
	if b.stdio, err = os.OpenFile(b.dir+"/stdio", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	return []pair{{dev, "null", "link"}}, os.Symlink("/mnt/passwd", dev+"/link")
}

func inspectStdio(b *box, pid int) (wrong []string) {
	var want unix.Stat_t
	if err := unix.Fstat(int(b.stdio.Fd()), &want); err != nil {
		return []string{err.Error()}
	}
	for fd := range 3 {
		var st unix.Stat_t
		if err := unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", pid, fd), &st); err != nil || st.Ino != want.Ino || st.Dev != want.Dev {
			wrong = append(wrong, fmt.Sprintf("descriptor %d is not the caller's", fd))
		}
	}
	return wrong
}

// S20: the image's own /proc, without a procfs, has links under self/fd.
func setReadonly(b *box) ([]pair, error) {
	b.config.Mounts = withoutMounts(b.config.Mounts, "/proc")
	b.config.Root.Readonly = true
	b.config.Linux.MaskedPaths = nil
	b.config.Linux.ReadonlyPaths = []string{"/etc"}
	if err := os.MkdirAll(b.fs+"/fake/self/fd", 0o755); err != nil {
		return nil, err
	}
	for i := range 40 {
		if err := os.Symlink("/tmp", fmt.Sprintf("%s/fake/self/fd/%d", b.fs, i)); err != nil {
			return nil, err
		}
	}
	return []pair{{b.fs, "proc", "fake"}}, nil
}

func inspectReadonly(_ *box, pid int) (wrong []string) {
	for _, path := range []string{"/", "/etc"} {
		var fs unix.Statfs_t
		if err := unix.Statfs(fmt.Sprintf("/proc/%d/root%s", pid, path), &fs); err != nil || fs.Flags&unix.ST_RDONLY == 0 {
			wrong = append(wrong, path+" is not read-only")
		}
	}
	return wrong
}

// S21: what is written to procfs must arrive in the kernel's file, whatever stands in
// its place in the rootfs.
func setSysctl(b *box) ([]pair, error) {
	b.config.Linux.Sysctl = map[string]string{"net.ipv4.ip_default_ttl": "77", "kernel.msgmax": "7777"}
	score := 77
	b.config.Process.OOMScoreAdj = &score
	b.config.Mounts = append(b.config.Mounts, specs.Mount{Destination: "/mnt", Type: "bind", Source: b.canary, Options: []string{"bind"}})
	for _, name := range []string{"sys/net/ipv4/ip_default_ttl", "sys/kernel/msgmax", "self/oom_score_adj", "self/attr/exec", "1/oom_score_adj", "self/attr/apparmor/exec"} {
		path := b.fs + "/fake/" + name
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.Symlink("/mnt/core_pattern", path); err != nil {
			return nil, err
		}
	}
	return []pair{{b.fs, "proc", "fake"}}, nil
}

func inspectSysctl(_ *box, pid int) (wrong []string) {
	out, err := exec.Command("nsenter", "--target", strconv.Itoa(pid), "--net", "--ipc",
		"cat", "/proc/sys/net/ipv4/ip_default_ttl", "/proc/sys/kernel/msgmax").Output()
	if err != nil || string(out) != "77\n7777\n" {
		wrong = append(wrong, fmt.Sprintf("the sysctls are %q (%v)", out, err))
	}
	score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
	if err != nil || string(score) != "77\n" {
		wrong = append(wrong, fmt.Sprintf("oom_score_adj is %q (%v)", score, err))
	}
	return wrong
}

// tmpcopyup is done by the runtime itself, with the host's privileges: a file that
// becomes a device may not be opened, and a directory that becomes a link not entered.
func setCopyup(b *box) ([]pair, error) {
	b.config.Mounts = append(b.config.Mounts, specs.Mount{Destination: "/data", Type: "tmpfs", Source: "tmpfs", Options: []string{"tmpcopyup", "size=512k"}})
	return []pair{{b.fs + "/data", "file", "node"}, {b.fs + "/data", "file2", "link2"}, {b.fs + "/data", "dir", "link"}}, nil
}

func resetCopyup(b *box, round int) error {
	data := b.fs + "/data"
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"file", "file2"} {
		if err := os.WriteFile(data+"/"+name, []byte("copied\n"), 0o644); err != nil {
			return err
		}
	}
	// /dev/zero never ends: whoever reads it finds the tmpfs full.
	err := unix.Mknod(data+"/node", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5)))
	return errors.Join(err, os.Symlink(b.canary+"/passwd", data+"/link2"), freshPair(pair{data, "dir", "link"}, b.links(round)))
}

func inspectCopyup(_ *box, pid int) (wrong []string) {
	root := fmt.Sprintf("/proc/%d/root/data", pid)
	_ = filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if text, _ := os.ReadFile(path); string(text) != "copied\n" {
			wrong = append(wrong, fmt.Sprintf("%s has %d bytes that are not the image's", strings.TrimPrefix(path, root), len(text)))
		}
		return nil
	})
	return wrong
}

func refusedCopyup(r result) []string {
	if strings.Contains(r.stderr, "no space left") {
		return []string{"a device was read: " + r.stderr}
	}
	return nil
}
