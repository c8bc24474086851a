package nsenter

import (
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// The sanitized stage always has the fault hooks; the embedded one has them under
// the build tag faults.

func TestAFaultFailsTheOperationItNames(t *testing.T) {
	p := list(plan.Umask(0), plan.Umask(0), plan.Umask(0))
	s := start(t, hosted, encoded(t, p, plan.Options{FaultOp: 1, FaultKind: 1}))
	s.wait()
	if r, _ := s.failure(); r.Op != 1 || r.Err != unix.EIO {
		t.Errorf("record is %+v", r)
	}
}

func TestAFaultKillsTheStageWithoutAWord(t *testing.T) {
	p := list(plan.Umask(0), plan.Umask(0))
	s := start(t, hosted, encoded(t, p, plan.Options{FaultOp: 1, FaultKind: 3}))
	s.wait()
	if len(s.records) != 0 || s.status.Signal() != unix.SIGKILL {
		t.Errorf("records %v, status %#x", s.records, s.status)
	}
}

func TestAFaultKillsEvenTheFirstProcessOfAPidNamespace(t *testing.T) {
	if unix.Geteuid() != 0 {
		t.Skip("needs root")
	}
	p := list(plan.Unshare(abi.CloneNewPID), plan.ForkInto(plan.None), plan.Umask(0), plan.Gate(0))
	s := start(t, hosted, encoded(t, p, plan.Options{FaultOp: 2, FaultKind: 3}))
	s.wait()
	if status := forked(t, s); status.ExitStatus() != 137 {
		t.Errorf("init ended with %#x", status)
	}
}
