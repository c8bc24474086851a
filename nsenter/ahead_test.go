package nsenter

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

func needsRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// give hands the plan to a stage that was started ahead.
func (s *session) give(program *os.File, ops ...plan.Op) {
	s.t.Helper()
	if _, err := program.WriteAt(encoded(s.t, list(ops...), plan.Options{}), 0); err != nil {
		s.t.Fatal(err)
	}
	if _, err := unix.Write(s.sock, []byte{1}); err != nil {
		s.t.Fatal(err)
	}
}

func TestNamespacesThatWereMadeAheadAreNotMadeAgain(t *testing.T) {
	needsRoot(t)
	const flags = abi.CloneNewUTS | abi.CloneNewPID
	eachStage(t, func(t *testing.T, path string) {
		s, program := startAhead(t, path, flags)
		// A second new pid namespace before a child was born is EINVAL.
		s.give(program, plan.Unshare(flags), plan.Arrive("x", plan.None), plan.Release("y", 0, 0))
		if r, ok := s.receive(); !ok || r.Err != 0 {
			t.Fatalf("got the record %v, %v", r, ok)
		}
		link := fmt.Sprintf("/proc/%d/ns/uts", s.cmd.Process.Pid)
		own, _ := os.Readlink("/proc/self/ns/uts")
		if its, err := os.Readlink(link); err != nil || its == own {
			t.Errorf("its uts namespace is %s, ours is %s: %v", its, own, err)
		}
		s.release(2, 0)
		s.wait()
	})
}

func TestOtherNamespacesThanThoseAheadAreMade(t *testing.T) {
	needsRoot(t)
	eachStage(t, func(t *testing.T, path string) {
		s, program := startAhead(t, path, 0)
		s.give(program, append([]plan.Op{plan.Unshare(abi.CloneNewUTS), plan.Sethostname("inside")}, sh("hostname")...)...)
		s.wait()
		if s.out.String() != "inside\n" {
			t.Errorf("the host name is %q", s.out.String())
		}
	})
}

func TestWhatCannotBeMadeAheadFailsWhereThePlanAsksForIt(t *testing.T) {
	needsRoot(t)
	const none = 1 << 31 // no flag of unshare(2)
	eachStage(t, func(t *testing.T, path string) {
		s, program := startAhead(t, path, none)
		s.give(program, plan.Umask(0), plan.Unshare(none))
		s.wait()
		if r, ok := s.failure(); !ok || r.Op != 1 || r.Err != unix.EINVAL {
			t.Errorf("got %v, %v; want EINVAL of operation 1", r, ok)
		}
	})
}

func TestAStageWithoutAPlanEndsWithItsParent(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		s, _ := startAhead(t, path, 0)
		s.hangUp()
		s.wait()
		if s.status.ExitStatus() != 1 {
			t.Errorf("status %#x", s.status)
		}
	})
}
