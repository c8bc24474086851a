package nsenter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// parts is what package compile gives mkpath: each prefix and its last component.
func parts(path string) []string {
	var out []string
	names := strings.Split(path, "/")
	for i, name := range names {
		out = append(out, strings.Join(names[:i+1], "/"), name)
	}
	return out
}

// mkpath resolves path below root into slot 2 and sends it to the test.
func mkpath(root, path string, mode, flags uint64) []plan.Op {
	return join(openPath(1, root, abi.OPath), plan.Mkpath(2, 1, path, parts(path), mode, flags),
		plan.Arrive("x", 2))
}

// tree makes a root with traps: each line is "dir NAME", "file NAME", "fifo NAME" or
// "link NAME TARGET".
func tree(t *testing.T, lines ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, line := range lines {
		f := strings.Fields(line)
		path := filepath.Join(root, f[1])
		var err error
		switch f[0] {
		case "dir":
			err = os.MkdirAll(path, 0o755)
		case "file":
			err = os.WriteFile(path, nil, 0o644)
		case "fifo":
			err = unix.Mkfifo(path, 0o644)
		case "link":
			err = os.Symlink(f[2], path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// arrivedIs checks that what arrived is the file at path, of that type and mode.
func arrivedIs(path string, mode uint32) func(*testing.T, *session) {
	return func(t *testing.T, s *session) {
		t.Helper()
		var got unix.Stat_t
		if err := unix.Fstat(int(s.files[0].Fd()), &got); err != nil {
			t.Fatal(err)
		}
		want := stat(t, path)
		if got.Ino != want.Ino || got.Dev != want.Dev {
			t.Errorf("what arrived is not %s", path)
		}
		if want.Mode != mode {
			t.Errorf("mode is %o, want %o", want.Mode, mode)
		}
	}
}

func pathCases(t *testing.T) []opCase {
	return append(mkpathCases(t), nodeCases(t)...)
}

func mkpathCases(t *testing.T) []opCase {
	outside := t.TempDir()
	root := tree(t, "dir d", "file f", "fifo fifo", "link l d", "link abs /d", "link loop loop",
		"link dangling d/made", "link escape "+outside+"/x", "link up ../../../../d")
	at := func(name string) string { return filepath.Join(root, name) }
	const dir, reg = unix.S_IFDIR, unix.S_IFREG
	file, plain := uint64(abi.MkpathFile), uint64(abi.MkpathNoSymlinks)
	c := func(name, path string, mode, flags uint64, leaf string, want uint32) opCase {
		return opCase{name: name, op: plan.OpMkpath, ops: mkpath(root, path, mode, flags),
			check: arrivedIs(at(leaf), want)}
	}
	bad := func(name, path string, flags uint64, err unix.Errno) opCase {
		return opCase{name: name, op: plan.OpMkpath, ops: mkpath(root, path, 0o755, flags), err: err,
			check: func(t *testing.T, s *session) {
				if entries, _ := os.ReadDir(outside); len(entries) > 0 {
					t.Errorf("made %v outside the root", entries)
				}
			}}
	}
	return []opCase{
		c("finds a directory", "d", 0o700, 0, "d", dir|0o755),
		c("makes directories", "x/y/z", 0o750, 0, "x/y/z", dir|0o750),
		c("makes the rest of a path", "d/y/z", 0o700, 0, "d/y/z", dir|0o700),
		c("finds a file", "f", 0o755, file, "f", reg|0o644),
		c("makes a file that is not executable", "n/f", 0o755, file, "n/f", reg|0o644),
		c("makes a file in the root itself", "g", 0o700, file, "g", reg|0o600),
		c("does not open a FIFO", "fifo", 0o755, file, "fifo", unix.S_IFIFO|0o644),
		c("is content with a directory for a file", "d", 0o755, file, "d", dir|0o755),
		c("follows a link", "l/in", 0o755, 0, "d/in", dir|0o755),
		c("takes an absolute link for one in the root", "abs/in2", 0o755, 0, "d/in2", dir|0o755),
		c("stops at the root going up", "up/in3", 0o755, 0, "d/in3", dir|0o755),
		c("makes the file that a link misses", "dangling", 0o644, file, "d/made", reg|0o644),
		bad("does not leave the root", "escape", file, unix.ENOENT),
		bad("does not make the directory a link misses", "escape/in", 0, unix.ENOENT),
		bad("refuses a file on the way", "f/x", 0, unix.ENOTDIR),
		bad("refuses a file for a directory", "f", 0, unix.ENOTDIR),
		bad("refuses a loop", "loop/x", 0, unix.ELOOP),
		bad("refuses links if told", "l/x", plain, unix.ELOOP),
		bad("refuses a link as leaf if told", "l", plain|file, unix.ELOOP),
		{name: "refuses a list that is no pairs", op: plan.OpMkpath, err: unix.EPROTO,
			ops: join(openPath(1, root, abi.OPath), plan.Mkpath(2, 1, "q", []string{"q"}, 0o755, 0))},
		{name: "refuses an empty slot for the root", op: plan.OpMkpath, err: unix.EBADF,
			ops: join(plan.Mkpath(2, 1, "q", parts("q"), 0o755, 0))},
	}
}

func nodeCases(t *testing.T) []opCase {
	root := tree(t, "file f", "fifo fifo", "link l f")
	node := func(path string, mode, dev uint64) []plan.Op {
		return join(openPath(1, root, abi.OPath), plan.Devnode(1, path, mode, dev, 12, 34))
	}
	link := func(target, path string) []plan.Op {
		return join(openPath(1, root, abi.OPath), plan.Symlinkat(target, 1, path))
	}
	zero := abi.Makedev(1, 5)
	made := func(name string, mode uint32, dev uint64) func(*testing.T, *session) {
		return func(t *testing.T, s *session) {
			st := stat(t, filepath.Join(root, name))
			if st.Mode != mode || st.Rdev != dev || st.Uid != 12 || st.Gid != 34 {
				t.Errorf("%s is %o %#x %d:%d", name, st.Mode, st.Rdev, st.Uid, st.Gid)
			}
		}
	}
	return []opCase{
		{name: "makes a link", op: plan.OpSymlinkat, ops: link("/proc/self/fd", "fd"),
			check: func(t *testing.T, s *session) {
				if got, err := os.Readlink(root + "/fd"); got != "/proc/self/fd" {
					t.Errorf("link to %q: %v", got, err)
				}
			}},
		{name: "leaves an existing file alone", op: plan.OpSymlinkat, ops: link("x", "f"),
			check: func(t *testing.T, s *session) { content(t, root+"/f", "") }},
		{name: "tells that the directory is missing", op: plan.OpSymlinkat, err: unix.ENOENT,
			ops: link("x", "none/x")},

		{name: "makes a device whatever the mask", op: plan.OpDevnode,
			ops:   node("zero", unix.S_IFCHR|0o666, zero),
			check: made("zero", unix.S_IFCHR|0o666, zero)},
		{name: "makes a block device", op: plan.OpDevnode,
			ops:   node("loop", unix.S_IFBLK|0o600, abi.Makedev(7, 300)),
			check: made("loop", unix.S_IFBLK|0o600, abi.Makedev(7, 300))},
		{name: "makes a FIFO", op: plan.OpDevnode, ops: node("p", unix.S_IFIFO|0o622, 0),
			check: made("p", unix.S_IFIFO|0o622, 0)},
		{name: "accepts the same device", op: plan.OpDevnode,
			ops:   join(node("same", unix.S_IFCHR|0o666, zero), node("same", unix.S_IFCHR|0o600, zero)),
			check: made("same", unix.S_IFCHR|0o666, zero)},
		{name: "accepts an existing FIFO", op: plan.OpDevnode, ops: node("fifo", unix.S_IFIFO|0o600, 0)},
		{name: "refuses another device", op: plan.OpDevnode, err: unix.EEXIST,
			ops: join(node("other", unix.S_IFCHR|0o666, zero), node("other", unix.S_IFCHR|0o666, zero+1))},
		{name: "refuses another type", op: plan.OpDevnode, err: unix.EEXIST,
			ops: node("f", unix.S_IFCHR|0o666, zero)},
		{name: "refuses a link", op: plan.OpDevnode, err: unix.EEXIST,
			ops: node("l", unix.S_IFCHR|0o666, zero)},
		{name: "refuses a number that would be cut", op: plan.OpDevnode, err: unix.EINVAL,
			ops: node("wide", unix.S_IFCHR|0o666, 1<<32|zero)},
	}
}
