package launch

import (
	"errors"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// spawned runs a shell script with the writing end of a pipe as descriptor 4 and returns
// what it writes there.
func spawned(t *testing.T, script string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	const free = 5
	files := []int{high(t, null, free), high(t, w, free)}
	w.Close()
	pid, failed, err := spawn("/bin/sh", []string{"sh", "-c", script}, 3, files)
	for _, fd := range files {
		unix.Close(fd)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if ws, err := wait(pid, 0); err != nil || !ws.Exited() || ws.ExitStatus() != 0 {
		t.Errorf("the process ended with %#x: %v, %v", ws, err, failed())
	}
	return string(out)
}

func high(t *testing.T, f *os.File, above int) int {
	t.Helper()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, above)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestASpawnedProcessHasTheDescriptorsThatItIsGiven(t *testing.T) {
	got := spawned(t, `[ -e /proc/$$/fd/3 ] && [ ! -e /proc/$$/fd/5 ] && echo "$# $0" >&4`)
	if got != "0 sh\n" {
		t.Errorf("got %q", got)
	}
}

func TestASpawnedProcessHasNoEnvironmentAndNoSignalBlocked(t *testing.T) {
	if got := spawned(t, `grep SigBlk /proc/self/status >&4; tr '\0' '\n' </proc/$$/environ >&4`); got != "SigBlk:\t0000000000000000\n" {
		t.Errorf("got %q", got)
	}
}

func TestWhyAProcessCouldNotExecuteIsTold(t *testing.T) {
	pid, failed, err := spawn("/none", []string{"none"}, 3, nil)
	if runtime.GOARCH != "amd64" {
		if !errors.Is(err, unix.ENOENT) {
			t.Errorf("the error is %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if ws, err := wait(pid, 0); err != nil || ws.ExitStatus() != 127 {
		t.Errorf("it ended with %#x: %v", ws, err)
	}
	if !errors.Is(failed(), unix.ENOENT) {
		t.Errorf("the error is %v", failed())
	}
}

// Nothing of the parent's memory is changed by children that share it for a while.
func TestManyProcessesAreSpawnedWhileMemoryIsCollected(t *testing.T) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer close(done)
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if got := spawned(t, "echo x >&4"); got != "x\n" {
			t.Fatalf("got %q", got)
		}
	}
}
