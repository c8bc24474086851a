package cgroup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// fixture is a cgroup of this machine's, as a container would get it.
type fixture struct {
	*Group
	t     *testing.T
	facts *host.Facts
	set   *setting.Set
}

var sequence int

func newFixture(t *testing.T, r *specs.LinuxResources) *fixture {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("making cgroups needs root")
	}
	facts, err := host.Probe()
	if err != nil {
		t.Fatal(err)
	}
	sequence++
	set, err := setting.Create(facts, fmt.Sprintf("/rt-test-%d/%d", os.Getpid(), sequence), "", r)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, d := range set.Dirs {
		dirs = append(dirs, d.Path)
	}
	f := &fixture{Open(dirs), t, facts, set}
	t.Cleanup(func() {
		_ = f.Thaw()
		if err := f.Destroy(); err != nil {
			t.Error(err)
		}
		for _, d := range dirs {
			_ = unix.Rmdir(filepath.Dir(d))
		}
	})
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range set.Inherits {
		f.inherit(i)
	}
	for _, w := range set.Writes {
		if err := Write(w.Dir, w.File, w.Value, w.Optional); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *fixture) inherit(i setting.Inherit) {
	f.t.Helper()
	value, err := os.ReadFile(i.Top + "/" + i.File)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(i.Dir), i.Dir} {
		if err := Write(dir, i.File, strings.TrimSpace(string(value)), false); err != nil {
			f.t.Fatal(err)
		}
	}
}

// run starts a shell script in the cgroup. It returns after the script wrote its
// first line, with the script still running.
func (f *fixture) run(script string) *exec.Cmd {
	f.t.Helper()
	cmd := exec.Command("sh", "-c", "read go; "+script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for _, dir := range f.dirs {
		if err := Write(dir, "cgroup.procs", strconv.Itoa(cmd.Process.Pid), false); err != nil {
			f.t.Fatal(err)
		}
	}
	fmt.Fprintln(in, "go")
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		f.t.Fatal(err)
	}
	return cmd
}

func (f *fixture) dir(file string) string {
	f.t.Helper()
	dir := f.find(file)
	if dir == "" {
		f.t.Skipf("this host has no %s", file)
	}
	return dir
}

func (f *fixture) read(file string) string {
	f.t.Helper()
	data, err := os.ReadFile(f.dir(file) + "/" + file)
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func killed(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the process ended with %v, not by SIGKILL", err)
	}
}

func (f *fixture) gone() {
	f.t.Helper()
	for _, d := range f.dirs {
		if exists(d) {
			f.t.Errorf("%s is still there", d)
		}
	}
}

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

func TestFreezeStopsAndThawContinues(t *testing.T) {
	for _, kind := range []string{v1Freeze, v2Freeze} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t, nil)
			g := Open([]string{f.dir(kind)})
			cmd := f.run("echo; i=0; while :; do i=$((i+1)); done")
			if frozen, err := g.Frozen(); frozen || err != nil {
				t.Errorf("before: %v, %v", frozen, err)
			}
			if err := g.Freeze(); err != nil {
				t.Fatal(err)
			}
			if frozen, err := g.Frozen(); !frozen || err != nil {
				t.Errorf("frozen: %v, %v", frozen, err)
			}
			before := cpuTime(t, cmd.Process.Pid)
			time.Sleep(100 * time.Millisecond)
			if after := cpuTime(t, cmd.Process.Pid); after != before {
				t.Errorf("it ran while it was frozen: %d, then %d ticks", before, after)
			}
			if err := g.Thaw(); err != nil {
				t.Fatal(err)
			}
			if frozen, err := g.Frozen(); frozen || err != nil {
				t.Errorf("after: %v, %v", frozen, err)
			}
			deadline := time.Now().Add(5 * time.Second)
			for cpuTime(t, cmd.Process.Pid) == before && time.Now().Before(deadline) {
				time.Sleep(5 * time.Millisecond)
			}
			if cpuTime(t, cmd.Process.Pid) == before {
				t.Error("it did not continue")
			}
		})
	}
}

func cpuTime(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	n, err := strconv.Atoi(fields[11])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFrozenProcessesCanBeKilledAlsoInCgroupsTheyFroze(t *testing.T) {
	f := newFixture(t, nil)
	dir := f.dir(v1Freeze)
	cmd := f.run("echo; sleep 100")
	if err := os.Mkdir(dir+"/inner", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir+"/inner", "cgroup.procs", strconv.Itoa(cmd.Process.Pid), false); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir + "/inner", dir} {
		if err := freezeV1(d); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan bool)
	go func() { killed(t, cmd); close(done) }()
	if err := f.Destroy(); err != nil {
		t.Fatal(err)
	}
	<-done
	f.gone()
}

