package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
)

func TestProcessesAreListedWithThoseInCgroupsBelow(t *testing.T) {
	f := newFixture(t, nil)
	top := f.run("echo; sleep 100 & wait")
	below := f.run("echo; sleep 100")
	for _, d := range f.dirs {
		if strings.Contains(d, "/cpuset/") {
			continue
		}
		if err := os.Mkdir(d+"/sub", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Write(d+"/sub", "cgroup.procs", strconv.Itoa(below.Process.Pid), false); err != nil {
			t.Fatal(err)
		}
	}
	all, err := f.Pids(true)
	if err != nil || !slices.Contains(all, top.Process.Pid) || !slices.Contains(all, below.Process.Pid) || !slices.IsSorted(all) {
		t.Errorf("all: %v, %v", all, err)
	}
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("repeated: %v", all)
	}
}

func TestDestroyKillsAndRemovesAWholeTree(t *testing.T) {
	f := newFixture(t, nil)
	var cmds []*exec.Cmd
	for range 3 {
		cmds = append(cmds, f.run("trap '' TERM; echo; while :; do sleep 100; done"))
	}
	for _, d := range f.dirs {
		for _, sub := range []string{"/a", "/a/b", "/c"} {
			if err := os.Mkdir(d+sub, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(d, "/cpuset/") {
			if err := Write(d+"/a/b", "cgroup.procs", strconv.Itoa(cmds[0].Process.Pid), false); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, cmd := range cmds {
		go cmd.Wait()
	}
	if err := f.Destroy(); err != nil {
		t.Fatal(err)
	}
	f.gone()
	if err := f.Destroy(); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if err := f.Signal(unix.SIGKILL); err != nil {
		t.Errorf("signalling what is gone: %v", err)
	}
}

func TestSignalsReachEveryProcess(t *testing.T) {
	f := newFixture(t, nil)
	a, b := f.run("trap 'exit 7' TERM; echo; while :; do sleep 0.01; done"), f.run("trap 'exit 7' TERM; echo; while :; do sleep 0.01; done")
	if err := f.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []*exec.Cmd{a, b} {
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Errorf("got %v", err)
		}
	}
}

func TestAForkBombIsKilledWithoutCgroupKill(t *testing.T) {
	limit := int64(50)
	f := newFixture(t, &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}})
	f.dir(v1Freeze)
	var v1 []string
	for _, d := range f.dirs {
		if !exists(d + "/cgroup.kill") {
			v1 = append(v1, d)
		}
	}
	f.run("echo; f() { f 2>/dev/null & f 2>/dev/null & }; while :; do f; sleep 0.001; done")
	time.Sleep(50 * time.Millisecond)
	if err := Open(v1).Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		pids, err := f.Pids(true)
		if err == nil && len(pids) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v, %v", pids, err)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTheCallerIsNeverKilled(t *testing.T) {
	f := newFixture(t, nil)
	dir := f.dir("freezer.state")
	self := exec.Command(os.Args[0])
	self.Env = append(os.Environ(), "RT_TEST_DIR="+dir)
	out, err := self.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("refused")) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestMain lets this binary be the process that tries to kill its own cgroup.
func TestMain(m *testing.M) {
	dir := os.Getenv("RT_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := Write(dir, "cgroup.procs", "0", false); err != nil {
		fmt.Println(err)
	} else if err := Open([]string{dir}).Signal(unix.SIGKILL); err != nil {
		fmt.Println("refused", err)
	}
}

func TestAStuckDirectoryIsNamedWithItsProcess(t *testing.T) {
	f := newFixture(t, nil)
	cmd := f.run("echo; sleep 100")
	start := time.Now()
	err := removeWait(f.dirs[0], start.Add(100*time.Millisecond))
	if err == nil || !strings.Contains(err.Error(), f.dirs[0]) || !strings.Contains(err.Error(), fmt.Sprintf("process %d ", cmd.Process.Pid)) || !errors.Is(err, unix.EBUSY) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestPinnedPidsOfStrangersAreNotSignalled(t *testing.T) {
	f := newFixture(t, nil)
	stranger := exec.Command("sleep", "100")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	told, err := f.signalPinned([]int{stranger.Process.Pid}, unix.SIGKILL)
	if told != 0 || err != nil {
		t.Errorf("told %d, %v", told, err)
	}
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger is gone: %v", err)
	}
}

func BenchmarkDestroyOfAnEmptyGroup(b *testing.B) {
	facts, err := host.Probe()
	if err != nil {
		b.Fatal(err)
	}
	set, err := setting.Create(facts, fmt.Sprintf("/rt-bench-%d", os.Getpid()), "", nil)
	if err != nil {
		b.Fatal(err)
	}
	var dirs []string
	for _, d := range set.Dirs {
		dirs = append(dirs, d.Path)
	}
	g := Open(dirs)
	for b.Loop() {
		b.StopTimer()
		for _, d := range dirs {
			if err := unix.Mkdir(d, 0o755); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		if err := g.Destroy(); err != nil {
			b.Fatal(err)
		}
	}
}
