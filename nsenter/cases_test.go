package nsenter

import (
	"encoding/binary"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
	"rt/libcontainer/plan/optable"
)

// opCase shows one thing that an operation does.
type opCase struct {
	name string
	op   plan.Code // the operation that is shown
	ops  []plan.Op
	// files are released into the slots from 0 on by an operation put in front.
	files []*os.File
	// err is what the operation fails with; 0 is success.
	err syscall.Errno
	// fails is the operation that fails if it is not op.
	fails plan.Code
	// out is part of what the stage or the program that it executes prints.
	out   string
	check func(t *testing.T, s *session)
}

func (c *opCase) plan() *plan.Plan {
	if len(c.files) == 0 {
		return list(c.ops...)
	}
	ops := append([]plan.Op{plan.Release("files", 0, uint64(len(c.files)))}, c.ops...)
	return list(ops...)
}

func (c *opCase) run(t *testing.T, path string) {
	p := c.plan()
	s := start(t, path, encoded(t, p, plan.Options{}))
	if len(c.files) > 0 {
		s.release(0, uint32(len(c.files)), c.files...)
	}
	s.wait()
	c.judge(t, p, s)
	if c.out != "" && !strings.Contains(s.out.String(), c.out) {
		t.Errorf("output %q has no %q", s.out.String(), c.out)
	}
	if c.check != nil && !t.Failed() {
		c.check(t, s)
	}
}

func (c *opCase) judge(t *testing.T, p *plan.Plan, s *session) {
	t.Helper()
	r, failed := s.failure()
	if c.err == 0 {
		if failed {
			t.Fatalf("operation %d (%s) failed: %v", r.Op, p.Text(&p.Ops[r.Op]), r.Err)
		}
		if s.status.ExitStatus() != 0 {
			t.Fatalf("the stage ended with status %#x: %s", s.status, s.out.String())
		}
		return
	}
	if !failed {
		t.Fatalf("nothing failed, want %v; output: %s", c.err, s.out.String())
	}
	want := c.op
	if c.fails != plan.OpInvalid {
		want = c.fails
	}
	if code := p.Ops[r.Op].Code; code != want || r.Err != c.err {
		t.Errorf("%s failed with %v, want %s with %v", code, r.Err, want, c.err)
	}
	if s.status.ExitStatus() != 1 {
		t.Errorf("the stage ended with status %#x, want exit status 1", s.status)
	}
}

func runCases(t *testing.T, cases func(t *testing.T) []opCase) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	eachStage(t, func(t *testing.T, path string) {
		for _, c := range cases(t) {
			t.Run(c.op.String()+" "+c.name, func(t *testing.T) { c.run(t, path) })
		}
	})
}

func TestOperationsOnTheProcess(t *testing.T)    { runCases(t, processCases) }
func TestOperationsOnPrivilege(t *testing.T)     { runCases(t, privilegeCases) }
func TestOperationsOnFiles(t *testing.T)         { runCases(t, fileCases) }
func TestOperationsOnPaths(t *testing.T)         { runCases(t, pathCases) }
func TestOperationsOnMounts(t *testing.T)        { runCases(t, mountCases) }
func TestOperationsOnDirectories(t *testing.T)   { runCases(t, directoryCases) }
func TestOperationsOnTheTerminal(t *testing.T)   { runCases(t, terminalCases) }
func TestOperationsOnTheWayOut(t *testing.T)     { runCases(t, programCases) }
func TestOperationsThatAreMessages(t *testing.T) { runCases(t, messageCases) }

// Every operation of the init lane must be seen to succeed and to fail.
func TestEveryOperationSucceedsOnceAndFailsOnce(t *testing.T) {
	good, bad := map[plan.Code]bool{}, map[plan.Code]bool{}
	for _, cases := range []func(*testing.T) []opCase{
		processCases, privilegeCases, fileCases, pathCases, mountCases, directoryCases,
		terminalCases, programCases, messageCases,
	} {
		for _, c := range cases(t) {
			if c.err == 0 {
				good[c.op] = true
			} else {
				bad[c.op] = true
			}
		}
	}
	// The gate has tests of its own, which open it.
	good[plan.OpGate] = true
	for i, def := range optable.Defs {
		code := plan.Code(i)
		if def.Lanes&(optable.Init|optable.Both) == 0 {
			continue
		}
		if !good[code] {
			t.Errorf("no case shows that %s succeeds", code)
		}
		if !bad[code] {
			t.Errorf("no case shows that %s fails", code)
		}
	}
}

// join makes one list of operations out of operations and lists.
func join(parts ...any) []plan.Op {
	var ops []plan.Op
	for _, part := range parts {
		switch v := part.(type) {
		case plan.Op:
			ops = append(ops, v)
		case []plan.Op:
			ops = append(ops, v...)
		default:
			panic("neither an operation nor a list of them")
		}
	}
	return ops
}

// sh ends a plan with a shell script.
func sh(script string) []plan.Op {
	return join(plan.Program([]string{"/bin/sh"}),
		plan.Execve([]string{"sh", "-c", script}, []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}))
}

// openPath opens a path of the host.
func openPath(dst plan.Slot, path string, flags uint64) plan.Op {
	return plan.Open(dst, plan.Cwd, path, flags, 0, 0)
}

// denied loads a filter under which system call nr fails with err.
func denied(nr uint32, err syscall.Errno) plan.Op {
	return plan.Seccomp(plan.None, 0, filter(
		unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: nr},
		unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ERRNO | uint32(err)},
		unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW},
	))
}

func filter(insns ...unix.SockFilter) []byte {
	var b []byte
	for _, i := range insns {
		b = binary.NativeEndian.AppendUint16(b, i.Code)
		b = append(b, i.Jt, i.Jf)
		b = binary.NativeEndian.AppendUint32(b, i.K)
	}
	return b
}

func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return b
}

var noCapabilities = plan.Capset(0, 0, 0)
