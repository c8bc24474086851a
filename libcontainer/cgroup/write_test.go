package cgroup

import (
	"errors"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
)

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
		f.facts.ProbeWeights(step.change.BlockIO)
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
