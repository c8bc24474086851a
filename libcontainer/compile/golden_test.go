package compile_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rt/libcontainer/compile"
	"rt/libcontainer/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s line %d:\n got %s\nwant %s", path, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s: got %d lines, want %d", path, len(g), len(w))
}

// listing is what a golden file holds: the plan and the warnings, or the error.
// Every plan that goes into one keeps the rules.
func listing(t *testing.T, in *compile.Input) string {
	t.Helper()
	p, warnings, err := compile.Create(in)
	return listed(t, p, warnings, err)
}

func listed(t *testing.T, p *plan.Plan, warnings []string, err error) string {
	t.Helper()
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	if err := p.Verify(); err != nil {
		t.Errorf("%v\n%s", err, p)
	}
	out := p.String()
	for _, w := range warnings {
		out += "warning: " + w + "\n"
	}
	return out
}

// TestPlans holds one small case for each feature of the configuration against its
// golden file, which shows what the feature changes in the plan called minimal: a
// change of what all plans have in common is seen once. A listing that changes is read before it is accepted with -update.
func TestPlans(t *testing.T) {
	seen := map[string]bool{}
	for _, group := range [][]planCase{
		namespaceCases, mountCases, cgroupCases, systemdCases, processCases, deviceCases, rootfsCases, hookCases, refusedCases,
	} {
		for _, tc := range group {
			if seen[tc.name] {
				t.Fatalf("two cases are called %s", tc.name)
			}
			seen[tc.name] = true
			t.Run(tc.name, func(t *testing.T) {
				in := input()
				tc.change(in)
				golden(t, tc.name, against(listing(t, input()), listing(t, in), tc.name != "minimal"))
			})
		}
	}
	for _, name := range bundleNames {
		seen[name] = true
	}
	for _, tc := range execCases {
		seen[tc.name] = true
	}
	for _, tc := range rootlessCases {
		seen[tc.name] = true
	}
	stale(t, seen)
}

// stale finds golden files that no case holds anything against.
func stale(t *testing.T, seen map[string]bool) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".golden"); !seen[name] {
			t.Errorf("%s belongs to no case", f)
		}
	}
}

// planCase changes the smallest sound input by one feature.
type planCase struct {
	name   string
	change func(*compile.Input)
}
