package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// A flaw is one change to a sound configuration, and the problem it makes.
type flaw struct {
	name   string
	change func(*specs.Spec)
	field  string
	want   string // part of the message; "warning: " in front for a warning
}

// sound returns a configuration that uses all kinds of namespaces.
func sound() *specs.Spec {
	s := Default()
	s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace},
		specs.LinuxNamespace{Type: specs.TimeNamespace}, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
	s.Linux.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 200000, Size: 65536}}
	s.Annotations = map[string]string{"com.example.key": ""}
	return s
}

// without removes the namespaces of a type.
func without(s *specs.Spec, t specs.LinuxNamespaceType) {
	s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(ns specs.LinuxNamespace) bool { return ns.Type == t })
}

// join gives the namespace of a type a path.
func join(s *specs.Spec, t specs.LinuxNamespaceType, path string) {
	for i, ns := range s.Linux.Namespaces {
		if ns.Type == t {
			s.Linux.Namespaces[i].Path = path
		}
	}
}

// check shows that each flaw makes its problem and no other.
func check(t *testing.T, flaws []flaw) {
	t.Helper()
	for _, f := range flaws {
		t.Run(f.name, func(t *testing.T) {
			s := sound()
			f.change(s)
			problems := (&Config{Spec: s}).Validate()
			want, warning := strings.CutPrefix(f.want, "warning: ")
			if len(problems) != 1 || problems[0].Field != f.field || problems[0].Warning != warning ||
				!strings.Contains(problems[0].Message, want) {
				t.Errorf("got %s\nwant %s: %s", list(problems), f.field, f.want)
			}
		})
	}
}

func list(problems []Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems", len(problems))
	for _, p := range problems {
		fmt.Fprintf(&b, "\n     %s (warning: %v)", p, p.Warning)
	}
	return b.String()
}

// accept shows that each change makes no problem at all.
func accept(t *testing.T, changes map[string]func(*specs.Spec)) {
	t.Helper()
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := sound()
			change(s)
			if problems := (&Config{Spec: s}).Validate(); len(problems) > 0 {
				t.Errorf("got %s, want none", list(problems))
			}
		})
	}
}

func TestASoundConfigurationHasNoProblems(t *testing.T) {
	accept(t, map[string]func(*specs.Spec){"as it is": func(*specs.Spec) {}})
	c, err := Parse(fixture(t, "engine.json"))
	if err != nil {
		t.Fatal(err)
	}
	if problems := c.Validate(); len(problems) > 0 {
		t.Errorf("an engine's: %s", list(problems))
	}
}

func TestValidateWantsAVersionOfTheSpecification(t *testing.T) {
	set := func(v string) func(*specs.Spec) { return func(s *specs.Spec) { s.Version = v } }
	check(t, []flaw{
		{"none", set(""), "ociVersion", "is missing"},
		{"another major version", set("2.0.0"), "ociVersion", `got "2.0.0", want a version 1.x`},
		{"an old version", set("0.6.0"), "ociVersion", `got "0.6.0"`},
		{"a major version alone", set("1"), "ociVersion", `got "1"`},
		{"a point without a minor version", set("1."), "ociVersion", `got "1."`},
		{"a word", set("1.x"), "ociVersion", `got "1.x"`},
		{"a later version", set("1.4.0"), "ociVersion", `warning: got "1.4.0", which is newer than 1.3.0`},
	})
	accept(t, map[string]func(*specs.Spec){
		"a development version":   set("1.0.2-dev"),
		"a release candidate":     set("1.3.0-rc.1+build"),
		"a version without patch": set("1.1"),
	})
}

func TestValidateWantsARoot(t *testing.T) {
	check(t, []flaw{
		{"no root", func(s *specs.Spec) { s.Root = nil }, "root", "is missing, want an object with the path of the rootfs"},
		{"no path", func(s *specs.Spec) { s.Root.Path = "" }, "root.path", "is missing, want the path of the rootfs"},
	})
}

