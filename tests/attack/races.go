package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// races by the rows of the catalogue that README.md maps.
var races = []race{
	{name: "volume", set: setVolume, reset: resetVolume, inspect: inspectVolume},
	{name: "cwd", set: setCwd, reset: resetVolume, inspect: inspectCwd},
	{name: "dev", set: setDev, reset: resetDev, inspect: nothingElse},
	{name: "console", set: setConsole, reset: resetConsole, inspect: inspectConsole},
	{name: "masks", set: setMasks, reset: resetMasks, inspect: inspectMasks},
	{name: "bound-masks", set: setBoundMasks, reset: resetMasks, inspect: inspectMasks},
	{name: "stdio", set: setStdio, inspect: inspectStdio},
	{name: "readonly", set: setReadonly, inspect: inspectReadonly},
	{name: "sysctl", set: setSysctl, inspect: inspectSysctl},
	{name: "copyup", set: setCopyup, reset: resetCopyup, inspect: inspectCopyup, refused: refusedCopyup},
}

func nothingElse(*box, int) []string { return nil }

// S12, S13: another container has the volume too and swaps directories that mounts
// are made below; mount points are missing, so they are made.
func setVolume(b *box) ([]pair, error) {
	file := b.dir + "/source"
	if err := os.WriteFile(file, []byte("source\n"), 0o644); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.dir+"/volume", 0o755); err != nil {
		return nil, err
	}
	b.config.Mounts = append(b.config.Mounts, specs.Mount{Destination: "/vol", Type: "bind", Source: b.dir + "/volume", Options: []string{"bind"}})
	for i, dest := range []string{"/vol/dir/sub", "/vol/dir/a/b/c", "/vol/dir/empty", "/vol/two/x/y"} {
		b.config.Mounts = append(b.config.Mounts, specs.Mount{Destination: dest, Type: "tmpfs", Source: fmt.Sprintf("raced%d", i)})
	}
	for _, dest := range []string{"/vol/dir/f", "/vol/dir/a/passwd", "/vol/two/console"} {
		b.config.Mounts = append(b.config.Mounts, specs.Mount{Destination: dest, Type: "bind", Source: file, Options: []string{"bind", "ro"}})
	}
	b.config.Linux.MaskedPaths = append(b.config.Linux.MaskedPaths, "/vol/dir/passwd", "/vol/two/dir")
	b.config.Linux.ReadonlyPaths = append(b.config.Linux.ReadonlyPaths, "/vol/two/ptmx")
	return []pair{{b.dir + "/volume", "dir", "link"}, {b.dir + "/volume", "two", "link2"}}, nil
}

func resetVolume(b *box, round int) error {
	// What a link to the canary led to, below the root.
	if err := os.RemoveAll(filepath.Join(b.fs, strings.Split(b.canary, "/")[1])); err != nil {
		return err
	}
	if err := freshPair(pair{b.dir + "/volume", "dir", "link"}, b.links(round)); err != nil {
		return err
	}
	return freshPair(pair{b.dir + "/volume", "two", "link2"}, b.links(round+3))
}

func inspectVolume(b *box, pid int) (wrong []string) {
	count := map[string]int{}
	for _, m := range mountsOf(pid) {
		count[m.source]++
		if strings.HasPrefix(m.root, b.canary) || strings.Contains(m.root, "/canary") {
			wrong = append(wrong, "a directory of the host is mounted at "+m.point)
		}
	}
	for i := range 4 {
		if n := count[fmt.Sprintf("raced%d", i)]; n != 1 {
			wrong = append(wrong, fmt.Sprintf("mount raced%d is there %d times, want once", i, n))
		}
	}
	return wrong
}

