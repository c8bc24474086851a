package resctrl

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// tree makes files with their content below a directory; what ends in / is a
// directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestProbeFindsTheClassAndWhatItHas(t *testing.T) {
	dir := tree(t, map[string]string{"schemata": "L3:0=ff\n", "gold/schemata": gold})
	for _, tc := range []struct {
		clos string
		want Host
	}{
		{"", Host{Root: dir}},
		{"/", Host{Root: dir, Exists: true, Schemata: "L3:0=ff\n"}},
		{"gold", Host{Root: dir, Exists: true, Schemata: gold}},
	} {
		if got, err := Probe(dir, "c1", &specs.LinuxIntelRdt{ClosID: tc.clos}); err != nil || got != tc.want {
			t.Errorf("%q: got %+v, %v", tc.clos, got, err)
		}
	}
	if got, err := Probe("", "c1", &specs.LinuxIntelRdt{}); err != nil || got != (Host{}) {
		t.Errorf("not mounted: got %+v, %v", got, err)
	}
}

func TestAGroupIsMadeWrittenJoinedAndRemoved(t *testing.T) {
	dir := tree(t, map[string]string{"info/": ""})
	group := dir + "/c1"
	if err := Mkdir(group); err != nil {
		t.Fatal(err)
	}
	if err := Mkdir(group); !errors.Is(err, os.ErrExist) {
		t.Errorf("made twice: %v", err)
	}
	for _, f := range []string{"schemata", "tasks"} { // the kernel makes these
		if err := os.WriteFile(group+"/"+f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(Write(group, "L3:0=f\nMB:0=10\n"), Join(group, 42)); err != nil {
		t.Fatal(err)
	}
	if got := content(t, group+"/schemata") + content(t, group+"/tasks"); got != "L3:0=f\nMB:0=10\n42" {
		t.Errorf("written: %q", got)
	}
	if err := Remove([]string{group}); err == nil || !strings.Contains(err.Error(), group) {
		t.Errorf("a directory with files of its own is removed: %v", err)
	}
	os.Remove(group + "/schemata")
	os.Remove(group + "/tasks")
	for range 2 {
		if err := Remove([]string{group + "/mon_groups/c1", group}); err != nil {
			t.Errorf("removing: %v", err)
		}
	}
	if is(group) {
		t.Error("the group is left")
	}
}

func TestAnErrorHasTheKernelsReason(t *testing.T) {
	dir := tree(t, map[string]string{"info/last_cmd_status": "Mask f0f0 has non-consecutive 1-bits\n", "c1/": ""})
	for name, err := range map[string]error{
		"write": Write(dir+"/c1", "L3:0=f0f0\n"), "join": Join(dir+"/c1", 1), "mkdir": Mkdir(dir + "/c1/mon_groups/c1"),
	} {
		if err == nil || !strings.Contains(err.Error(), "non-consecutive") || !strings.Contains(err.Error(), dir+"/c1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatsHaveTheKeysThatClientsDecode(t *testing.T) {
	dir := tree(t, map[string]string{
		"schemata": "    MB:0=100;1=100\n    L3:0=fff;1=fff\n", "c1/schemata": "    MB:0=20;1=70\n    L3:0=00f;1=ff0\n",
		"info/L3/cbm_mask": "fff\n", "info/L3/min_cbm_bits": "2\n", "info/L3/num_closids": "16\n",
		"info/MB/bandwidth_gran": "10\n", "info/MB/delay_linear": "1\n", "info/MB/min_bandwidth": "10\n", "info/MB/num_closids": "8\n",
		"info/L3_MON/mon_features":                              "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n",
		"c1/mon_groups/c1/mon_data/mon_L3_00/llc_occupancy":     "4096\n",
		"c1/mon_groups/c1/mon_data/mon_L3_00/mbm_total_bytes":   "77\n",
		"c1/mon_groups/c1/mon_data/mon_L3_00/mbm_local_bytes":   "7\n",
		"c1/mon_groups/c1/mon_data/mon_L3_01/llc_occupancy":     "Unavailable\n",
		"c1/mon_groups/c1/mon_data/mon_L3_01/mbm_total_bytes":   "1\n",
		"c1/mon_groups/c1/mon_data/mon_L3_01/mbm_local_bytes":   "Error\n",
		"c1/mon_groups/c1/mon_data/mon_sub_L3_00/llc_occupancy": "1\n",
	})
	s, err := Read(&Group{Dir: dir + "/c1", Monitor: dir + "/c1/mon_groups/c1"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"l3_cache_info":{"cbm_mask":"fff","min_cbm_bits":2,"num_closids":16},` +
		`"l3_cache_schema_root":"L3:0=fff;1=fff","l3_cache_schema":"L3:0=00f;1=ff0",` +
		`"mem_bw_info":{"bandwidth_gran":10,"delay_linear":1,"min_bandwidth":10,"num_closids":8},` +
		`"mem_bw_schema_root":"MB:0=100;1=100","mem_bw_schema":"MB:0=20;1=70",` +
		`"mbm_stats":[{"mbm_total_bytes":77,"mbm_local_bytes":7},{"mbm_total_bytes":1,"mbm_local_bytes":0}],` +
		`"cmt_stats":[{"llc_occupancy":4096},{"llc_occupancy":0}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestStatsLeaveOutWhatTheMachineDoesNotHave(t *testing.T) {
	dir := tree(t, map[string]string{"info/": "", "schemata": "L2:0=ff\n", "mon_data/mon_L3_00/llc_occupancy": "1\n"})
	s, err := Read(&Group{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if *s != (Stats{}) {
		t.Errorf("got %+v", *s)
	}
	if _, err := Read(&Group{Dir: dir + "/gone"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a group that is gone: %v", err)
	}
}
