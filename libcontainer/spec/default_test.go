package spec

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// fixture returns the content of a file in testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func golden(t *testing.T, name string, s *specs.Spec) {
	t.Helper()
	got, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/"+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := fixture(t, name); !bytes.Equal(got, want) {
		t.Errorf("not as in testdata/%s:\n%s", name, got)
	}
}

func TestDefaultIsTheGoldenConfiguration(t *testing.T) {
	golden(t, "default.json", Default())
}

func TestRootlessIsTheGoldenConfiguration(t *testing.T) {
	s := Default()
	Rootless(s, 1000, 1001)
	golden(t, "rootless.json", s)
}

func TestDefaultAndRootlessHaveNoProblems(t *testing.T) {
	rootless := Default()
	Rootless(rootless, 1000, 1000)
	for _, s := range []*specs.Spec{Default(), rootless} {
		for _, p := range (&Config{Spec: s}).Validate() {
			t.Error(p)
		}
	}
}

func TestRootlessAddsTheLinuxSectionIfThereIsNone(t *testing.T) {
	s := &specs.Spec{}
	Rootless(s, 1000, 1000)
	if s.Linux == nil || len(s.Linux.Namespaces) != 1 {
		t.Errorf("linux is %+v, want a user namespace in it", s.Linux)
	}
}
