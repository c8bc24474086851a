package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"

	"rt/libcontainer/cgroup/stats"
	"rt/libcontainer/container"
)

var someState = container.State{
	Version: "1.3.0", ID: "x", Pid: 12, Status: "running", Bundle: "/b", Rootfs: "/b/rootfs",
	Created: time.Date(2026, 11, 22, 6, 54, 1, 330636027, time.UTC), Owner: "root",
}

func TestTheStateIsWhatEnginesDecode(t *testing.T) {
	f := &fakeRuntime{state: &someState}
	r := f.rt(t, "state", "x")
	var got map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.stderr != "" {
		t.Fatalf("%v: %+v", err, r)
	}
	for key, want := range map[string]any{
		"ociVersion": "1.3.0", "id": "x", "pid": 12.0, "status": "running", "bundle": "/b",
		"rootfs": "/b/rootfs", "created": "2026-11-22T06:54:01.330636027Z", "owner": "root",
	} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
}

func TestListShowsWhatItCanAndNamesWhatIsBroken(t *testing.T) {
	f := &fakeRuntime{states: []container.State{someState}, broken: []error{errors.New("y: state.json: unexpected end")}}
	r := f.rt(t, "list")
	want := "ID          PID         STATUS      BUNDLE      CREATED                          OWNER\n" +
		"x           12          running     /b          2026-11-22T06:54:01.330636027Z   root\n"
	if r.status != 0 || r.stdout != want || r.stderr != "warning: y: state.json: unexpected end\n" {
		t.Errorf("%+v", r)
	}
	if r := f.rt(t, "list", "-q"); r.stdout != "x\n" {
		t.Errorf("quiet: %+v", r)
	}
	var states []container.State
	if r := f.rt(t, "list", "-f", "json"); json.Unmarshal([]byte(r.stdout), &states) != nil || len(states) != 1 {
		t.Errorf("json: %+v", r)
	}
	if r := new(fakeRuntime).rt(t, "list", "--format=json"); r.stdout != "[]\n" {
		t.Errorf("an empty list: %+v", r)
	}
}

func TestPsPrintsPidsAsAnArrayAndTheTableAsItIs(t *testing.T) {
	f := &fakeRuntime{pids: []int{7, 12}}
	if r := f.rt(t, "ps", "-f", "json", "x"); r != (result{stdout: "[7,12]\n"}) {
		t.Errorf("%+v", r)
	}
	if r := f.rt(t, "ps", "x"); r != (result{stdout: "the table\n"}) {
		t.Errorf("%+v", r)
	}
	if r := new(fakeRuntime).rt(t, "ps", "-f", "json", "x"); r.stdout != "[]\n" {
		t.Errorf("a container that has ended: %+v", r)
	}
	if r := f.rt(t, "ps", "-f", "xml", "x"); r.status != 1 || !strings.Contains(r.stderr, "xml") {
		t.Errorf("%+v", r)
	}
}

func TestEventsAreOneJSONObjectALine(t *testing.T) {
	s := &stats.Stats{Pids: stats.Pids{Current: 3}, NetworkInterfaces: []stats.NetworkInterface{{Name: "eth0", RxBytes: 9}}}
	f := &fakeRuntime{stats: s, events: []container.Event{{Type: "oom", ID: "x"}, {Type: "stats", ID: "x", Data: s}}}
	r := f.rt(t, "events", "--interval", "10ms", "x")
	lines := strings.Split(r.stdout, "\n")
	if r.status != 0 || len(lines) != 3 || lines[0] != `{"type":"oom","id":"x"}` || f.call != "events x 10ms" {
		t.Fatalf("%+v %s", r, f.call)
	}
	var e struct {
		Type, ID string
		Data     struct {
			Pids struct{ Current int }
			Net  []struct {
				Name    string
				RxBytes int
			} `json:"network_interfaces"`
		}
	}
	if err := json.Unmarshal([]byte(lines[1]), &e); err != nil || e.Type != "stats" || e.Data.Pids.Current != 3 || e.Data.Net[0].RxBytes != 9 {
		t.Errorf("%v %+v", err, e)
	}
	if once := f.rt(t, "events", "--stats", "x"); once.stdout != lines[1]+"\n" || f.call != "stats x" {
		t.Errorf("%+v", once)
	}
	for _, bad := range []string{"0s", "-1s", "5", "soon"} {
		f := new(fakeRuntime)
		if r := f.rt(t, "events", "--interval", bad, "x"); r.status != 1 || !strings.Contains(r.stderr, "--interval") || f.call != "" {
			t.Errorf("%s: %+v", bad, r)
		}
	}
}

