package setting

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/host"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const top = "/sys/fs/cgroup"

func v1(own string, controllers ...string) host.Hierarchy {
	return host.Hierarchy{Controllers: controllers, Mountpoint: top + "/" + strings.Join(controllers, ","), Own: own}
}

var (
	bfqOnSda  = host.Weights{BFQ: true, Devices: map[string]host.DiskWeights{"8:0": {BFQ: true}}}
	costOnSda = host.Weights{BFQ: true, Cost: true, Devices: map[string]host.DiskWeights{"8:0": {Cost: true}}}
	noWeights = host.Weights{Devices: map[string]host.DiskWeights{"8:0": {}}}
)

// The kinds of host. Each has something that another has not.
var hosts = []struct {
	name  string
	facts host.Facts
}{
	{"v1", host.Facts{Cgroups: host.Cgroups{Kind: host.KindV1, Mount: top, Weights: bfqOnSda, Hierarchies: []host.Hierarchy{
		v1("/", "cpuset"), v1("/", "cpu", "cpuacct"), v1("/own", "memory"), v1("/", "devices"), v1("/", "freezer"),
		v1("/", "blkio"), v1("/", "pids"), v1("/", "net_cls", "net_prio"), v1("/", "hugetlb"), v1("/", "rdma"),
		{Name: "systemd", Mountpoint: top + "/systemd", Own: "/init.scope"},
	}}}},
	{"hybrid", host.Facts{Cgroups: host.Cgroups{Kind: host.KindHybrid, Mount: top, Weights: noWeights, Hierarchies: []host.Hierarchy{
		v1("/", "cpuset"), v1("/", "cpu"), v1("/", "memory"), v1("/", "devices"), v1("/", "blkio"),
		{Controllers: []string{"hugetlb", "pids"}, Mountpoint: top + "/unified", Own: "/a/own", V2: true},
	}}}},
	{"v2", host.Facts{Cgroups: host.Cgroups{Kind: host.KindV2, Mount: top, Weights: costOnSda, Hierarchies: []host.Hierarchy{
		{Controllers: []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"}, Mountpoint: top, Own: "/a/own", V2: true},
	}}}},
	{"none", host.Facts{Cgroups: host.Cgroups{Kind: host.KindNone, Mount: top}}},
}

// print lists a set in the order in which it is carried out.
func print(s *Set) string {
	var b strings.Builder
	for _, d := range s.Dirs {
		fmt.Fprintf(&b, "mkdir   %s\n", d.Path)
	}
	for _, i := range s.Inherits {
		fmt.Fprintf(&b, "inherit %s/%s from %s\n", i.Dir, i.File, i.Top)
	}
	for _, c := range s.Checks {
		fmt.Fprintf(&b, "check   %s/%s <= %d (%s)\n", c.Dir, c.File, c.Max, c.Field)
	}
	for _, w := range s.Writes {
		mark := " "
		if w.Optional {
			mark = "?"
		}
		fmt.Fprintf(&b, "write %s %s/%s = %q (%s)\n", mark, w.Dir, w.File, w.Value, w.Field)
	}
	for _, d := range s.Devices {
		fmt.Fprintf(&b, "device  %s %s\n", d.verb(), d)
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "warning %s\n", w)
	}
	return b.String()
}

func parse(t *testing.T, data string) *specs.LinuxResources {
	t.Helper()
	var r specs.LinuxResources
	d := json.NewDecoder(strings.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

// Without devices and directories, which have cases of their own, a listing is short.
func resourcesOnly(s *Set) *Set {
	c := *s
	c.Dirs, c.Inherits, c.Devices, c.Writes = nil, nil, nil, nil
	for _, w := range s.Writes {
		if !strings.HasPrefix(w.File, "devices.") {
			c.Writes = append(c.Writes, w)
		}
	}
	return &c
}

func TestEveryResourceBecomesTheRightWritesOnEveryHost(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.json")
	if err != nil || len(cases) < 10 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			for _, h := range hosts {
				s, err := Create(&h.facts, "/pod/c1", "c1", parse(t, string(data)))
				if err != nil {
					fmt.Fprintf(&out, "== %s\nerror %v\n", h.name, err)
					continue
				}
				if !strings.HasPrefix(name, "devices") && name != "nothing" {
					s = resourcesOnly(s)
				}
				fmt.Fprintf(&out, "== %s\n%s", h.name, print(s))
			}
			golden(t, name, out.String())
		})
	}
}