func TestValidateWantsNamesThatFitAUTSNamespace(t *testing.T) {
	long := strings.Repeat("h", 65)
	check(t, []flaw{
		{"a long hostname", func(s *specs.Spec) { s.Hostname = long }, "hostname", `hhh" of 65 bytes, want at most 64`},
		{"a long domainname", func(s *specs.Spec) { s.Domainname = long }, "domainname", `of 65 bytes, want at most 64`},
		{"a hostname without a namespace", func(s *specs.Spec) { without(s, "uts") }, "hostname", `got "rt", want a namespace of type uts`},
		{"a domainname without a namespace", func(s *specs.Spec) { s.Hostname, s.Domainname = "", "d"; without(s, "uts") },
			"domainname", `got "d", want a namespace of type uts`},
	})
	accept(t, map[string]func(*specs.Spec){
		"64 bytes":            func(s *specs.Spec) { s.Hostname, s.Domainname = long[:64], long[:64] },
		"a namespace to join": func(s *specs.Spec) { join(s, "uts", "/proc/1/ns/uts") },
		"neither, and no uts": func(s *specs.Spec) { s.Hostname = ""; without(s, "uts") },
		"no linux member": func(s *specs.Spec) {
			*s = specs.Spec{Version: "1.0.0", Root: s.Root, Process: s.Process}
			s.Root.Readonly = false
		},
		"no annotation either": func(s *specs.Spec) { s.Annotations = nil },
	})
}

func TestValidateWantsNamesForAnnotations(t *testing.T) {
	check(t, []flaw{{"an empty key", func(s *specs.Spec) { s.Annotations[""] = "x" }, `annotations[""]`, "got an empty key"}})
}

func TestValidateReportsWhatTheDecoderPassedOver(t *testing.T) {
	for _, tt := range []struct{ name, member, field, want string }{
		{"an unknown key", `"linux": {"flavour": 1}`, "linux.flavour", "warning: is not a key of the specification and is ignored"},
		{"a key misspelt", `"linux": {"rootPropagation": ""}`, "linux.rootPropagation", "warning: is not a key of the specification and is ignored, want rootfsPropagation"},
		{"a key in another case", `"HostName": "x"`, "HostName", "warning: is not a key of the specification and is ignored, want hostname"},
		{"a transposed key", `"hosntame": "x"`, "hosntame", "warning: is not a key of the specification and is ignored, want hostname"},
		{"a section for another platform", `"windows": {}`, "windows", "warning: is not for Linux and is ignored"},
		{"a NUL byte in a value", `"linux": {"cgroupsPath": "/a\u0000b"}`, "linux.cgroupsPath", "contains a NUL byte"},
		{"a NUL byte in an array", `"linux": {"maskedPaths": ["/a", "/\u0000"]}`, "linux.maskedPaths[1]", "contains a NUL byte"},
		{"a NUL byte in a key", `"linux": {"resources": {"rdma": {"a\u0000": {"hcaObjects": 1}}}}`, `linux.resources.rdma["a\x00"]`, "contains a NUL byte"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := `{"ociVersion": "1.3.0", "root": {"path": "rootfs"}, "process": {"args": ["sh"], "cwd": "/"}, ` + tt.member + `}`
			c, err := Parse([]byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			problems := c.Validate()
			want, warning := strings.CutPrefix(tt.want, "warning: ")
			found := slices.ContainsFunc(problems, func(p Problem) bool {
				return p.Field == tt.field && p.Message[:min(len(want), len(p.Message))] == want && p.Warning == warning
			})
			if !found {
				t.Errorf("got %s\nwant %s: %s", list(problems), tt.field, tt.want)
			}
		})
	}
}

func TestValidateLetsNULBytesPassThatTheKernelNeverSees(t *testing.T) {
	c, err := Parse([]byte(`{"ociVersion": "1.3.0", "root": {"path": "rootfs"}, "process": {"args": ["sh"], "cwd": "/"},
		"annotations": {"a\u0000": "b\u0000"},
		"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s", "listenerMetadata": "\u0000"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if problems := c.Validate(); len(problems) > 0 {
		t.Errorf("got %s, want none", list(problems))
	}
}

func TestAProblemPrintsAsFieldAndMessage(t *testing.T) {
	if got := (Problem{Field: "root.path", Message: "is missing"}).String(); got != "root.path: is missing" {
		t.Errorf("got %q", got)
	}
}

func TestUnknownKeysWithoutALikelyMeaningGetNoAdvice(t *testing.T) {
	for key, want := range map[string]string{
		"rootPropagation":        "rootfsPropagation",
		"rootfspropagation":      "rootfsPropagation",
		"pth":                    "path",
		"pathh":                  "path",
		"xy":                     "",
		"frobnicate":             "",
		strings.Repeat("x", 100): "",
	} {
		if got := closest(key, "rootfsPropagation path id"); got != want {
			t.Errorf("%q is taken for %q, want %q", key, got, want)
		}
	}
}