func TestAnUpdateIsReadBackFromTheKernel(t *testing.T) {
	f := newFixture(t, &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr[int64](64 << 20), Swap: ptr[int64](64 << 20)},
		CPU:    &specs.LinuxCPU{Quota: ptr[int64](50000), Burst: ptr[uint64](10000), Shares: ptr[uint64](512), Idle: ptr[int64](1)},
	})
	old := &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr[int64](64 << 20), Swap: ptr[int64](64 << 20)},
		CPU:    &specs.LinuxCPU{Quota: ptr[int64](50000), Burst: ptr[uint64](10000), Shares: ptr[uint64](512), Idle: ptr[int64](1)},
	}
	f.dir("memory.memsw.limit_in_bytes")
	// Each of these is in the order that the kernel refuses first.
	for _, step := range []struct {
		change *specs.LinuxResources
		file   string
		want   string
	}{
		{&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](128 << 20), Swap: ptr[int64](256 << 20)}}, "memory.limit_in_bytes", "134217728"},
		{&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](32 << 20), Swap: ptr[int64](40 << 20)}}, "memory.memsw.limit_in_bytes", "41943040"},
		{&specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr[int64](5000), Burst: ptr[uint64](1000)}}, "cpu.cfs_quota_us", "5000"},
		{&specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr[int64](90000), Burst: ptr[uint64](80000)}}, "cpu.cfs_burst_us", "80000"},
		{&specs.LinuxResources{CPU: &specs.LinuxCPU{Idle: ptr[int64](0), Shares: ptr[uint64](2048)}}, "cpu.shares", "2048"},
		{&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](-1)}}, "memory.memsw.limit_in_bytes", "9223372036854771712"},
		{&specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr[int64](10)}}, "pids.max", "10"},
		{&specs.LinuxResources{CPU: &specs.LinuxCPU{Cpus: "0"}}, "cpuset.cpus", "0"},
		{&specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: ptr[uint16](300)}}, "blkio.bfq.weight", "300"},
	} {
		set, err := setting.Update(f.facts, f.set.Dirs, old, step.change)
		if err != nil {
			t.Fatal(err)
		}
		if err := Apply(set); err != nil {
			t.Errorf("%s: %v", step.file, err)
		}
		if got := f.read(step.file); got != step.want {
			t.Errorf("%s is %s, want %s", step.file, got, step.want)
		}
		old = setting.Merge(old, step.change)
	}
}

func ptr[T any](v T) *T { return &v }

func TestRefusedWritesSayWhy(t *testing.T) {
	f := newFixture(t, nil)
	for _, c := range []struct{ file, value, want string }{
		{"cpuset.cpus", "4000", "not a list of CPUs"},
		{"memory.memsw.limit_in_bytes", "1", "it is less than the memory limit"},
		{"blkio.throttle.read_bps_device", "4000:1 5", "there is no such block device"},
		{"cpu.cfs_quota_us", "1", "want at least 1000"},
	} {
		err := Write(f.dir(c.file), c.file, c.value, false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.file, err, c.want)
		}
	}
	dir := f.dirs[0]
	if err := Write(dir, "no.such", "1", false); !errors.Is(err, unix.ENOENT) || exists(dir+"/no.such") {
		t.Errorf("got %v", err)
	}
	if err := Write(dir, "no.such", "1", true); err != nil {
		t.Errorf("optional: %v", err)
	}
	if err := Write(dir+"/missing", "cpu.max", "1", false); err == nil || !strings.Contains(err.Error(), "the cgroup does not exist") {
		t.Errorf("got %v", err)
	}
}

func TestAMissingV2ControllerIsExplained(t *testing.T) {
	f := newFixture(t, nil)
	err := Write(f.dir("cgroup.controllers"), "rdma.max", "x", false)
	if err == nil || !strings.Contains(err.Error(), "no cgroup v2 controller rdma") {
		t.Errorf("got %v", err)
	}
}

func TestAnOOMKillIsCounted(t *testing.T) {
	f := newFixture(t, &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](8 << 20), Swap: ptr[int64](8 << 20)}})
	f.dir("memory.limit_in_bytes")
	if n, err := f.OOMKills(); n != 0 || err != nil {
		t.Errorf("before: %d, %v", n, err)
	}
	cmd := f.run("echo; exec head -c 64M /dev/zero | tail")
	_ = cmd.Wait()
	if n, err := f.OOMKills(); n == 0 || err != nil {
		t.Errorf("after: %d, %v", n, err)
	}
}

func TestAnOOMIsReportedToWhoWatches(t *testing.T) {
	f := newFixture(t, &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](8 << 20), Swap: ptr[int64](8 << 20)}})
	f.dir("memory.limit_in_bytes")
	ready, found, ended := make(chan bool), make(chan bool, 100), make(chan error, 1)
	go func() {
		ended <- f.WatchOOM(t.Context(), func() { close(ready) }, func() { found <- true })
	}()
	<-ready
	select {
	case <-found:
		t.Error("reported before there was any")
	case <-time.After(20 * time.Millisecond):
	}
	_ = f.run("echo; exec head -c 64M /dev/zero | tail").Wait()
	select {
	case <-found:
	case err := <-ended:
		t.Fatalf("the watch ended: %v", err)
	case <-time.After(5 * time.Second):
		t.Fatal("not reported")
	}
	if err := f.Destroy(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the watch goes on without a cgroup")
	}
}

func TestWatchingEndsWithItsContext(t *testing.T) {
	f := newFixture(t, nil)
	f.dir("memory.stat")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.WatchOOM(ctx, cancel, func() {}) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
	if err := Open(nil).WatchOOM(t.Context(), nil, nil); !errors.Is(err, ErrNoMemory) {
		t.Errorf("without a memory cgroup: %v", err)
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
