package compile_test

import (
	"bytes"
	"os"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/compile"
	"rt/libcontainer/host"
	"rt/libcontainer/spec"
)

type (
	filemode  = os.FileMode
	hostFacts = host.Facts
)

var bundleNames = []string{"default-v2", "default-hybrid", "default-rootless", "docker-hybrid", "docker-v2"}

// TestPlansOfWholeBundles holds the plans of configurations as they are found in
// the field against their golden files: what `rt spec` writes, and what an engine
// does.
func TestPlansOfWholeBundles(t *testing.T) {
	for _, tc := range []struct {
		name string
		spec *specs.Spec
		host func(*compile.Input)
	}{
		{"default-v2", spec.Default(), func(in *compile.Input) { in.Cgroup = v2Set() }},
		{"default-hybrid", spec.Default(), func(in *compile.Input) { in.Host, in.Cgroup = hybridHost(), hybridSet() }},
		{"default-rootless", rootlessDefault(), func(in *compile.Input) { in.Host = userHost() }},
		{"docker-v2", dockerConfig(t), func(in *compile.Input) { in.Cgroup = v2Set() }},
		{"docker-hybrid", dockerConfig(t), func(in *compile.Input) { in.Host, in.Cgroup = hybridHost(), hybridSet() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := input()
			in.Spec = tc.spec
			in.Home = "/root"
			in.Caller = []string{"PATH=/usr/bin"}
			in.Mounts = boundFacts(tc.spec)
			if tc.spec.Linux.Seccomp != nil {
				in.Seccomp = filter
			}
			if tc.spec.Process.Terminal {
				in.ConsoleSocket = "/run/console.sock"
			}
			tc.host(in)
			golden(t, tc.name, listing(t, in))
		})
	}
}

func rootlessDefault() *specs.Spec {
	s := spec.Default()
	spec.Rootless(s, 1000, 1000)
	return s
}

// boundFacts are the facts about mounts as if every bind were of a directory.
func boundFacts(s *specs.Spec) []compile.MountFacts {
	facts := make([]compile.MountFacts, len(s.Mounts))
	for i, m := range s.Mounts {
		for _, o := range m.Options {
			if o == "bind" || o == "rbind" {
				facts[i].Source = m.Source
			}
		}
	}
	return facts
}

// dockerConfig is a configuration as Docker's engine writes it.
func dockerConfig(t *testing.T) *specs.Spec {
	t.Helper()
	data, err := os.ReadFile("../../tests/testdata/docker-config.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][2]string{{"@ROOTFS@", "/bundle/rootfs"}, {"@VOLUMES@", "/volumes"}, {"@HOOK@", "/bin/true"}, {"@ID@", "c1"}} {
		data = bytes.ReplaceAll(data, []byte(paths[0]), []byte(paths[1]))
	}
	c, err := spec.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Validate() {
		if !p.Warning {
			t.Fatal(p)
		}
	}
	return c.Spec
}
