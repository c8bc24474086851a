package nsenter

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

func itoa(n uintptr) string { return strconv.Itoa(int(n)) }

// put writes a file below a new directory and returns the directory.
func put(t *testing.T, name, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func content(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is %q (%v), want %q", path, got, err, want)
	}
}

func stat(t *testing.T, path string) unix.Stat_t {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return st
}

func fileCases(t *testing.T) []opCase {
	return append(descriptorCases(t), writeCases(t)...)
}

func descriptorCases(t *testing.T) []opCase {
	dir := put(t, "f", "content\n")
	f := filepath.Join(dir, "f")
	return []opCase{
		{name: "opens a file", op: plan.OpOpen,
			ops: join(openPath(1, dir, abi.OPath), plan.Open(2, 1, "f", 0, 0, abi.ResolveBeneath), plan.Arrive("x", 2)),
			check: func(t *testing.T, s *session) {
				b := make([]byte, 7)
				if _, err := s.files[0].ReadAt(b, 0); err != nil || string(b) != "content" {
					t.Errorf("read %q: %v", b, err)
				}
			}},
		{name: "replaces what the slot held", op: plan.OpOpen,
			ops: join(openPath(1, dir, abi.OPath), openPath(1, f, 0), plan.Dup2(1, 0),
				sh("cat; ls -l /proc/$$/fd | grep -c "+dir)), out: "content\n1\n"},
		{name: "tells that nothing is there", op: plan.OpOpen, err: unix.ENOENT,
			ops: join(openPath(1, dir+"/none", 0))},
		{name: "empties the slot", op: plan.OpClose, err: unix.EBADF, fails: plan.OpArrive,
			ops: join(openPath(1, f, 0), plan.Close(1), plan.Arrive("x", 1))},
		{name: "closes", op: plan.OpClose, ops: join(openPath(1, f, 0), plan.Close(1))},
		{name: "refuses an empty slot", op: plan.OpClose, err: unix.EBADF,
			ops: join(openPath(1, f, 0), plan.Close(1), plan.Close(1))},
		{name: "refuses no descriptor", op: plan.OpClose, err: unix.EBADF, ops: join(plan.Close(plan.None))},
		{name: "closes at execve", op: plan.OpCloexecFrom, out: "closed",
			ops: join(openPath(1, f, 0), plan.Dup2(1, 9), plan.CloexecFrom(5),
				sh("[ -e /proc/$$/fd/9 ] || echo closed"))},
		{name: "leaves lower numbers alone", op: plan.OpCloexecFrom, out: "content",
			ops: join(openPath(1, f, 0), plan.Dup2(1, 8), plan.CloexecFrom(9), sh("cat <&8"))},
		{name: "passes on an error", op: plan.OpCloexecFrom, err: unix.EPERM,
			ops: join(denied(unix.SYS_CLOSE_RANGE, unix.EPERM), plan.CloexecFrom(3))},
		{name: "survives execve", op: plan.OpDup2, out: "content",
			ops: join(openPath(1, f, 0), plan.Dup2(1, 9), sh("cat <&9"))},
		{name: "refuses an empty slot", op: plan.OpDup2, err: unix.EBADF, ops: join(plan.Dup2(1, 9))},
	}
}

func writeCases(t *testing.T) []opCase {
	dir := put(t, "f", "......")
	f := filepath.Join(dir, "f")
	if err := os.Symlink("/proc/self/oom_score_adj", dir+"/out"); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	nullOwner := stat(t, "/dev/null").Uid
	return []opCase{
		{name: "writes in one call", op: plan.OpWrite,
			ops:   join(openPath(1, f, abi.OWronly), plan.Write(1, []byte("abc"))),
			check: func(t *testing.T, s *session) { content(t, f, "abc...") }},
		{name: "refuses a descriptor for reading", op: plan.OpWrite, err: unix.EBADF,
			ops: join(openPath(1, f, 0), plan.Write(1, []byte("abc")))},
		{name: "calls a short write an error", op: plan.OpWrite, err: unix.EIO,
			ops: join(plan.Rlimit(unix.RLIMIT_FSIZE, 4, 4), openPath(1, f, abi.OWronly),
				plan.Write(1, []byte("abcdef")))},
		{name: "follows self in procfs", op: plan.OpWriteAt, out: "123",
			ops: join(openPath(1, "/proc", abi.OPath), plan.WriteAt(1, "self/oom_score_adj", []byte("123")),
				sh("cat /proc/$$/oom_score_adj"))},
		{name: "does not leave its directory", op: plan.OpWriteAt, err: unix.EXDEV,
			ops: join(openPath(1, dir, abi.OPath), plan.WriteAt(1, "out", []byte("0")))},
		{name: "does not make a file", op: plan.OpWriteAt, err: unix.ENOENT,
			ops: join(openPath(1, dir, abi.OPath), plan.WriteAt(1, "none", []byte("0")))},
		{name: "does not block on a FIFO", op: plan.OpWriteAt, err: unix.ENXIO,
			ops: join(openPath(1, dir, abi.OPath), plan.WriteAt(1, "fifo", []byte("0")))},

		{name: "changes the owner through O_PATH", op: plan.OpFchown,
			ops: join(openPath(1, f, abi.OPath), plan.Fchown(1, 12, 34)),
			check: func(t *testing.T, s *session) {
				if st := stat(t, f); st.Uid != 12 || st.Gid != 34 {
					t.Errorf("owner is %d:%d", st.Uid, st.Gid)
				}
			}},
		{name: "needs privilege", op: plan.OpFchown, err: unix.EPERM,
			ops: join(openPath(1, f, abi.OPath), plan.Setresuid(77), plan.Fchown(1, 77, 77))},
		{name: "sets an extended attribute", op: plan.OpFsetxattr,
			ops: join(openPath(1, f, 0), plan.Fsetxattr(1, "trusted.rt", []byte("value"))),
			check: func(t *testing.T, s *session) {
				value := make([]byte, 16)
				if n, err := unix.Getxattr(f, "trusted.rt", value); err != nil || string(value[:n]) != "value" {
					t.Errorf("trusted.rt is %q, %v", value[:max(n, 0)], err)
				}
			}},
		{name: "needs a descriptor that is open", op: plan.OpFsetxattr, err: unix.EBADF,
			ops: join(openPath(1, f, abi.OPath), plan.Fsetxattr(1, "trusted.rt", nil))},
		{name: "gives pipes to the user", op: plan.OpStdioOwner, out: "1234 1234",
			ops: join(plan.StdioOwner(1234), sh("echo $(stat -L -c %u /proc/$$/fd/1 /proc/$$/fd/2)"))},
		{name: "leaves the null device alone", op: plan.OpStdioOwner, files: []*os.File{null},
			ops: join(plan.Dup2(0, 0), plan.Dup2(0, 1), plan.StdioOwner(1234)),
			check: func(t *testing.T, s *session) {
				if st := stat(t, "/dev/null"); st.Uid != nullOwner {
					t.Errorf("/dev/null belongs to %d now", st.Uid)
				}
			}},
		{name: "is content with files that keep their owner", op: plan.OpStdioOwner,
			ops: join(openPath(1, "/proc/version", 0), plan.Dup2(1, 0), plan.StdioOwner(1234))},
		{name: "passes on other errors", op: plan.OpStdioOwner, err: unix.EACCES,
			ops: join(denied(unix.SYS_FCHOWN, unix.EACCES), plan.StdioOwner(1234))},
	}
}
