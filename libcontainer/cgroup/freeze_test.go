package cgroup

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

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
