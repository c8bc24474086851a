package nsenter

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

func stageFile(t *testing.T) *os.File {
	t.Helper()
	f, err := Memfd(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestTheSealedStageCannotBeChanged(t *testing.T) {
	f := stageFile(t)
	want := seals
	got, err := unix.FcntlInt(f.Fd(), unix.F_GET_SEALS, 0)
	if err != nil || got&want != want {
		t.Errorf("seals are %#x, want %#x: %v", got, want, err)
	}
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, unix.EPERM) {
		t.Errorf("write: %v", err)
	}
	if err := f.Truncate(0); !errors.Is(err, unix.EPERM) {
		t.Errorf("truncate: %v", err)
	}
	if _, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_WRITE, unix.MAP_SHARED); !errors.Is(err, unix.EPERM) {
		t.Errorf("mmap: %v", err)
	}
}

func TestTheSealedStageIsClosedInOtherPrograms(t *testing.T) {
	flags, err := unix.FcntlInt(stageFile(t).Fd(), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags are %#x: %v", flags, err)
	}
}

func TestTheStageIsSmall(t *testing.T) {
	const limit = 16 << 10
	if len(stage) > limit {
		t.Errorf("the stage has %d bytes, the limit is %d", len(stage), limit)
	}
}

func TestTheIdentityIsThatOfTheRunningStage(t *testing.T) {
	f := stageFile(t)
	dev, ino := Identity(f)
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd())
	s := start(t, path, encoded(t, list(plan.Arrive("x", plan.None), plan.Release("y", 0, 0)), plan.Options{}))
	if _, ok := s.receive(); !ok {
		t.Fatal("the stage did not arrive")
	}
	proc := fmt.Sprintf("/proc/%d/", s.cmd.Process.Pid)
	var st unix.Stat_t
	if err := unix.Stat(proc+"exe", &st); err != nil {
		t.Fatal(err)
	}
	if uint64(st.Dev) != dev || st.Ino != ino || ino == 0 {
		t.Errorf("the process runs %d:%d, the file is %d:%d", st.Dev, st.Ino, dev, ino)
	}
	if comm, err := os.ReadFile(proc + "comm"); string(comm) != "rt-init\n" {
		t.Errorf("the process is called %q: %v", comm, err)
	}
	s.release(1, 0)
	s.wait()
}

// The fallback for vm.memfd_noexec=2, which a test cannot set without changing
// the host for everybody.
func TestTheFileThatStandsInForAMemfdIsExecutableAndUnlinked(t *testing.T) {
	dir := t.TempDir()
	f, err := unlinked(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%s has %v", dir, entries)
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, unix.EBADF) {
		t.Errorf("write: %v", err)
	}
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd())
	s := start(t, path, encoded(t, list(sh("echo ran")...), plan.Options{}))
	s.wait()
	if s.out.String() != "ran\n" {
		t.Errorf("output %q, status %#x", s.out.String(), s.status)
	}
}

func TestWithoutAPlaceForTheFileTheErrorSaysWhy(t *testing.T) {
	_, err := unlinked("/proc/none")
	if !errors.Is(err, ErrNoExec) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "vm.memfd_noexec") {
		t.Errorf("error is %v", err)
	}
}

func TestTheFileIsRefusedOnAMountWithoutExec(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOEXEC, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	_, err := unlinked(dir)
	if !errors.Is(err, ErrNoExec) || !strings.Contains(err.Error(), "noexec") {
		t.Errorf("error is %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%s has %v", dir, entries)
	}
}

func TestTheSourcesObeyTheRulesOfTheStage(t *testing.T) {
	out, err := exec.Command("sh", "-c", "cat stage/*.[ch]").Output()
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(out), "\n"); lines >= 1500 {
		t.Errorf("the stage has %d lines, the limit is 1500", lines)
	}
	for _, word := range []string{"malloc", "alloca", "stdio.h", "strcpy", "sprintf", "getenv", "goto"} {
		if strings.Contains(string(out), word) {
			t.Errorf("the stage uses %s", word)
		}
	}
}
