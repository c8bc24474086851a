package host

import (
	"reflect"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// fake is a machine as a list of files and of file systems at paths.
func fake(files map[string]string, fs map[string]int64) *system {
	return &system{
		read: func(p string) ([]byte, error) {
			if s, ok := files[p]; ok {
				return []byte(s), nil
			}
			return nil, unix.ENOENT
		},
		fsType: func(p string) int64 { return fs[p] },
		exists: func(p string) bool { _, ok := files[p]; return ok },
	}
}

const (
	v1fs  = unix.CGROUP_SUPER_MAGIC
	v2fs  = unix.CGROUP2_SUPER_MAGIC
	tmpfs = unix.TMPFS_MAGIC
)

func probe(t *testing.T, files map[string]string, fs map[string]int64) Cgroups {
	t.Helper()
	c, err := probeCgroups(fake(files, fs))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func check(t *testing.T, got, want Cgroups) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestV2HostHasOneHierarchyWithItsControllers(t *testing.T) {
	got := probe(t, map[string]string{
		"/proc/self/cgroup":                             "1:name=elsewhere:/\n0::/user.slice/s.scope\n",
		"/sys/fs/cgroup/cgroup.controllers":             "cpuset cpu io memory pids\n",
		"/sys/fs/cgroup/user.slice/s.scope":             "",
		"/sys/fs/cgroup/user.slice/s.scope/cgroup.type": "domain",
	}, map[string]int64{cgroupMount: v2fs})
	check(t, got, Cgroups{Kind: KindV2, Mount: cgroupMount, Hierarchies: []Hierarchy{
		{Controllers: []string{"cpuset", "cpu", "io", "memory", "pids"}, Mountpoint: cgroupMount, Own: "/user.slice/s.scope", V2: true}}})
}

func TestHybridHostHasCoMountedNamedAndUnifiedHierarchies(t *testing.T) {
	got := probe(t, map[string]string{
		"/proc/self/cgroup":                               "4:cpu,cpuacct:/a\n3:pids:/\n2:blkio:/\n1:name=systemd:/init.scope\n0::/init.scope\n",
		"/sys/fs/cgroup/cpu,cpuacct/a":                    "",
		"/sys/fs/cgroup/blkio/blkio.bfq.io_service_bytes": "",
		"/sys/fs/cgroup/systemd/init.scope":               "",
		"/sys/fs/cgroup/unified/init.scope":               "",
		"/sys/fs/cgroup/unified/cgroup.controllers":       "\n",
	}, map[string]int64{
		cgroupMount: tmpfs, cgroupMount + "/cpu,cpuacct": v1fs, cgroupMount + "/pids": v1fs, cgroupMount + "/blkio": v1fs,
		cgroupMount + "/systemd": v1fs, cgroupMount + "/unified": v2fs})
	check(t, got, Cgroups{Kind: KindHybrid, Mount: cgroupMount, Hierarchies: []Hierarchy{
		{Controllers: []string{"cpu", "cpuacct"}, Mountpoint: cgroupMount + "/cpu,cpuacct", Own: "/a"},
		{Controllers: []string{"pids"}, Mountpoint: cgroupMount + "/pids", Own: "/"},
		{Controllers: []string{"blkio"}, Mountpoint: cgroupMount + "/blkio", Own: "/"},
		{Name: "systemd", Mountpoint: cgroupMount + "/systemd", Own: "/init.scope"},
		{Controllers: []string{}, Mountpoint: cgroupMount + "/unified", Own: "/init.scope", V2: true}}})
}

func TestUnusualMountPointsAreFoundInMountinfo(t *testing.T) {
	got := probe(t, map[string]string{
		"/proc/self/cgroup": "3:net_cls:/\n2:cpu,cpuacct:/\n1:memory:/\n",
		"/proc/self/mountinfo": `20 1 8:1 / / rw - ext4 /dev/sda rw
30 20 0:30 / /sys/fs/cgroup/cpuacct,cpu rw,nosuid shared:1 - cgroup cgroup rw,cpu,cpuacct
31 20 0:31 / /my\040cgroups/memory rw - cgroup none rw,memory
`}, map[string]int64{cgroupMount: tmpfs})
	check(t, got, Cgroups{Kind: KindV1, Mount: cgroupMount, Hierarchies: []Hierarchy{
		{Controllers: []string{"cpu", "cpuacct"}, Mountpoint: cgroupMount + "/cpuacct,cpu", Own: "/"},
		{Controllers: []string{"memory"}, Mountpoint: "/my cgroups/memory", Own: "/"}}})
}

// A container without a cgroup namespace reads the host's path of its cgroup, but
// its mount begins there.
func TestOwnPathIsBelowTheMountInANestedContainer(t *testing.T) {
	files := map[string]string{
		"/proc/self/cgroup":    "1:memory:/docker/abc/sub\n",
		"/proc/self/mountinfo": "30 20 0:31 / /sys/fs/cgroup/memory ro - cgroup none rw,memory\n31 20 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup none rw,memory\n",
	}
	got := probe(t, files, map[string]int64{cgroupMount: tmpfs, cgroupMount + "/memory": v1fs})
	if own := got.Hierarchies[0].Own; own != "/sub" {
		t.Errorf("own path is %q", own)
	}
}

func TestBelowTurnsHierarchyPathsIntoMountPaths(t *testing.T) {
	for _, c := range [][3]string{
		{"/", "/a/b", "/a/b"}, {"/a", "/a", "/"}, {"/a", "/a/b", "/b"}, {"/a", "/ab", "/"}, {"/../..", "/", "/"},
	} {
		if got := below(c[0], c[1]); got != c[2] {
			t.Errorf("below(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestNoHierarchyIsMountedWhereThereIsNone(t *testing.T) {
	if c := probe(t, nil, nil); c.Kind != KindNone {
		t.Errorf("got %+v", c)
	}
	check(t, probe(t, map[string]string{"/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": ""}, nil),
		Cgroups{Kind: KindNone, Mount: cgroupMount, Hierarchies: []Hierarchy{}})
}

func TestMalformedMembershipsAreRefused(t *testing.T) {
	for _, s := range []string{"x\n", "1:cpu\n", "1:cpu:relative\n", "::\n"} {
		if _, err := parseMemberships([]byte(s)); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestCgroupsOutsideTheNamespaceBecomeItsRoot(t *testing.T) {
	m, err := parseMemberships([]byte("0::/../other\n5:pids:/gone (deleted)\n"))
	if err != nil || m[0].path != "/" || m[1].path != "/gone" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestReleasesAreComparedByNumbers(t *testing.T) {
	for s, want := range map[string]Version{"6.18.44-fc-v769": {6, 18}, "5.10": {5, 10}, "4.19.0-1-amd64": {4, 19}} {
		if v, ok := parseRelease(s); !ok || v != want {
			t.Errorf("%s: got %v, %v", s, v, ok)
		}
	}
	for _, s := range []string{"", "6", "6.", "x.1", "6-1"} {
		if _, ok := parseRelease(s); ok {
			t.Errorf("%q was accepted", s)
		}
	}
	if v := (Version{5, 10}); v.AtLeast(5, 11) || !v.AtLeast(5, 10) || !v.AtLeast(4, 20) || v.AtLeast(6, 0) {
		t.Error("AtLeast compares wrongly")
	}
}

func TestCPUListsAreCounted(t *testing.T) {
	for s, want := range map[string]int{"0-3\n": 4, "0": 1, "0-3,8,10-11\n": 7, "": 0, "3-1": 0, "x": 0} {
		if n := countList(s); n != want {
			t.Errorf("%q: got %d, want %d", s, n, want)
		}
	}
}

func TestProbeAgreesWithThisMachine(t *testing.T) {
	f, err := ProbeAll()
	if err != nil {
		t.Fatal(err)
	}
	if f.EUID != unix.Geteuid() || f.Kernel.Major < 4 || f.CPUs < 1 {
		t.Errorf("implausible facts: %+v", f)
	}
	for _, h := range f.Cgroups.Hierarchies {
		if !exists(h.Mountpoint + h.Own + "/cgroup.procs") {
			t.Errorf("%s%s is not a cgroup", h.Mountpoint, h.Own)
		}
	}
	// What mountinfo says must not differ from what was derived without it.
	slow := liveSystem
	slow.fsType = func(p string) int64 {
		if strings.HasPrefix(p, cgroupMount+"/") {
			return 0
		}
		return fsType(p)
	}
	c, err := probeCgroups(&slow)
	if err != nil {
		t.Fatal(err)
	}
	check(t, f.Cgroups, c)
}

func BenchmarkProbe(b *testing.B) {
	for b.Loop() {
		if _, err := Probe(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProbeCgroups(b *testing.B) {
	for b.Loop() {
		if _, err := probeCgroups(&liveSystem); err != nil {
			b.Fatal(err)
		}
	}
}

func TestWeightsAreTakenByWhatIsLoadedAndByTheDisksThatUseIt(t *testing.T) {
	device := func(major, minor int64) (d specs.LinuxWeightDevice) {
		d.Major, d.Minor = major, minor
		return d
	}
	files := map[string]string{
		"/sys/fs/cgroup/io.cost.qos":              "8:0 enable=1 ctrl=user\n8:16 enable=0 ctrl=auto\n",
		"/sys/block/sda/queue/scheduler":          "[none] mq-deadline bfq\n",
		"/sys/block/sdb/queue/scheduler":          "none [bfq] mq-deadline\n",
		"/sys/dev/block/8:0/queue":                "",
		"/sys/dev/block/8:0/queue/scheduler":      "[none] mq-deadline bfq\n",
		"/sys/dev/block/8:16/queue":               "",
		"/sys/dev/block/8:16/queue/scheduler":     "none [bfq] mq-deadline\n",
		"/sys/dev/block/8:1":                      "",
		"/sys/block/zram0/queue/scheduler":        "none\n",
		"/sys/fs/cgroup/own/blkio.bfq.not-a-file": "",
	}
	v2 := Cgroups{Hierarchies: []Hierarchy{{Controllers: []string{"io"}, Mountpoint: "/sys/fs/cgroup", V2: true}}}
	got := probeWeights(fake(files, nil), &v2, []string{"zram0", "sda"}, []specs.LinuxWeightDevice{device(8, 0), device(8, 16), device(8, 1)})
	want := Weights{BFQ: true, Cost: true, Devices: map[string]DiskWeights{"8:0": {Cost: true}, "8:16": {BFQ: true}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	v1 := Cgroups{Hierarchies: []Hierarchy{{Controllers: []string{"blkio"}, Mountpoint: "/sys/fs/cgroup/blkio"}}}
	if got := probeWeights(fake(files, nil), &v1, []string{"zram0"}, nil); got.BFQ || got.Cost {
		t.Errorf("v1 without bfq: got %+v", got)
	}
	files["/sys/fs/cgroup/blkio/blkio.bfq.io_service_bytes"] = ""
	if got := probeWeights(fake(files, nil), &v1, nil, nil); !got.BFQ || got.Cost {
		t.Errorf("v1 with bfq: got %+v", got)
	}
}