// S03: the working directory is in the volume, and a descriptor of the caller's leads
// to the host.
func setCwd(b *box) ([]pair, error) {
	root, err := os.Open("/")
	if err != nil {
		return nil, err
	}
	b.extra = []*os.File{root, root, root, root}
	if err := os.MkdirAll(b.dir+"/volume", 0o755); err != nil {
		return nil, err
	}
	b.config.Mounts = append(b.config.Mounts, specs.Mount{Destination: "/vol", Type: "bind", Source: b.dir + "/volume", Options: []string{"bind"}})
	b.config.Process.Cwd = "/vol/dir"
	return []pair{{b.dir + "/volume", "dir", "link"}, {b.dir + "/volume", "two", "link2"}}, nil
}

func inspectCwd(b *box, pid int) (wrong []string) {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return []string{err.Error()}
	}
	var in, host unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d/cwd/.", pid), &in) == nil && unix.Stat(b.canary, &host) == nil && in.Ino == host.Ino && in.Dev == host.Dev {
		wrong = append(wrong, "the working directory is the host's "+cwd)
	}
	if unix.Stat("/", &host) == nil && in.Ino == host.Ino && in.Dev == host.Dev {
		wrong = append(wrong, "the working directory is the host's root")
	}
	return wrong
}

// S14, S15: /dev is the image's own, and becomes a link to the host.
func setDev(b *box) ([]pair, error) {
	b.config.Mounts = withoutMounts(b.config.Mounts, "/dev")
	// The first device is null: what is in its way would end the attempt.
	return []pair{{b.fs, "dev", "devlink"}}, os.Remove(b.canary + "/null")
}

func resetDev(b *box, round int) error {
	if err := os.RemoveAll(filepath.Join(b.fs, strings.Split(b.canary, "/")[1])); err != nil {
		return err
	}
	return freshPair(pair{b.fs, "dev", "devlink"}, b.links(round))
}

// S16: /dev is a volume; what a terminal is made of changes meanwhile.
func setConsole(b *box) ([]pair, error) {
	if err := os.MkdirAll(b.dir+"/volume", 0o755); err != nil {
		return nil, err
	}
	for i := range b.config.Mounts {
		if m := &b.config.Mounts[i]; m.Destination == "/dev" {
			*m = specs.Mount{Destination: "/dev", Type: "bind", Source: b.dir + "/volume", Options: []string{"bind"}}
		}
	}
	b.config.Process.Terminal = true
	v := b.dir + "/volume"
	return []pair{{v, "pts", "ptslink"}, {v, "console", "consolelink"}, {v, "ptmx", "ptmxlink"}}, nil
}

func resetConsole(b *box, round int) error {
	if err := os.RemoveAll(filepath.Join(b.fs, strings.Split(b.canary, "/")[1])); err != nil {
		return err
	}
	v := b.dir + "/volume"
	if err := os.RemoveAll(v); err != nil {
		return err
	}
	if err := os.Mkdir(v, 0o755); err != nil {
		return err
	}
	targets := []string{"/proc/sys/kernel/core_pattern", b.canary + "/console", b.canary + "/new", "/proc/self/fd/3", "/dev/pts/0"}
	if err := freshPair(pair{v, "pts", "ptslink"}, b.links(round)); err != nil {
		return err
	}
	for name, first := range map[string]uint32{"console": unix.S_IFREG, "ptmx": unix.S_IFCHR} {
		if err := unix.Mknod(v+"/"+name, first|0o666, int(unix.Mkdev(1, 5))); err != nil {
			return err
		}
		if err := os.Symlink(targets[round%len(targets)], v+"/"+name+"link"); err != nil {
			return err
		}
	}
	return nil
}

func inspectConsole(_ *box, pid int) (wrong []string) {
	for _, m := range mountsOf(pid) {
		if strings.HasSuffix(m.point, "/console") && m.fstype != "devpts" {
			wrong = append(wrong, "/dev/console is "+m.root+" of a "+m.fstype)
		}
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(fmt.Sprintf("/proc/%d/fd/0", pid), &fs); err != nil || fs.Type != unix.DEVPTS_SUPER_MAGIC {
		wrong = append(wrong, fmt.Sprintf("stdin is no terminal of a devpts: type %#x, %v", fs.Type, err))
	}
	return wrong
}
