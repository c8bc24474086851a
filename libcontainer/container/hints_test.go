package container

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/launch"
	"rt/libcontainer/plan"
)

func TestACgroupThatTakesNoProcessIsExplained(t *testing.T) {
	op := plan.ForkInto(plan.None)
	for errno, want := range map[unix.Errno]string{
		unix.EBUSY:      "hands controllers to cgroups below it",
		unix.EOPNOTSUPP: "threaded",
		unix.EAGAIN:     "linux.resources.pids.limit",
	} {
		e := &launch.OpError{Op: &op, Err: errno}
		if got := hint(&plan.Plan{Ops: []plan.Op{op}}, e); !strings.Contains(got, want) {
			t.Errorf("%v: got %q, want %q", errno, got, want)
		}
	}
}
