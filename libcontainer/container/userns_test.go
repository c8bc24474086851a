package container

import (
	"reflect"
	"testing"

	"rt/libcontainer/host"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestTheCallersIDIsMappedAmongTheSubordinateOnes(t *testing.T) {
	type m = specs.LinuxIDMapping
	for _, c := range []struct {
		name   string
		id     uint32
		ranges []host.IDRange
		want   []m
	}{
		{"root and no range", 0, nil, []m{{ContainerID: 0, HostID: 1000, Size: 1}}},
		{"a user and no range", 5, nil, []m{{ContainerID: 5, HostID: 1000, Size: 1}}},
		{"root", 0, []host.IDRange{{First: 100000, Count: 10}},
			[]m{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 10}}},
		{"a user", 5, []host.IDRange{{First: 100000, Count: 10}},
			[]m{{ContainerID: 0, HostID: 100000, Size: 5}, {ContainerID: 5, HostID: 1000, Size: 1}, {ContainerID: 6, HostID: 100005, Size: 5}}},
		{"a user beyond the range", 50, []host.IDRange{{First: 100000, Count: 10}},
			[]m{{ContainerID: 0, HostID: 100000, Size: 10}, {ContainerID: 50, HostID: 1000, Size: 1}}},
		{"a user where two ranges meet", 4, []host.IDRange{{First: 100000, Count: 4}, {First: 300000, Count: 2}},
			[]m{{ContainerID: 0, HostID: 100000, Size: 4}, {ContainerID: 4, HostID: 1000, Size: 1}, {ContainerID: 5, HostID: 300000, Size: 2}}},
		{"a range as large as can be", 0, []host.IDRange{{First: 1, Count: 1<<32 - 3}, {First: 1, Count: 9}},
			[]m{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 1, Size: 1<<32 - 3}}},
	} {
		if got := mapAround(c.id, 1000, c.ranges); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestNobodyButAnUnprivilegedCallerGetsAUserNamespace(t *testing.T) {
	s := &specs.Spec{Process: &specs.Process{}}
	if makeUserNS(s, &host.Facts{}) || hasUserNS(s) {
		t.Error("root got one")
	}
	if !makeUserNS(s, &host.Facts{EUID: 4242, EGID: 4343}) || !hasUserNS(s) {
		t.Fatal("a user got none")
	}
	if m := s.Linux.GIDMappings; len(m) == 0 || m[0].HostID != 4343 {
		t.Errorf("groups are mapped as %+v", m)
	}
	if makeUserNS(s, &host.Facts{EUID: 4242}) || len(s.Linux.Namespaces) != 1 {
		t.Error("one was added to a configuration that has one")
	}
}
