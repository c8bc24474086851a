package cgroup

import (
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/setting"
)

func TestWhatUndoesAWriteIsWhatTheFileHadForItsKey(t *testing.T) {
	for _, c := range []struct{ file, value, content, want string }{
		{"memory.limit_in_bytes", "1", "9223372036854771712\n", "9223372036854771712"},
		{"memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", "0"},
		{"cpu.max", "max 5000", "max 100000\n", "max 100000"},
		{"cpuset.cpus", "0", "\n", "\n"},
		{"cpuset.cpus", "0", "0-3\n", "0-3"},
		{"blkio.throttle.read_bps_device", "8:0 5", "7:0 1\n8:0 9\n", "8:0 9"},
		{"blkio.throttle.read_bps_device", "8:0 5", "8:01 9\n", "8:0 0"},
		{"io.max", "8:0 rbps=5", "8:0 rbps=1 wbps=max riops=max wiops=max\n", "8:0 rbps=1 wbps=max riops=max wiops=max"},
		{"io.max", "8:0 rbps=5", "", "8:0 rbps=max wbps=max riops=max wiops=max"},
		{"io.weight", "300", "default 100\n8:0 50\n", "100"},
		{"io.weight", "8:0 300", "default 100\n8:0 50\n", "8:0 50"},
		{"io.weight", "8:16 300", "default 100\n8:0 50\n", "8:16 default"},
		{"blkio.bfq.weight_device", "8:0 300", "", "8:0 default"},
		{"net_prio.ifpriomap", "eth0 5", "lo 0\neth0 2\n", "eth0 2"},
		{"rdma.max", "mlx hca_handle=1", "mlx hca_handle=max hca_object=max\n", "mlx hca_handle=max hca_object=max"},
	} {
		if got := previous(c.file, c.value, c.content); got != c.want {
			t.Errorf("%s, %q over %q: got %q, want %q", c.file, c.value, c.content, got, c.want)
		}
	}
}

func TestAChangeThatTheKernelRefusesLeavesNothingChanged(t *testing.T) {
	f := newFixture(t, &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr[int64](64 << 20), Swap: ptr[int64](64 << 20)},
		CPU:    &specs.LinuxCPU{Quota: ptr[int64](50000), Shares: ptr[uint64](512)},
	})
	files := []string{"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares", "cpu.idle", "pids.max"}
	before := make(map[string]string)
	for _, file := range files {
		f.dir(file)
		before[file] = f.read(file)
	}
	old := &specs.LinuxResources{}
	change := &specs.LinuxResources{
		CPU:    &specs.LinuxCPU{Quota: ptr[int64](5000), Period: ptr[uint64](20000), Shares: ptr[uint64](100), Idle: ptr[int64](1)},
		Memory: &specs.LinuxMemory{Limit: ptr[int64](128 << 20), Swap: ptr[int64](128 << 20)},
		Pids:   &specs.LinuxPids{Limit: ptr[int64](7)},
		BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{
			{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 1}, Rate: 5},
		}},
	}
	set, err := setting.Update(f.facts, f.set.Dirs, old, change)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Change(set); err == nil || !strings.Contains(err.Error(), "there is no such block device") || strings.Contains(err.Error(), "bringing back") {
		t.Errorf("got %v", err)
	}
	for _, file := range files {
		if got := f.read(file); got != before[file] {
			t.Errorf("%s is %s, it was %s", file, got, before[file])
		}
	}
	change.BlockIO = nil
	if set, err = setting.Update(f.facts, f.set.Dirs, old, change); err != nil {
		t.Fatal(err)
	}
	undo, err := Change(set)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.read("cpu.idle") + " " + f.read("pids.max"); got != "1 7" {
		t.Errorf("the change is not there: %s", got)
	}
	if err := undo(); err != nil {
		t.Error(err)
	}
	for _, file := range files {
		if got := f.read(file); got != before[file] {
			t.Errorf("undone: %s is %s, it was %s", file, got, before[file])
		}
	}
}
