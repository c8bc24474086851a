package setting

import (
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestOnlyAWritableV2CgroupInItsOwnNamespaceIsDelegated(t *testing.T) {
	v2 := []Dir{{Path: "/sys/fs/cgroup/c1", V2: true}}
	own := []specs.LinuxNamespace{{Type: specs.CgroupNamespace}}
	mount := func(options ...string) []specs.Mount {
		return []specs.Mount{{Destination: "/sys/fs/cgroup/", Type: "cgroup", Source: "cgroup", Options: options}}
	}
	for _, c := range []struct {
		name string
		spec specs.Spec
		dirs []Dir
		want bool
	}{
		{"writable", specs.Spec{Mounts: mount("nosuid"), Linux: &specs.Linux{Namespaces: own}}, v2, true},
		{"read-only", specs.Spec{Mounts: mount("nosuid", "ro"), Linux: &specs.Linux{Namespaces: own}}, v2, false},
		{"the host's namespace", specs.Spec{Mounts: mount(), Linux: &specs.Linux{}}, v2, false},
		{"another's namespace", specs.Spec{Mounts: mount(), Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.CgroupNamespace, Path: "/x"}}}}, v2, false},
		{"no mount", specs.Spec{Linux: &specs.Linux{Namespaces: own}}, v2, false},
		{"hybrid", specs.Spec{Mounts: mount(), Linux: &specs.Linux{Namespaces: own}}, []Dir{{Path: "/a"}, v2[0]}, false},
		{"no cgroup", specs.Spec{Mounts: mount(), Linux: &specs.Linux{Namespaces: own}}, nil, false},
	} {
		if dir, ok := Delegate(&c.spec, c.dirs); ok != c.want || ok != (dir != "") {
			t.Errorf("%s: got %q, %v", c.name, dir, ok)
		}
	}
}
