package resctrl

import (
	"reflect"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const root = "/sys/fs/resctrl"

const gold = "    MB:0=100;1=100\n    L3:0=0007f0;1=00001f\n"

func mounted() Host { return Host{Root: root} }
func existing() Host {
	return Host{Root: root, Exists: true, Schemata: gold}
}

func TestDecide(t *testing.T) {
	l3 := Line{"linux.intelRdt.l3CacheSchema", "L3:0=7f0;1=1f"}
	mb := Line{"linux.intelRdt.memBwSchema", "MB:0=100"}
	own := []Line{{"linux.intelRdt.schemata[0]", "L2:0=f"}, {"linux.intelRdt.schemata[1]", "L3:0=1"}}
	for _, tc := range []struct {
		name string
		host Host
		rdt  specs.LinuxIntelRdt
		want Group
	}{
		{"an empty configuration is a class of the container's name", mounted(), specs.LinuxIntelRdt{},
			Group{Dir: root + "/c1", Make: true, Own: true}},
		{"a class of that name is there already, and stays", existing(), specs.LinuxIntelRdt{},
			Group{Dir: root + "/c1"}},
		{"monitoring is a group in the class", mounted(), specs.LinuxIntelRdt{EnableMonitoring: true},
			Group{Dir: root + "/c1", Make: true, Own: true, Monitor: root + "/c1/mon_groups/c1"}},
		{"a named class is made and stays", mounted(), specs.LinuxIntelRdt{ClosID: "gold", L3CacheSchema: l3.Text},
			Group{Dir: root + "/gold", Make: true, Lines: []Line{l3}}},
		{"a named class that is there is only used", existing(), specs.LinuxIntelRdt{ClosID: "gold", EnableMonitoring: true},
			Group{Dir: root + "/gold", Monitor: root + "/gold/mon_groups/c1"}},
		{"the default class is the root", existing(), specs.LinuxIntelRdt{ClosID: "/", EnableMonitoring: true},
			Group{Dir: root, Monitor: root + "/mon_groups/c1"}},
		{"the cache comes before the bandwidth and both before schemata", mounted(),
			specs.LinuxIntelRdt{Schemata: []string{own[0].Text, own[1].Text}, MemBwSchema: mb.Text, L3CacheSchema: l3.Text},
			Group{Dir: root + "/c1", Make: true, Own: true, Lines: []Line{l3, mb, own[0], own[1]}}},
		{"what matches is compared by value and may be a part", existing(),
			specs.LinuxIntelRdt{ClosID: "gold", L3CacheSchema: "L3:1=1F;0=7f0", MemBwSchema: "MB:1=0100"},
			Group{Dir: root + "/gold", Lines: []Line{{l3.Field, "L3:1=1F;0=7f0"}, {mb.Field, "MB:1=0100"}}}},
		{"schemata is written to a class that is there, whatever it has", existing(),
			specs.LinuxIntelRdt{ClosID: "gold", Schemata: []string{"L2:0=f", "L3:0=1"}},
			Group{Dir: root + "/gold", Lines: own}},
	} {
		got, err := Decide(tc.host, "c1", &tc.rdt)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		} else if !reflect.DeepEqual(*got, tc.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tc.name, *got, tc.want)
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		host Host
		rdt  specs.LinuxIntelRdt
		want string
	}{
		{"without the file system", Host{}, specs.LinuxIntelRdt{}, "mount -t resctrl resctrl /sys/fs/resctrl"},
		{"a named class that is not there and not described", mounted(), specs.LinuxIntelRdt{ClosID: "gold"}, `linux.intelRdt.closID: "gold"`},
		{"another cache mask", existing(), specs.LinuxIntelRdt{ClosID: "gold", L3CacheSchema: "L3:0=7f0;1=ff"},
			`linux.intelRdt.l3CacheSchema: "L3:0=7f0;1=ff", but the class /sys/fs/resctrl/gold exists with "L3:0=0007f0;1=00001f"`},
		{"another bandwidth", existing(), specs.LinuxIntelRdt{ClosID: "gold", MemBwSchema: "MB:0=10"}, "linux.intelRdt.memBwSchema"},
		{"a cache that the class does not have", existing(), specs.LinuxIntelRdt{ClosID: "gold", L3CacheSchema: "L3:7=1"}, "linux.intelRdt.l3CacheSchema"},
		{"a resource that the class does not have", existing(), specs.LinuxIntelRdt{ClosID: "gold", L3CacheSchema: "L3CODE:0=1"}, "linux.intelRdt.l3CacheSchema"},
		{"the default class with other shares", existing(), specs.LinuxIntelRdt{ClosID: "/", MemBwSchema: "MB:0=10"}, "the class /sys/fs/resctrl exists"},
	} {
		if g, err := Decide(tc.host, "c1", &tc.rdt); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %+v, %v, want an error with %q", tc.name, g, err, tc.want)
		}
	}
}

func TestOnlyWhatIsTheContainersAloneGoesWithIt(t *testing.T) {
	for _, tc := range []struct {
		group Group
		want  []string
	}{
		{Group{Dir: "/r/c1", Own: true, Monitor: "/r/c1/mon_groups/c1"}, []string{"/r/c1/mon_groups/c1", "/r/c1"}},
		{Group{Dir: "/r/gold", Make: true}, nil},
		{Group{Dir: "/r/gold", Monitor: "/r/gold/mon_groups/c1"}, []string{"/r/gold/mon_groups/c1"}},
	} {
		if got := tc.group.Remove(); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%+v: got %q, want %q", tc.group, got, tc.want)
		}
	}
}

func TestSchemataAreLines(t *testing.T) {
	g := Group{Lines: []Line{{"a", "L3:0=f"}, {"b", "MB:0=10"}}}
	if got := g.Schemata(); got != "L3:0=f\nMB:0=10\n" {
		t.Errorf("got %q", got)
	}
}

func TestTheMountIsFoundByItsType(t *testing.T) {
	const info = "25 1 0:20 / /sys rw - sysfs sysfs rw\n" +
		"30 25 0:30 /a /elsewhere rw - resctrl resctrl rw\n" +
		"31 25 0:30 / /sys/fs/my\\040resctrl rw,nosuid - resctrl resctrl rw,cdp\n" +
		"32 25 0:31 / /resctrl rw - tmpfs resctrl rw\n"
	if got := Mounted(info); got != "/sys/fs/my resctrl" {
		t.Errorf("got %q", got)
	}
	if got := Mounted("25 1 0:20 / /sys rw - sysfs sysfs rw\n"); got != "" {
		t.Errorf("got %q without the file system", got)
	}
}