func TestUpdatesWriteOnlyWhatChangesAndKeepTheRest(t *testing.T) {
	old := parse(t, `{"memory":{"limit":1000,"swap":3000},"cpu":{"quota":50000,"period":200000,"burst":10},"pids":{"limit":5}}`)
	for name, change := range map[string]string{
		"limit keeps swap":       `{"memory":{"limit":2000}}`,
		"swap keeps limit":       `{"memory":{"swap":1500}}`,
		"unlimited":              `{"memory":{"limit":-1}}`,
		"checked":                `{"memory":{"limit":500,"checkBeforeUpdate":true}}`,
		"oom killer on":          `{"memory":{"disableOOMKiller":false}}`,
		"quota keeps period":     `{"cpu":{"quota":70000}}`,
		"period keeps quota":     `{"cpu":{"period":100000}}`,
		"zero and empty":         `{"cpu":{"shares":0,"quota":0,"cpus":""},"memory":{"limit":0},"blockIO":{"weight":0}}`,
		"devices are not for it": `{"devices":[{"allow":true,"access":"rwm"}],"pids":{"limit":-1}}`,
		"enables a controller":   `{"cpu":{"cpus":"0"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			for _, h := range hosts[:3] {
				dirs, err := Resolve("/pod/c1", "c1", &h.facts.Cgroups)
				if err != nil {
					t.Fatal(err)
				}
				s, err := Update(&h.facts, dirs, old, parse(t, change))
				if err != nil {
					t.Fatal(err)
				}
				s.Dirs = nil
				fmt.Fprintf(&out, "== %s\n%s", h.name, print(s))
			}
			golden(t, "update "+name, out.String())
		})
	}
}

func TestContradictionsAreRefusedByField(t *testing.T) {
	for data, want := range map[string]string{
		`{"memory":{"limit":100,"swap":99}}`:                               "linux.resources.memory.swap: 99 is less",
		`{"memory":{"swap":99}}`:                                           "linux.resources.memory.swap: 99 is a limit",
		`{"memory":{"limit":-1,"swap":99}}`:                                "linux.resources.memory.swap: 99 is less",
		`{"memory":{"swappiness":101}}`:                                    "linux.resources.memory.swappiness: 101",
		`{"cpu":{"quota":1000,"burst":1001}}`:                              "linux.resources.cpu.burst: 1001",
		`{"cpu":{"idle":2}}`:                                               "linux.resources.cpu.idle: 2",
		`{"hugepageLimits":[{"pageSize":"../2MB","limit":1}]}`:             `linux.resources.hugepageLimits[0].pageSize: "../2MB"`,
		`{"hugepageLimits":[{"pageSize":"2MiB","limit":1}]}`:               `linux.resources.hugepageLimits[0].pageSize: "2MiB"`,
		`{"unified":{"../x/memory.max":"1"}}`:                              `linux.resources.unified["../x/memory.max"]`,
		`{"unified":{".hidden":"1"}}`:                                      `linux.resources.unified[".hidden"]`,
		`{"unified":{"memory.high":"1"}}`:                                  `linux.resources.unified["memory.high"]: the cgroup v2 controller memory is not available on this host`,
		`{"unified":{"cgroup.max.depth":"1"}}`:                             `linux.resources.unified["cgroup.max.depth"]: no cgroup v2 hierarchy is mounted on this host`,
		`{"unified":{"cgroup.procs":"1"}}`:                                 `linux.resources.unified["cgroup.procs"]: cannot be set`,
		`{"blockIO":{"weightDevice":[{"major":8,"minor":1,"weight":10}]}}`: "linux.resources.blockIO.weightDevice[0]: there is no block device 8:1",
		`{"blockIO":{"weight":1001}}`:                                      "linux.resources.blockIO.weight: 1001",
		`{"devices":[{"allow":true,"type":"p","access":"r"}]}`:             `linux.resources.devices[0].type: "p"`,
		`{"devices":[{"allow":true,"access":"x"}]}`:                        `linux.resources.devices[0].access: "x"`,
		`{"devices":[{"allow":true}]}`:                                     "linux.resources.devices[0].access: is empty",
		`{"devices":[{"allow":true,"major":-2,"access":"r"}]}`:             "linux.resources.devices[0].major: -2",
		`{"network":{"priorities":[{"name":"a b","priority":1}]}}`:         "linux.resources.network.priorities[0].name",
		`{"rdma":{"mlx 5":{"hcaHandles":1}}}`:                              `linux.resources.rdma["mlx 5"]`,
		`{"blockIO":{"throttleReadBpsDevice":[{"major":-1,"rate":1}]}}`:    "linux.resources.blockIO.throttleReadBpsDevice[0]: -1:0",
		`{"devices":[{"allow":true,"type":"c","major":10,"access":"rw"},{"allow":false,"type":"c","major":10,"minor":229,"access":"w"}]}`: "linux.resources.devices[1]: cgroup v1 cannot express \"deny c 10:229 w\"",
	} {
		_, err := Create(&hosts[0].facts, "", "c1", parse(t, data))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", data, err, want)
		}
	}
}

func TestAWeightIsWrittenToWhatGivesItAnEffect(t *testing.T) {
	data := `{"blockIO":{"weight":500,"weightDevice":[{"major":8,"minor":0,"weight":300}]}}`
	for _, c := range []struct {
		name    string
		weights host.Weights
		want    string
	}{
		{"bfq", bfqOnSda, "io.bfq.weight=500 io.bfq.weight=8:0 300"},
		{"io.cost", host.Weights{Cost: true, Devices: costOnSda.Devices}, "io.weight=4950 io.weight=8:0 2930"},
		{"both", costOnSda, "io.bfq.weight=500 io.weight=4950 io.weight=8:0 2930"},
		{"another scheduler", host.Weights{BFQ: true, Cost: true, Devices: noWeights.Devices},
			"io.bfq.weight=500 io.weight=4950 warning linux.resources.blockIO.weightDevice[0]: ignored, the I/O scheduler of 8:0 is not bfq and io.cost is not enabled for it"},
		{"neither", noWeights, "warning linux.resources.blockIO.weight: ignored, the I/O scheduler bfq is not loaded and the kernel has no io.cost " +
			"warning linux.resources.blockIO.weightDevice[0]: ignored, the I/O scheduler of 8:0 is not bfq and io.cost is not enabled for it"},
	} {
		facts := hosts[2].facts
		facts.Cgroups.Weights = c.weights
		s, err := Create(&facts, "/c1", "c1", parse(t, data))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range s.Writes {
			if !w.Optional && w.File != "cgroup.subtree_control" {
				got = append(got, w.File+"="+w.Value)
			}
		}
		for _, w := range s.Warnings {
			got = append(got, "warning "+w)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, text, c.want)
		}
	}
}

func TestPathsBeginAtTheRootTheOwnCgroupOrItsParent(t *testing.T) {
	for _, c := range []struct{ given, cpuset, memory, v2 string }{
		{"", "/c1", "/own/c1", "/a/c1"},
		{"pod/x", "/pod/x", "/own/pod/x", "/a/pod/x"},
		{"/pod/x", "/pod/x", "/pod/x", "/pod/x"},
		{"../../x", "/x", "/own/x", "/a/x"},
		{"/../../x//y/.", "/x/y", "/x/y", "/x/y"},
		{"system.slice:docker:c1", "/system.slice:docker:c1", "/own/system.slice:docker:c1", "/a/system.slice:docker:c1"},
	} {
		dirs, err := Resolve(c.given, "c1", &hosts[0].facts.Cgroups)
		if err != nil {
			t.Fatal(err)
		}
		unified, err := Resolve(c.given, "c1", &hosts[2].facts.Cgroups)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := dirs[0].Path, top+"/cpuset"+c.cpuset; got != want {
			t.Errorf("%q: got %s, want %s", c.given, got, want)
		}
		if got, want := dirs[2].Path, top+"/memory"+c.memory; got != want {
			t.Errorf("%q: got %s, want %s", c.given, got, want)
		}
		if got, want := unified[0].Path, top+c.v2; got != want {
			t.Errorf("%q: got %s, want %s", c.given, got, want)
		}
	}
	for _, bad := range []string{"/", "..", "/a/..", "a\nb", strings.Repeat("x", 256)} {
		if _, err := Resolve(bad, "c1", &hosts[0].facts.Cgroups); err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestDeviceRulesAreLeftAloneInAUserNamespace(t *testing.T) {
	facts := hosts[0].facts
	facts.InUserNS = true
	s, err := Create(&facts, "", "c1", nil)
	if err != nil || len(s.Writes) != 0 || s.Devices != nil {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestSharesBecomeTheWeightThatOtherRuntimesCompute(t *testing.T) {
	for shares, want := range map[uint64]uint64{0: 1, 2: 1, 512: 59, 1024: 100, 2048: 174, 262144: 10000, 1 << 40: 10000} {
		if got := Weight(shares); got != want {
			t.Errorf("%d shares: got %d, want %d", shares, got, want)
		}
	}
	for shares, last := uint64(2), uint64(0); shares <= maxShares; shares++ {
		w := Weight(shares)
		if w < last || w < 1 || w > 10000 {
			t.Fatalf("%d shares: weight %d after %d", shares, w, last)
		}
		last = w
	}
}

func TestMergeLeavesItsArgumentsAlone(t *testing.T) {
	const before = `{"memory":{"limit":1},"cpu":{"shares":2},"hugepageLimits":[{"pageSize":"2MB","limit":1}],"unified":{"a.b":"1"}}`
	old := parse(t, before)
	m := Merge(old, parse(t, `{"memory":{"limit":5},"cpu":{"shares":6},"hugepageLimits":[{"pageSize":"2MB","limit":7},{"pageSize":"1GB","limit":8}],"unified":{"a.b":"9","c.d":"10"}}`))
	data, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != before {
		t.Errorf("the old resources became %s", data)
	}
	data, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"memory":{"limit":5},"cpu":{"shares":6},"hugepageLimits":[{"pageSize":"2MB","limit":7},{"pageSize":"1GB","limit":8}],"unified":{"a.b":"9","c.d":"10"}}`; string(data) != want {
		t.Errorf("merged: %s", data)
	}
}

func BenchmarkCreate(b *testing.B) {
	r := &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Access: "rwm"}}}
	for b.Loop() {
		if _, err := Create(&hosts[0].facts, "", "c1", r); err != nil {
			b.Fatal(err)
		}
	}
}
