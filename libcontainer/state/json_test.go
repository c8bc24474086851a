package state

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func full() *Record {
	seconds := 5
	return &Record{
		Schema: 1, OCIVersion: "1.3.0", ID: "c1", Status: "created", Pid: 42, StartTime: 1 << 40,
		StageDev: 1, StageIno: 1<<64 - 1, BootID: "b", Creator: 7, CreatorTime: 9, Bundle: "/b\n\"", Rootfs: "/b/r",
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Owner: 1000,
		Annotations: map[string]string{"a": "1", "b": "\u00e9\x01"}, Cgroups: []string{"/sys/fs/cgroup/x"}, OwnPidNS: true,
		Resctrl: Resctrl{Dir: "/sys/fs/resctrl/c1", Monitor: "/sys/fs/resctrl/c1/mon_groups/c1", Remove: []string{"/sys/fs/resctrl/c1"}},
		PidFile: "/run/pid", Unit: "a-b.scope", UserUnit: true,
		Poststart: []specs.Hook{{Path: "/h", Args: []string{"h", ""}, Env: []string{}, Timeout: &seconds}},
		Poststop:  []specs.Hook{{Path: "/p"}},
		Late:      []Late{{Op: 3, Text: "exec"}, {Op: 4}}, Notify: "/n", Checkpointed: true, Restored: true, Error: "e",
	}
}

func TestARecordReadsBackAsItWasWritten(t *testing.T) {
	for _, rec := range []*Record{full(), {Cgroups: []string{}}} {
		got, err := decode(rec.encode())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, rec) {
			t.Errorf("got  %+v\nwant %+v", got, rec)
		}
	}
}

func TestARecordIsTheJSONThatItsTagsSay(t *testing.T) {
	var got Record
	if err := json.Unmarshal(full().encode(), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, full()) {
		t.Errorf("got  %+v\nwant %+v", &got, full())
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	data := full().encode()
	for n := range data {
		if _, err := decode(data[:n]); err == nil {
			t.Errorf("%d of %d bytes decode", n, len(data))
		}
	}
}

func TestAnIntentReadsBackAsItWasWritten(t *testing.T) {
	for _, in := range []Intent{
		{StageDev: 1, StageIno: 2, Cgroups: []string{"/sys/fs/cgroup/a b", "/c"}},
		{StageDev: 1, StageIno: 2, Cgroups: []string{"/c"}, Unit: `rt-a\x2bb.scope`},
		{StageDev: 1, StageIno: 2, Cgroups: []string{"/c"}, Unit: "x.slice", UserUnit: true},
		{StageDev: 3, StageIno: 1<<64 - 1, Cgroups: []string{"/c"}, Resctrl: []string{"/sys/fs/resctrl/c1/mon_groups/c1", "/sys/fs/resctrl/c1"}},
		{Resctrl: []string{"/r"}, Unit: "x.slice"},
	} {
		dir, err := Create(t.TempDir(), "c1")
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.SaveIntent(in); err != nil {
			t.Fatal(err)
		}
		if got, err := dir.Intent(); err != nil || !reflect.DeepEqual(got, in) {
			t.Errorf("got %+v, %v; want %+v", got, err, in)
		}
		dir.Close()
	}
}
