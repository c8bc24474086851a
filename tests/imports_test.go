// Package tests checks what no package can check of itself.
package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer is a package and what is below it in the tree. A package imports strictly
// lower levels of the project, and packages of its own entry.
type layer struct {
	path  string // below the module, the longest prefix counts
	level int
	deny  []string // imports that are refused although the level would allow them
}

// What a package that only decides must not touch: the file system, the process
// and the kernel.
var effects = []string{"os", "os/exec", "syscall", "golang.org/x/sys/unix", "net", "rt/libcontainer/internal/sys"}

// The allowed imports of the project.
var layers = []layer{
	{"libcontainer/abi", 0, effects},
	{"libcontainer/plan", 1, effects},
	{"libcontainer/plan/internal", 9, nil}, // the generator, which writes files
	{"libcontainer/internal/sys", 0, nil},
	{"libcontainer/internal/jsonw", 0, effects},
	{"libcontainer/internal/variant", 0, effects},
	{"libcontainer/internal/dbus", 1, nil},
	{"libcontainer/criu", 1, nil},
	{"libcontainer/spec", 2, nil},
	{"libcontainer/spec/internal", 9, nil}, // generators
	{"libcontainer/host", 2, nil},
	{"libcontainer/resctrl", 2, nil},
	{"libcontainer/seccomp", 3, nil},
	{"libcontainer/cgroup", 3, nil},
	{"libcontainer/netdev", 3, nil},
	{"libcontainer/state", 3, nil},
	{"libcontainer/compile", 4, effects},
	{"nsenter", 0, nil},
	{"internal/signals", 0, nil},
	// What runs a plan knows nothing of the configuration it was made from.
	{"libcontainer/launch", 5, []string{"rt/libcontainer/spec", "rt/libcontainer/compile", "github.com/opencontainers/runtime-spec/"}},
	{"libcontainer/container", 6, nil},
	{"internal/cli", 7, nil},
	{"", 8, nil}, // main
	{"tests", 9, nil},
}

// onlyFrom names the packages that may import a package at all.
var onlyFrom = map[string][]string{
	"rt/nsenter": {"libcontainer/launch", "tests"},
	"os/signal":  {"internal/signals", "tests"}, // docs/adr/0010-signals.md
}

// never is what no package of the program imports: each costs time at every
// start of it (docs/adr), or links C into it.
var never = []string{"C", "regexp", "text/template", "html/template", "net/http", "expvar", "runtime/cgo", "plugin"}

func TestPackagesImportLowerLevelsOnly(t *testing.T) {
	files := 0
	for file, imports := range sources(t) {
		files++
		from := layerOf(filepath.ToSlash(filepath.Dir(file)))
		if from == nil {
			t.Errorf("%s: its package is not in the table of layers", file)
			continue
		}
		for _, imp := range imports {
			if why := refused(from, imp); why != "" {
				t.Errorf("%s imports %s: %s", file, imp, why)
			}
		}
	}
	if files == 0 {
		t.Fatal("no source was read")
	}
}

func TestTheTableRefusesWhatItShould(t *testing.T) {
	for _, tc := range []struct {
		dir, imp string
		refused  bool
	}{
		{"libcontainer/compile", "os", true},
		{"libcontainer/compile", "golang.org/x/sys/unix", true},
		{"libcontainer/compile", "rt/libcontainer/plan", false},
		{"libcontainer/compile", "rt/libcontainer/launch", true},
		{"libcontainer/launch", "rt/libcontainer/spec", true},
		{"libcontainer/launch", "github.com/opencontainers/runtime-spec/specs-go", true},
		{"libcontainer/launch", "rt/nsenter", false},
		{"libcontainer/container", "rt/nsenter", true},
		{"libcontainer/spec", "rt/libcontainer/host", true},
		{"libcontainer/cgroup/v1", "rt/libcontainer/cgroup/setting", false},
		{"libcontainer/cgroup", "rt/libcontainer/internal/sys", false},
		{"libcontainer/plan", "rt/libcontainer/plan/optable", false},
		{"libcontainer/plan", "rt/libcontainer/internal/sys", true},
		{"internal/cli", "rt/libcontainer/container", false},
		{".", "rt/internal/cli", false},
		{"internal/cli", "regexp", true},
		{"internal/cli", "rt/unknown", true},
	} {
		if why := refused(layerOf(tc.dir), tc.imp); (why != "") != tc.refused {
			t.Errorf("%s imports %s: refused %q, want %t", tc.dir, tc.imp, why, tc.refused)
		}
	}
}

// refused tells why a package of the layer from must not import imp, or "".
func refused(from *layer, imp string) string {
	if from.level < 9 && slices.Contains(never, imp) {
		return "no package of the program imports it"
	}
	for _, d := range from.deny {
		if imp == d || strings.HasSuffix(d, "/") && strings.HasPrefix(imp, d) || strings.HasPrefix(imp, d+"/") {
			return "refused for " + from.path
		}
	}
	if allowed, ok := onlyFrom[imp]; ok && !slices.Contains(allowed, from.path) {
		return "only " + strings.Join(allowed, ", ") + " may"
	}
	dir, ours := strings.CutPrefix(imp, "rt/")
	if !ours {
		return ""
	}
	to := layerOf(dir)
	switch {
	case to == nil || to.path == "":
		return "it is not in the table of layers"
	case to != from && to.level >= from.level:
		return "its level is not below that of " + from.path
	}
	return ""
}

// layerOf finds the layer of a directory below the top of the tree.
func layerOf(dir string) *layer {
	if dir == "." {
		dir = ""
	}
	var best *layer
	for i := range layers {
		l := &layers[i]
		if l.path == dir || l.path != "" && strings.HasPrefix(dir, l.path+"/") {
			if best == nil || len(l.path) > len(best.path) {
				best = l
			}
		}
	}
	return best
}

// sources returns the imports of each Go file that is not a test, by its path
// below the top of the tree.
func sources(t *testing.T) map[string][]string {
	top := os.DirFS("..")
	found := map[string][]string{}
	err := fs.WalkDir(top, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := fs.ReadFile(top, path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, b, parser.ImportsOnly)
		if err != nil {
			return err
		}
		found[path] = []string{}
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[path] = append(found[path], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
