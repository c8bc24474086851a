package cli

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func ptr[T any](v T) *T { return &v }

func TestUpdateTakesEveryOption(t *testing.T) {
	f := new(fakeRuntime)
	r := f.rt(t, "update", "--blkio-weight", "300", "--cpu-period", "1000", "--cpu-quota", "-1", "--cpu-burst", "0",
		"--cpu-share", "2", "--cpu-idle", "1", "--cpu-rt-period", "3", "--cpu-rt-runtime", "4", "--cpuset-cpus", "0-1",
		"--cpuset-mems", "0", "--memory", "10M", "--memory-reservation", "5m", "--memory-swap", "-1", "--pids-limit", "0",
		"--kernel-memory", "1", "--kernel-memory-tcp", "2", "x", "--l3-cache-schema", "L3:0=f", "--mem-bw-schema", "MB:0=1")
	want := &specs.LinuxResources{
		CPU: &specs.LinuxCPU{
			Period: ptr[uint64](1000), Quota: ptr[int64](-1), Burst: ptr[uint64](0), Shares: ptr[uint64](2), Idle: ptr[int64](1),
			RealtimePeriod: ptr[uint64](3), RealtimeRuntime: ptr[int64](4), Cpus: "0-1", Mems: "0",
		},
		Memory: &specs.LinuxMemory{
			Limit: ptr[int64](10 << 20), Reservation: ptr[int64](5 << 20), Swap: ptr[int64](-1),
			Kernel: ptr[int64](1), KernelTCP: ptr[int64](2),
		},
		Pids:    &specs.LinuxPids{Limit: ptr[int64](0)},
		BlockIO: &specs.LinuxBlockIO{Weight: ptr[uint16](300)},
	}
	if r != (result{}) || !reflect.DeepEqual(f.update.Resources, want) {
		t.Errorf("%+v\ngot  %+v\nwant %+v", r, f.update.Resources, want)
	}
	if f.update.ID != "x" || f.update.L3CacheSchema != "L3:0=f" || f.update.MemBwSchema != "MB:0=1" {
		t.Errorf("%+v", f.update)
	}
}

func TestUpdateRefusesWhatIsNoNumberAndNamesTheOption(t *testing.T) {
	for _, option := range []string{
		"--cpu-period=-1", "--cpu-quota=x", "--cpu-share=1.5", "--cpu-idle=yes", "--memory=10X", "--memory=-2", "--memory-swap=ten",
		"--pids-limit=many", "--blkio-weight=70000", "--memory=99999P",
	} {
		f := new(fakeRuntime)
		name, _, _ := strings.Cut(option, "=")
		if r := f.rt(t, "update", option, "x"); r.status != 1 || !strings.Contains(r.stderr, name+":") || f.call != "" {
			t.Errorf("%s: %+v %s", option, r, f.call)
		}
	}
}

func TestUpdateReadsResourcesFromAFileAndIgnoresTheOtherOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resources")
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(`{"memory":{"limit":1048576},"pids":{"limit":5},"memroy":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := new(fakeRuntime)
	r := f.rt(t, "--log", log, "update", "-r", path, "--cpu-share", "100", "x")
	want := &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](1 << 20)}, Pids: &specs.LinuxPids{Limit: ptr[int64](5)}}
	if r != (result{}) || !reflect.DeepEqual(f.update.Resources, want) {
		t.Errorf("%+v: %+v", r, f.update.Resources)
	}
	if !strings.Contains(string(read(t, log)), "linux.resources.memroy") {
		t.Errorf("no warning about the unknown key: %s", read(t, log))
	}
	for _, text := range []string{"", "{", "[]", `{"memory":{"limit":"1"}}`} {
		f := new(fakeRuntime)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := f.rt(t, "update", "--resources", path, "x"); r.status != 1 || !strings.Contains(r.stderr, path) || f.call != "" {
			t.Errorf("%q: %+v", text, r)
		}
	}
	if r := f.rt(t, "update", "--resources", path+".no", "x"); r.status != 1 || !strings.Contains(r.stderr, "no such file") {
		t.Errorf("%+v", r)
	}
}

func TestSizesAreReadAsEnginesWriteThem(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "-1": -1, "512b": 512, "1k": 1024, "10M": 10 << 20, "10m": 10 << 20, "10MB": 10 << 20, "10MiB": 10 << 20,
		"1.5g": 3 << 29, "0.5K": 512, "2 GB": 2 << 30, "1T": 1 << 40, "1p": 1 << 50, "9223372036854775807": math.MaxInt64,
	} {
		if got, ok := parseSize(text); !ok || got != want {
			t.Errorf("%s: got %d, %t, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-2", "M", "1X", "1MM", "0x10", "1e3", "+1", "1i", "8192P", "9223372036854775808", "1..5", "-1M", "1  M", "NaN", "inf"} {
		if got, ok := parseSize(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}
