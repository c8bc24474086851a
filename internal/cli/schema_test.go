package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/seccomp"
)

// schemas are the JSON schemas of the runtime specification: draft 4, of which they
// use a part. A word that the checker does not know is an error, so that nothing
// goes unchecked.
type schemas struct {
	dir   string
	files map[string]any
}

func specSchemas(t *testing.T) *schemas {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/opencontainers/runtime-spec").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &schemas{filepath.Join(strings.TrimSpace(string(out)), "schema"), map[string]any{}}
}

func (s *schemas) load(file string) (any, error) {
	if v, ok := s.files[file]; ok {
		return v, nil
	}
	data, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil {
		return nil, err
	}
	var v any
	err = json.Unmarshal(data, &v)
	s.files[file] = v
	return v, err
}

// check returns what is wrong with v, one line each.
func (s *schemas) check(file, pointer string, at string, v any) []string {
	node, err := s.load(file)
	if err != nil {
		return []string{err.Error()}
	}
	for part := range strings.SplitSeq(strings.Trim(pointer, "/"), "/") {
		if part != "" {
			node = node.(map[string]any)[part]
		}
	}
	rules, ok := node.(map[string]any)
	if !ok {
		return []string{file + "#" + pointer + " is no schema"}
	}
	return s.apply(file, rules, at, v)
}

func (s *schemas) apply(file string, rules map[string]any, at string, v any) (wrong []string) {
	fail := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	object, _ := v.(map[string]any)
	list, _ := v.([]any)
	text, _ := v.(string)
	number, _ := v.(float64)
	for word, rule := range rules {
		switch word {
		case "description", "$schema", "id":
		case "$ref":
			to, pointer, _ := strings.Cut(rule.(string), "#")
			if to == "" {
				to = file
			}
			wrong = append(wrong, s.check(to, pointer, at, v)...)
		case "type":
			if !isType(v, rule.(string)) {
				fail("%v is no %s", v, rule)
			}
		case "required":
			for _, name := range rule.([]any) {
				if _, ok := object[name.(string)]; !ok {
					fail("%s is missing", name)
				}
			}
		case "properties":
			for name, sub := range rule.(map[string]any) {
				if member, ok := object[name]; ok {
					wrong = append(wrong, s.apply(file, sub.(map[string]any), at+"."+name, member)...)
				}
			}
		case "patternProperties":
			for pattern, sub := range rule.(map[string]any) {
				for name, member := range object {
					if regexp.MustCompile(pattern).MatchString(name) {
						wrong = append(wrong, s.apply(file, sub.(map[string]any), at+"."+name, member)...)
					}
				}
			}
		case "items":
			for i, item := range list {
				wrong = append(wrong, s.apply(file, rule.(map[string]any), fmt.Sprintf("%s[%d]", at, i), item)...)
			}
		case "enum":
			if !slices.Contains(rule.([]any), v) {
				fail("%v is not one of %v", v, rule)
			}
		case "pattern":
			if !regexp.MustCompile(rule.(string)).MatchString(text) {
				fail("%q does not match %s", text, rule)
			}
		case "minimum":
			if number < rule.(float64) {
				fail("%v is less than %v", v, rule)
			}
		default:
			fail("the checker does not know %q", word)
		}
	}
	return wrong
}

func isType(v any, name string) (ok bool) {
	switch name {
	case "object":
		_, ok = v.(map[string]any)
	case "array":
		_, ok = v.([]any)
	case "string":
		_, ok = v.(string)
	case "boolean":
		_, ok = v.(bool)
	case "integer":
		n, number := v.(float64)
		ok = number && n == float64(int64(n))
	}
	return ok
}

// generic is a value as encoding/json decodes it without a type.
func generic(t *testing.T, v any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFeaturesKeepTheSpecificationsSchema(t *testing.T) {
	s := specSchemas(t)
	f := generic(t, buildFeatures())
	for _, w := range s.check("features-schema.json", "", "features", f) {
		t.Error(w)
	}
	linux := f["linux"].(map[string]any)
	linux["namespaces"] = append(linux["namespaces"].([]any), "disk")
	linux["intelRdt"] = "yes"
	delete(f, "ociVersionMin")
	if got := s.check("features-schema.json", "", "features", f); len(got) != 3 {
		t.Errorf("of three mistakes the checker finds: %q", got)
	}
}

func TestFeaturesListWhatTheSpecificationDefines(t *testing.T) {
	s := specSchemas(t)
	defs, err := s.load("defs-linux.json")
	if err != nil {
		t.Fatal(err)
	}
	linux := buildFeatures().Linux
	for _, tc := range []struct {
		name string
		have []string
		less []string // what libseccomp 2.5.4 does not know
	}{
		{"NamespaceType", linux.Namespaces, nil},
		{"SeccompAction", linux.Seccomp.Actions, nil},
		{"SeccompOperators", linux.Seccomp.Operators, nil},
		{"SeccompFlag", linux.Seccomp.KnownFlags, nil},
		{"SeccompArch", linux.Seccomp.Archs, []string{"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB"}},
	} {
		def := defs.(map[string]any)["definitions"].(map[string]any)[tc.name].(map[string]any)
		for _, v := range def["enum"].([]any) {
			name := v.(string)
			if has, want := slices.Contains(tc.have, name), !slices.Contains(tc.less, name); has != want {
				t.Errorf("%s: %s listed: %v, want %v", tc.name, name, has, want)
			}
		}
		if !slices.IsSorted(tc.have) {
			t.Errorf("%s: not sorted: %q", tc.name, tc.have)
		}
	}
}

func TestFeaturesHaveEveryBlock(t *testing.T) {
	f := generic(t, buildFeatures())
	for _, key := range []string{"ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations", "potentiallyUnsafeConfigAnnotations"} {
		if f[key] == nil {
			t.Errorf("no %s", key)
		}
	}
	linux := f["linux"].(map[string]any)
	for _, key := range []string{"namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt", "memoryPolicy", "mountExtensions", "netDevices"} {
		if linux[key] == nil {
			t.Errorf("no linux.%s", key)
		}
	}
}

// The specification has a schema for the state that goes to an agent and none for
// what is around it: config-linux.md, "The Container Process State".
func TestTheStateForASeccompAgentKeepsTheSchema(t *testing.T) {
	data, err := seccomp.ProcessState(&specs.State{
		Version: "1.3.0", ID: "c1", Status: specs.StateCreating, Pid: 7, Bundle: "/b", Annotations: map[string]string{"a": "b"},
	}, 7, "some text")
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	for _, w := range specSchemas(t).check("state-schema.json", "", "state", v["state"]) {
		t.Error(w)
	}
	delete(v, "state")
	if got, want := fmt.Sprint(v), "map[fds:[seccompFd] metadata:some text ociVersion:1.3.0 pid:7]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
