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

func TestALabelThatThePolicyDoesNotKnowIsExplained(t *testing.T) {
	for _, op := range []plan.Op{
		plan.WriteAt(plan.None, "self/attr/exec", []byte("u:r:nowhere_t")),
		plan.WriteAt(plan.None, "self/attr/keycreate", []byte("u:r:nowhere_t")),
		plan.Fsset(plan.None, "context", "u:r:nowhere_t"),
		plan.Fsetxattr(plan.None, "security.selinux", []byte("u:r:nowhere_t")),
	} {
		e := &launch.OpError{Op: &op, Err: unix.EINVAL}
		if got := hint(&plan.Plan{Ops: []plan.Op{op}}, e); !strings.Contains(got, "policy of SELinux does not know") {
			t.Errorf("%v: got %q", op.Code, got)
		}
	}
}
