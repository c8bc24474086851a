package nsenter

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

func terminalCases(t *testing.T) []opCase {
	peer := join(openPath(1, "/dev/pts/ptmx", abi.ORdwr|abi.ONoctty), plan.Ptpeer(2, 1))
	return []opCase{
		{name: "opens the other end", op: plan.OpPtpeer, ops: join(peer, plan.Arrive("peer", 2), plan.Arrive("master", 1)),
			check: func(t *testing.T, s *session) {
				if _, err := unix.IoctlGetTermios(int(s.files[0].Fd()), unix.TCGETS); err != nil {
					t.Errorf("what arrived is no terminal: %v", err)
				}
			}},
		{name: "refuses another device", op: plan.OpPtpeer, err: unix.EINVAL,
			ops: join(openPath(1, "/dev/null", abi.ORdwr), plan.Ptpeer(2, 1))},
		{name: "refuses a master whose file system is not devpts", op: plan.OpPtpeer, err: unix.EINVAL,
			ops: join(openPath(1, "/dev/ptmx", abi.ORdwr|abi.ONoctty), plan.Ptpeer(2, 1))},
		{name: "refuses the other end", op: plan.OpPtpeer, err: unix.EINVAL,
			ops: join(peer, plan.Ptpeer(3, 2))},
		{name: "refuses an empty slot", op: plan.OpPtpeer, err: unix.EBADF, ops: join(plan.Ptpeer(2, 1))},
		{name: "sets the size", op: plan.OpWinsize,
			ops: join(peer, plan.Winsize(2, 33, 111), plan.Arrive("master", 1), plan.Arrive("x", 2)),
			check: func(t *testing.T, s *session) {
				size, err := unix.IoctlGetWinsize(int(s.files[1].Fd()), unix.TIOCGWINSZ)
				if err != nil || size.Row != 33 || size.Col != 111 {
					t.Errorf("size is %v: %v", size, err)
				}
			}},
		{name: "refuses what is no terminal", op: plan.OpWinsize, err: unix.ENOTTY,
			ops: join(openPath(1, "/etc/passwd", 0), plan.Winsize(1, 1, 1))},
		{name: "becomes the controlling terminal", op: plan.OpCtty,
			ops: join(plan.Setsid(), peer, plan.Ctty(2), plan.Arrive("master", 1), plan.Arrive("peer", 2),
				sh("echo hello >/dev/tty")),
			check: func(t *testing.T, s *session) {
				b := make([]byte, 5)
				if _, err := s.files[0].Read(b); err != nil || string(b) != "hello" {
					t.Errorf("the master read %q: %v", b, err)
				}
			}},
		{name: "needs a session leader", op: plan.OpCtty, err: unix.EPERM,
			ops: join(plan.Setsid(), peer, plan.Ctty(2), openPath(3, "/dev/pts/ptmx", abi.ORdwr|abi.ONoctty),
				plan.Ptpeer(4, 3), plan.Ctty(4))},
		{name: "refuses what is no terminal", op: plan.OpCtty, err: unix.ENOTTY,
			ops: join(plan.Setsid(), openPath(1, os.DevNull, 0), plan.Ctty(1))},
	}
}
