package signals

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func receive(t *testing.T, from <-chan unix.Signal, want unix.Signal) {
	t.Helper()
	select {
	case s := <-from:
		if s != want {
			t.Errorf("received %v, not %v", s, want)
		}
	case <-time.After(5 * time.Second):
		t.Fatalf("%v did not arrive", want)
	}
}

func TestEverySignalThatIsForwardedArrivesAsItself(t *testing.T) {
	from, err := Notify(All()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range All() {
		if s == unix.SIGCHLD {
			continue // others of this process's may come
		}
		if err := unix.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
		receive(t, from, s)
	}
}

func TestTheLastWhoAskedReceives(t *testing.T) {
	first, err := Notify(unix.SIGUSR1)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Notify(unix.SIGUSR2)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []unix.Signal{unix.SIGUSR1, unix.SIGUSR2} {
		if err := unix.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
		receive(t, second, s)
	}
	select {
	case s := <-first:
		t.Errorf("the first one received %v", s)
	default:
	}
}

func TestAProgramThatIsExecutedHasTheDefaultActions(t *testing.T) {
	if _, err := Notify(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: terminated" {
		t.Errorf("sleep ended with %v", err)
	}
}

func TestManyAtOnceDoNotDisturbTheProcess(t *testing.T) {
	from, err := Notify(unix.SIGUSR1)
	if err != nil {
		t.Fatal(err)
	}
	var heap [][]byte
	for i := range 20000 {
		if err := unix.Kill(os.Getpid(), unix.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		heap = append(slices.Clip(heap[max(0, len(heap)-8):]), make([]byte, i%4096))
		select {
		case <-from:
		default:
		}
	}
}
