package container

import (
	"strings"
	"testing"

	"rt/libcontainer/host"
)

func TestOnlyControllersThatTheHostHasByThemselvesAreNamedByCgroup(t *testing.T) {
	v1 := &host.Cgroups{Kind: host.KindHybrid, Hierarchies: []host.Hierarchy{
		{Controllers: []string{"pids"}}, {Name: "systemd"}, {V2: true, Controllers: []string{"hugetlb"}},
	}}
	v2 := &host.Cgroups{Kind: host.KindV2, Hierarchies: []host.Hierarchy{{V2: true, Controllers: []string{"pids"}}}}
	for _, c := range []struct {
		host  *host.Cgroups
		value string
		want  string // in the error
	}{
		{v1, "sub", ""},
		{v1, "pids,systemd:sub", ""},
		{v1, "hugetlb:sub", ""},
		{v1, "pids,nowhere:sub", `"nowhere"`},
		{v1, ",pids:sub", `""`},
		{v2, "sub", ""},
		{v2, "pids:sub", "want sub alone"},
	} {
		s, err := subCgroups([]string{c.value})
		if err == nil {
			err = s.check(c.host)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("--cgroup %s: %v, want %q", c.value, err, c.want)
		}
	}
}
