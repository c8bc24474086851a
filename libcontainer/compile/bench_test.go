package compile_test

import (
	"testing"

	"rt/libcontainer/compile"
	"rt/libcontainer/spec"
)

func BenchmarkCreateOfTheDefaultBundle(b *testing.B) {
	in := input()
	in.Spec = spec.Default()
	in.Host, in.Cgroup, in.ConsoleSocket = hybridHost(), hybridSet(), "/run/console"
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := compile.Create(in); err != nil {
			b.Fatal(err)
		}
	}
}
