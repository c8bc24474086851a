package unit

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
	"rt/libcontainer/internal/variant"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const top = "/sys/fs/cgroup"

func v1(controllers ...string) host.Hierarchy {
	return host.Hierarchy{Controllers: controllers, Mountpoint: top + "/" + strings.Join(controllers, ","), Own: "/"}
}

var (
	bfqOnSda  = host.Weights{BFQ: true, Devices: map[string]host.DiskWeights{"8:0": {BFQ: true}}}
	costOnSda = host.Weights{Cost: true, Devices: map[string]host.DiskWeights{"8:0": {Cost: true}}}
)

var v2Host = host.Facts{Cgroups: host.Cgroups{Kind: host.KindV2, Mount: top, Weights: costOnSda, Hierarchies: []host.Hierarchy{
	{Controllers: []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"}, Mountpoint: top, Own: "/system.slice/a.service", V2: true},
}}}

func withWeights(f host.Facts, w host.Weights) host.Facts {
	f.Cgroups.Weights = w
	return f
}

// Hosts as systemd makes them, and versions of it that differ.
var hosts = []struct {
	name    string
	facts   host.Facts
	manager Manager
}{
	{"v2, systemd 252", v2Host, Manager{Version: 252, ControlGroup: "/"}},
	{"v2, systemd 257 of a user", v2Host, Manager{Version: 257, User: true, ControlGroup: "/user.slice/user-1000.slice/user@1000.service"}},
	{"v2, systemd 241", withWeights(v2Host, bfqOnSda), Manager{Version: 241}},
	{"hybrid, systemd 252", host.Facts{Cgroups: host.Cgroups{Kind: host.KindHybrid, Mount: top, Weights: bfqOnSda, Hierarchies: []host.Hierarchy{
		v1("cpuset"), v1("cpu", "cpuacct"), v1("memory"), v1("devices"), v1("freezer"), v1("blkio"), v1("pids"), v1("hugetlb"),
		{Name: "systemd", Mountpoint: top + "/systemd", Own: "/init.scope"},
		{Mountpoint: top + "/unified", Own: "/init.scope", V2: true},
	}}}, Manager{Version: 252}},
}

func parse(t *testing.T, data string) *specs.LinuxResources {
	t.Helper()
	var r specs.LinuxResources
	if err := json.Unmarshal([]byte(data), &r); err != nil {
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

// understood checks that systemd will be able to read what it is told.
func understood(t *testing.T, properties []string) {
	t.Helper()
	for _, p := range properties {
		name, text, ok := strings.Cut(p, "=")
		if _, err := variant.Parse(text); !ok || !isProperty(name) || err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// The cases are those of the files that are written, so that the two can be compared.
func TestEveryResourceBecomesTheRightPropertiesOnEveryHost(t *testing.T) {
	cases, err := filepath.Glob("../setting/testdata/*.json")
	if err != nil || len(cases) < 10 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	own, err := filepath.Glob("testdata/*.json")
	if err != nil || len(own) < 3 {
		t.Fatalf("%d cases, %v", len(own), err)
	}
	for _, file := range append(cases, own...) {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			for _, h := range hosts {
				u, err := Parse("", "c1", &h.manager)
				if err != nil {
					t.Fatal(err)
				}
				facts := h.facts
				if h.manager.User {
					facts.EUID = 1000
				}
				r := parse(t, string(data))
				r = Round(r, r)
				set, err := setting.CreateIn(&facts, u.Dirs(&facts.Cgroups), r)
				if err != nil {
					fmt.Fprintf(&out, "== %s\nerror %v\n", h.name, err)
					continue
				}
				before := len(set.Warnings)
				req, err := u.Create(&h.manager, "c1", nil, set, r)
				if err != nil {
					t.Fatal(err)
				}
				understood(t, append(req.Properties, req.Late...))
				fmt.Fprintf(&out, "== %s\n", h.name)
				for _, p := range req.Properties[skip(name, req):] {
					fmt.Fprintf(&out, "%s\n", p)
				}
				for _, p := range req.Late {
					fmt.Fprintf(&out, "late %s\n", p)
				}
				for _, w := range set.Warnings[before:] {
					fmt.Fprintf(&out, "warning %s\n", w)
				}
			}
			golden(t, name, out.String())
		})
	}
}

// skip counts the properties that every unit has.
func skip(name string, req *Request) int {
	if name == "nothing" {
		return 0
	}
	for i, p := range req.Properties {
		if strings.HasPrefix(p, "DefaultDependencies=") {
			if i++; i < len(req.Properties) && strings.HasPrefix(req.Properties[i], "CollectMode=") {
				i++
			}
			return i
		}
	}
	return 0
}

func TestUpdatesTellSystemdWhatTheFilesSay(t *testing.T) {
	old := parse(t, `{"memory":{"limit":1000,"swap":3000},"cpu":{"quota":50000,"period":200000,"shares":512},"pids":{"limit":5}}`)
	for name, change := range map[string]string{
		"limit":     `{"memory":{"limit":2000}}`,
		"unlimited": `{"memory":{"limit":-1},"pids":{"limit":-1}}`,
		"quota":     `{"cpu":{"quota":70001}}`,
		"period":    `{"cpu":{"period":100000}}`,
		"no quota":  `{"cpu":{"quota":-1}}`,
		"idle":      `{"cpu":{"idle":1}}`,
		"busy":      `{"cpu":{"idle":0}}`,
		"cpuset":    `{"cpu":{"cpus":"0-2,9","mems":"0"}}`,
		"devices":   `{"devices":[{"allow":true,"access":"rwm"}]}`,
		"one task":  `{"pids":{"limit":0}}`,
		"throttle":  `{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":0}],"throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":5}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			for _, h := range hosts {
				u, err := Parse("", "c1", &h.manager)
				if err != nil {
					t.Fatal(err)
				}
				r := parse(t, change)
				all := setting.Merge(old, r)
				set, err := setting.Update(&h.facts, u.Dirs(&h.facts.Cgroups), old, Round(r, all))
				if err != nil {
					t.Fatal(err)
				}
				properties, err := Update(&h.manager, set, all)
				if err != nil {
					t.Fatal(err)
				}
				understood(t, properties)
				fmt.Fprintf(&out, "== %s\n", h.name)
				for _, w := range set.Writes {
					if strings.HasPrefix(w.File, "cpu.") {
						fmt.Fprintf(&out, "write %s = %s\n", w.File, w.Value)
					}
				}
				for _, p := range properties {
					fmt.Fprintf(&out, "%s\n", p)
				}
			}
			golden(t, "update "+name, out.String())
		})
	}
}

func TestPathsNameTheUnitAndItsCgroup(t *testing.T) {
	system := &Manager{Version: 252}
	user := &Manager{User: true, ControlGroup: "/user.slice/user-5.slice/user@5.service"}
	for _, c := range []struct {
		given         string
		manager       *Manager
		id            string
		name, in, dir string
	}{
		{"", system, "c1", "rt-c1.scope", "system.slice", "/system.slice/rt-c1.scope"},
		{"", user, "c1", "rt-c1.scope", "user.slice", user.ControlGroup + "/user.slice/rt-c1.scope"},
		{"", system, "a+b", `rt-a\x2bb.scope`, "system.slice", `/system.slice/rt-a\x2bb.scope`},
		{"system.slice:docker:c1", system, "", "docker-c1.scope", "system.slice", "/system.slice/docker-c1.scope"},
		{"kubepods-burstable-podX.slice:cri-containerd:c1", system, "", "cri-containerd-c1.scope", "kubepods-burstable-podX.slice",
			"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podX.slice/cri-containerd-c1.scope"},
		{":libpod:c1", system, "", "libpod-c1.scope", "system.slice", "/system.slice/libpod-c1.scope"},
		{"machine.slice::c1", system, "", "c1.scope", "machine.slice", "/machine.slice/c1.scope"},
		{"::c1.scope", system, "", "c1.scope", "system.slice", "/system.slice/c1.scope"},
		{"-.slice:a:b", system, "", "a-b.scope", "-.slice", "/a-b.scope"},
		{"::a-b.slice", system, "", "a-b.slice", "", "/a.slice/a-b.slice"},
		{"a.slice:x:a-b.slice", user, "", "a-b.slice", "", user.ControlGroup + "/a.slice/a-b.slice"},
		{"memory.slice::_x", system, "", "_x.scope", "memory.slice", "/_memory.slice/__x.scope"},
		{"a.slice::cgroup", system, "", "cgroup.scope", "a.slice", "/a.slice/_cgroup.scope"},
	} {
		u, err := Parse(c.given, c.id, c.manager)
		if err != nil || u.Name != c.name || u.Slice != c.in || u.Path != c.dir {
			t.Errorf("%q: got %+v, %v", c.given, u, err)
		}
	}
}

func TestOtherPathsAreRefusedWithTheFormThatIsWanted(t *testing.T) {
	for given, want := range map[string]string{
		"/docker/c1":                    `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/docker/c1" instead; want for instance "system.slice:rt:c1"`,
		"a:b":                           `expected cgroupsPath to be of format "slice:prefix:name"`,
		"a.slice:b:c:d":                 `expected cgroupsPath to be of format "slice:prefix:name"`,
		"a.slice:b:":                    `expected cgroupsPath to be of format "slice:prefix:name"`,
		"system:b:c":                    `"system" is no slice, want a name that ends in .slice`,
		"a/b.slice:b:c":                 `"a/b.slice" cannot be the name of a unit`,
		"a--b.slice:b:c":                `"a--b.slice" is no slice`,
		"-a.slice:b:c":                  `"-a.slice" is no slice`,
		".slice:b:c":                    `".slice" is no slice`,
		"a.slice:b:c/../../d":           `"b-c/../../d.scope" cannot be the name of a unit`,
		"a.slice:b:c d":                 `"b-c d.scope" cannot be the name of a unit`,
		"system.slice::a-b.slice":       "by its name the slice a-b.slice is in a.slice, not in system.slice",
		"::-.slice":                     "-.slice is the slice of everything",
		"::" + strings.Repeat("x", 260): "has 266 bytes, want at most 255",
	} {
		if u, err := Parse(given, "c1", &Manager{}); err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v", given, u, err)
		}
	}
}

func TestAnnotationsSetProperties(t *testing.T) {
	m := &Manager{Version: 252}
	create := func(annotations map[string]string) ([]string, error) {
		u, err := Parse("", "c1", m)
		if err != nil {
			t.Fatal(err)
		}
		set, err := setting.CreateIn(&v2Host, u.Dirs(&v2Host.Cgroups), nil)
		if err != nil {
			t.Fatal(err)
		}
		req, err := u.Create(m, "c1", annotations, set, nil)
		if err != nil {
			return nil, err
		}
		return req.Properties, nil
	}
	got, err := create(map[string]string{
		"org.systemd.property.TimeoutStopUSec":     "uint64 10000000",
		"org.systemd.property.RuntimeMaxSec":       "1.5",
		"org.systemd.property.CollectMode":         "'inactive'",
		"org.systemd.property.DefaultDependencies": "true",
		"org.systemd.property.After":               "['crio.service']",
		"io.other":                                 "no matter",
	})
	if err != nil {
		t.Fatal(err)
	}
	understood(t, got)
	text := strings.Join(got, "\n") + "\n"
	for _, want := range []string{"TimeoutStopUSec=uint64 10000000\n", "RuntimeMaxUSec=uint64 1500000\n", "CollectMode='inactive'\n", "DefaultDependencies=true\n", "After=['crio.service']\n"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("no single %q in\n%s", want, text)
		}
	}
	if strings.Count(text, "DefaultDependencies=") != 1 || strings.Contains(text, "matter") {
		t.Errorf("got\n%s", text)
	}
	for key, c := range map[string]struct{ value, want string }{
		"PIDs":        {"[uint32 1]", "the runtime sets the property PIDs itself"},
		"Slice":       {"'x.slice'", "the runtime sets the property Slice itself"},
		"A":           {"1", "is no name of a property"},
		"../x":        {"1", "is no name of a property"},
		"TasksMax":    {"ten", "is not a value in GVariant's text form"},
		"TimeoutSec":  {"'5'", "is no number of seconds"},
		"TimeoutSec2": {"5", "is no name of a property"},
	} {
		if _, err := create(map[string]string{"org.systemd.property." + key: c.value}); err == nil ||
			!strings.HasPrefix(err.Error(), `annotations["org.systemd.property.`+key+`"]: `) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func TestALimitOfOneProcessWaitsForInitsBirth(t *testing.T) {
	for _, limit := range []string{"0", "1"} {
		r := parse(t, `{"pids":{"limit":`+limit+`}}`)
		u, err := Parse("", "c1", &Manager{Version: 252})
		if err != nil {
			t.Fatal(err)
		}
		set, err := setting.CreateIn(&v2Host, u.Dirs(&v2Host.Cgroups), r)
		if err != nil {
			t.Fatal(err)
		}
		req, err := u.Create(&Manager{Version: 252}, "c1", nil, set, r)
		if err != nil || len(req.Late) != 1 || req.Late[0] != "TasksMax=uint64 1" || strings.Contains(strings.Join(req.Properties, " "), "TasksMax") {
			t.Errorf("%s: got %+v, %v", limit, req, err)
		}
		for _, w := range set.Writes {
			if w.File == "pids.max" {
				t.Errorf("%s: pids.max is still written", limit)
			}
		}
	}
}

func TestQuotasAreRoundedUpToWhatSystemdKeeps(t *testing.T) {
	for _, c := range []struct {
		quota  int64
		period uint64
		want   int64
	}{{50000, 100000, 50000}, {12345, 100000, 13000}, {500, 100000, 1000}, {1, 1000000, 10000}, {-1, 100000, -1}, {150001, 50000, 150500}, {1 << 62, 100000, 1 << 62}} {
		if got := rounded(c.quota, c.period); got != c.want {
			t.Errorf("%d of %d: got %d, want %d", c.quota, c.period, got, c.want)
		}
	}
	r := parse(t, `{"unified":{"cpu.max":"12345 100000","cpu.weight":"5"}}`)
	if got := Round(r, r).Unified["cpu.max"]; got != "13000 100000" || r.Unified["cpu.max"] != "12345 100000" {
		t.Errorf("got %q, the argument is %v", got, r.Unified)
	}
	for _, text := range []string{"max", "max 5000", "x", "1 2 3", ""} {
		if got := roundText(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