func TestValidateFailsForErrorsOnly(t *testing.T) {
	f := &fakeRuntime{findings: []container.Finding{{Severity: "warning", Field: "linux.x", Message: "unknown key"}}}
	if r := f.rt(t, "validate", "-b", "/b"); r.status != 0 || r.stdout != "warning: linux.x: unknown key\n" || r.stderr != "" {
		t.Errorf("%+v", r)
	}
	f.findings = append(f.findings, container.Finding{Severity: "error", Message: "no process"})
	if r := f.rt(t, "validate", "-b", "/b"); r.status != 1 || !strings.HasSuffix(r.stdout, "error: no process\n") ||
		!strings.Contains(r.stderr, "bundle /b: 1 errors, 1 warnings") {
		t.Errorf("%+v", r)
	}
	var got []container.Finding
	if r := f.rt(t, "validate", "--json"); json.Unmarshal([]byte(r.stdout), &got) != nil || len(got) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestPlanNeedsNoIdAndPrintsWhatTheRuntimeGives(t *testing.T) {
	f := &fakeRuntime{}
	if r := f.rt(t, "plan", "--bundle", "/b"); r.stdout != "the plan\n" || f.call != "plan container json=false" {
		t.Errorf("%+v %s", r, f.call)
	}
	if f.rt(t, "plan", "--json", "x"); f.call != "plan x json=true" {
		t.Error(f.call)
	}
}

func TestVersionIsInTheFormThatEnginesParse(t *testing.T) {
	out := string(versionText("rt"))
	lines := strings.Split(out, "\n")
	if lines[0] != "rt version "+Version || lines[1] != "commit: "+Commit || lines[2] != "spec: "+specs.Version {
		t.Errorf("%q", out)
	}
	if strings.Count(out, "version") != 1 {
		t.Errorf("a caller takes the last line with the word version: %q", out)
	}
	if r := new(fakeRuntime).rt(t, "--root", "/r", "-v"); r.stdout != out {
		t.Errorf("after other options: %+v", r)
	}
	for argv0, want := range map[string]string{"rt": "rt", "/usr/bin/runc": "runc", "/opt/my-rt": "rt", "": "rt"} {
		if got := progName([]string{argv0}); got != want {
			t.Errorf("%q is called %q, want %q", argv0, got, want)
		}
	}
}

func TestSpecWritesAConfigAndLeavesAnExistingOneAlone(t *testing.T) {
	for _, rootless := range []bool{false, true} {
		dir := t.TempDir()
		args := []string{"spec", "--bundle", dir}
		if rootless {
			args = append(args, "--rootless")
		}
		if r := new(fakeRuntime).rt(t, args...); r != (result{}) {
			t.Fatalf("%+v", r)
		}
		path := filepath.Join(dir, "config.json")
		b := read(t, path)
		var s specs.Spec
		if err := json.Unmarshal(b, &s); err != nil || !strings.HasPrefix(string(b), "{\n\t\"ociVersion\": \"") {
			t.Errorf("%v in %.40q", err, b)
		}
		userns := false
		for _, ns := range s.Linux.Namespaces {
			userns = userns || ns.Type == specs.UserNamespace
		}
		if userns != rootless {
			t.Errorf("rootless %t: user namespace %t", rootless, userns)
		}
		r := new(fakeRuntime).rt(t, args...)
		if r.status != 1 || !strings.Contains(r.stderr, path+" exists") || string(read(t, path)) != string(b) {
			t.Errorf("a second time: %+v", r)
		}
	}
}

func TestSpecLeavesNothingBehindWhenTheBundleIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "no")
	r := new(fakeRuntime).rt(t, "spec", "-b", dir)
	if _, err := os.Stat(dir); r.status != 1 || !strings.Contains(r.stderr, dir) || err == nil {
		t.Errorf("%+v %v", r, err)
	}
}

func TestFeaturesHaveWhatEnginesRead(t *testing.T) {
	r := new(fakeRuntime).rt(t, "features")
	var f features.Features
	if err := json.Unmarshal([]byte(r.stdout), &f); err != nil || r.stderr != "" {
		t.Fatalf("%v: %+v", err, r)
	}
	has := func(list []string, s string) bool {
		for _, e := range list {
			if e == s {
				return true
			}
		}
		return false
	}
	if f.OCIVersionMin == "" || f.OCIVersionMax != specs.Version || len(f.Hooks) != 6 {
		t.Errorf("%q %q %q", f.OCIVersionMin, f.OCIVersionMax, f.Hooks)
	}
	for _, o := range []string{"rro", "ro", "idmap", "ridmap", "tmpcopyup", "nosymfollow", "defaults"} {
		if !has(f.MountOptions, o) {
			t.Errorf("mount option %s is missing", o)
		}
	}
	if f.Linux == nil || !has(f.Linux.Namespaces, "user") || len(f.Linux.Namespaces) != 8 || len(f.Linux.Capabilities) != 41 {
		t.Fatalf("%+v", f.Linux)
	}
	if !*f.Linux.MountExtensions.IDMap.Enabled || !*f.Linux.Cgroup.V1 || !*f.Linux.Cgroup.V2 {
		t.Error("idmap and both cgroup versions are supported")
	}
}
