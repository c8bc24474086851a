package launch

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/nsenter"
)

// StageName is part of the path that /proc/PID/exe shows for the stage and init.
const StageName = "rt-init"

// StageTitle is how the command line of a stage, and of init until it executes the
// user's program, begins if its caller is not root. Which program a process executes
// is a secret while it is not dumpable, its command line is not.
func StageTitle(ino uint64) string { return StageName + "@" + strconv.FormatUint(ino, 10) }

func stageTitle(exe *os.File) string {
	if unix.Geteuid() == 0 {
		return StageName
	}
	_, ino := nsenter.Identity(exe)
	return StageTitle(ino)
}

// StageConfig says what a stage inherits and what it can do before it has a plan.
type StageConfig struct {
	Dir        string // to make its program in where files in memory cannot be executed
	Namespaces uint64 // made ahead, by flags of unshare(2): see compile.Ahead
	Preserve   int    // how many descriptors after stderr it inherits
	Trace      *Trace // nil for none
}

// Stage is the process of an init stage that has no plan yet. It has nothing outside of
// itself, and ends if its creator does.
type Stage struct {
	Dev, Ino uint64 // the file that it executes, of which there is one for each container

	pid, sock, plan int
	begun           int // a pipe that ends when the process executes its program
	trace           *Trace
	exe             *os.File
	moved           []int        // descriptors that the process starts with, closed with ours
	failed          func() error // why it could not execute its program, if it has ended
}

// StartStage starts a stage from a sealed copy of its program. It finds the report
// socket, the plan and, when tracing, the trace in the descriptors after the preserved
// ones.
func StartStage(c StageConfig) (*Stage, error) {
	s := &Stage{sock: -1, plan: -1, begun: -1, trace: c.Trace}
	if err := s.start(c); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stage) start(c StageConfig) (err error) {
	if s.exe, err = nsenter.Memfd(c.Dir); err != nil {
		return err
	}
	s.Dev, s.Ino = nsenter.Identity(s.exe)
	if s.plan, err = memory("rt-plan"); err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[1])
	s.sock = pair[0]
	// Each record comes with its sender's pid as this process sees it, so that init
	// is known even if the stage could not report its birth.
	if err := unix.SetsockoptInt(s.sock, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	defer unix.Close(pipe[1])
	s.begun = pipe[0]
	keep := 3 + c.Preserve
	files := []int{pair[1], s.plan}
	if s.trace != nil {
		if err := s.trace.open(); err != nil {
			return err
		}
		files = append(files, s.trace.fd)
	}
	return s.exec(keep, files, strconv.Itoa(keep), strconv.FormatUint(c.Namespaces, 10))
}

// exec starts the process with the descriptors below keep and, after them, files.
func (s *Stage) exec(keep int, files []int, args ...string) error {
	// The child moves files to where some of these may be, and executes one of them.
	free := keep + len(files)
	moved := append(files, int(s.exe.Fd()))
	for i, fd := range moved {
		if fd >= free {
			continue
		}
		above, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, free)
		if err != nil {
			return os.NewSyscallError("fcntl", err)
		}
		s.moved = append(s.moved, above)
		moved[i] = above
	}
	last := len(moved) - 1
	path := "/proc/self/fd/" + strconv.Itoa(moved[last])
	var err error
	s.pid, s.failed, err = spawn(path, append([]string{stageTitle(s.exe)}, args...), keep, moved[:last])
	if err != nil {
		return fmt.Errorf("starting the init stage: %w", err)
	}
	return nil
}

// begin waits until the stage executes its program: only by that can delete tell it from
// others. It has had the time, as a rule.
func (s *Stage) begin() {
	if s == nil || s.begun < 0 {
		return
	}
	var b [1]byte
	for {
		if _, err := unix.Read(s.begun, b[:]); err != unix.EINTR {
			return
		}
	}
}

// give lets the stage begin with the encoded plan of that many operations.
func (r *run) give(s *Stage, plan []byte, ops int) error {
	if err := seal(s.plan, plan); err != nil {
		return err
	}
	if err := s.trace.size(ops); err != nil {
		return err
	}
	err := unix.Sendto(r.sock, []byte{1}, unix.MSG_NOSIGNAL, nil)
	if err == unix.EPIPE || err == unix.ECONNRESET {
		return r.lastWords()
	}
	return os.NewSyscallError("send", err)
}

// Close ends a stage that was not given to Run, and forgets it in any case.
func (s *Stage) Close() {
	if s == nil {
		return
	}
	if s.pid != 0 {
		_ = unix.Kill(s.pid, unix.SIGKILL)
		_, _ = wait(s.pid, 0)
	}
	for _, fd := range append(s.moved, s.sock, s.plan, s.begun) {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	s.pid, s.sock, s.plan, s.begun, s.moved = 0, -1, -1, -1, nil
	if s.exe != nil {
		s.exe.Close()
	}
}
