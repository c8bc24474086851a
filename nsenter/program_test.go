package nsenter

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// hook runs a script with state on stdin (slot 0) and its output going to slot 1.
func hook(script string, timeout uint64) plan.Op {
	return plan.Hook("/bin/sh", []string{"hook", "-c", script, "zero", "one"}, []string{"K=v"}, 0, 1, timeout)
}

func programCases(t *testing.T) []opCase {
	return append(hookCases(t), executeCases(t)...)
}

func hookCases(t *testing.T) []opCase {
	state, log := memory(t, []byte("{state}")), memory(t, nil)
	t.Cleanup(func() { state.Close(); log.Close() })
	files := []*os.File{state, log}
	logged := func(want string) func(*testing.T, *session) {
		return func(t *testing.T, s *session) {
			b := make([]byte, 4096)
			n, _ := log.ReadAt(b, 0)
			if err := log.Truncate(0); err != nil {
				t.Fatal(err)
			}
			if _, err := log.Seek(0, 0); err != nil {
				t.Fatal(err)
			}
			if string(b[:n]) != want {
				t.Errorf("hook wrote %q, want %q", b[:n], want)
			}
		}
	}
	value := func(want uint64) func(*testing.T, *session) {
		return func(t *testing.T, s *session) {
			if r, _ := s.failure(); r.Value != want {
				t.Errorf("value is %#x, want %#x", r.Value, want)
			}
		}
	}
	return []opCase{
		{name: "gives state, arguments and environment", op: plan.OpHook, files: files,
			ops:   join(plan.Dup2(0, 9), hook("echo $(cat) $0 $1 $K; [ -e /proc/$$/fd/9 ] || echo err >&2", 0)),
			check: logged("{state} zero one v\nerr\n")},
		{name: "gives each hook the state from its start", op: plan.OpHook, files: files,
			ops: join(hook("cat", 0), hook("cat", 60000)), check: logged("{state}{state}")},
		{name: "reports the exit status", op: plan.OpHook, files: files, err: unix.ECANCELED,
			ops: join(hook("exit 3", 0)), check: value(3 << 8)},
		{name: "reports the signal", op: plan.OpHook, files: files, err: unix.ECANCELED,
			ops: join(hook("kill -9 $$", 0)), check: value(9)},
		{name: "tells a missing program from one that fails", op: plan.OpHook, files: files, err: unix.ENOENT,
			ops:   join(plan.Hook("/none", []string{"x"}, nil, 0, 1, 0)),
			check: value(0)},
		{name: "refuses an empty slot for the state", op: plan.OpHook, err: unix.EBADF,
			ops: join(plan.Hook("/bin/true", []string{"x"}, nil, 5, plan.None, 0))},
		{name: "does without state and output", op: plan.OpHook,
			ops: join(plan.Hook("/bin/true", []string{"x"}, nil, plan.None, plan.None, 0))},
		{name: "does not wait longer than told, and takes its children along", op: plan.OpHook, files: files,
			err: unix.ETIMEDOUT, ops: join(hook("sleep 1000 & echo $! >&2; wait", 300)),
			check: func(t *testing.T, s *session) {
				b := make([]byte, 32)
				n, _ := log.ReadAt(b, 0)
				logged(string(b[:n]))(t, s)
				pid := strings.TrimSpace(string(b[:n]))
				for range 100 {
					stat, err := os.ReadFile("/proc/" + pid + "/stat")
					if err != nil || strings.Contains(string(stat), ") Z ") {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				t.Errorf("the hook's child %q still runs", pid)
			}},
	}
}

func executeCases(t *testing.T) []opCase {
	root := tree(t, "dir d", "file plain", "link loop loop")
	script := filepath.Join(root, "garbage")
	if err := os.WriteFile(script, []byte("\x00garbage"), 0o755); err != nil {
		t.Fatal(err)
	}
	choose := func(names ...string) plan.Op {
		for i, name := range names {
			if name[0] != '/' {
				names[i] = filepath.Join(root, name)
			}
		}
		return plan.Program(names)
	}
	run := plan.Execve([]string{"sh", "-c", "echo ran $0 $K"}, []string{"K=v"})
	return []opCase{
		{name: "takes the first that can be executed", op: plan.OpProgram, out: "ran sh v",
			ops: join(choose("none", "plain", "d", "plain/x", "/bin/sh", "/bin/false"), run)},
		{name: "tells that there is none", op: plan.OpProgram, err: unix.ENOENT,
			ops: join(choose("none", "plain/x"))},
		{name: "tells that one is not executable", op: plan.OpProgram, err: unix.EACCES,
			ops: join(choose("plain", "none"))},
		{name: "tells that one is a directory", op: plan.OpProgram, err: unix.EACCES, ops: join(choose("d"))},
		{name: "passes on other errors", op: plan.OpProgram, err: unix.ELOOP,
			ops: join(choose("loop", "/bin/sh"))},
		{name: "asks as the user", op: plan.OpProgram, err: unix.EACCES,
			ops: join(openPath(1, root, 0), plan.Fchown(1, 0, 0), plan.Setresuid(1234), choose("garbage"))},
		{name: "finds nothing in an empty list", op: plan.OpProgram, err: unix.ENOENT,
			ops: join(plan.Program(nil))},
		{name: "gives arguments and environment", op: plan.OpExecve, out: "ran sh v",
			ops: join(choose("/bin/sh"), run)},
		{name: "tells that the format is wrong", op: plan.OpExecve, err: unix.ENOEXEC,
			ops: join(choose("garbage"), run)},
		{name: "needs a program", op: plan.OpExecve, err: unix.EPROTO, ops: join(run)},
		{name: "refuses an empty slot", op: plan.OpGate, err: unix.EBADF, ops: join(plan.Gate(1))},
	}
}

// openGate is a FIFO as the creator makes it: open in both directions, so that
// neither side blocks and none is told when the other one goes.
func openGate(t *testing.T) *os.File {
	path := filepath.Join(t.TempDir(), "exec.fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestTheGateOpensWithOneByteAndThenCarriesFailures(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		gate := openGate(t)
		p := list(plan.Release("fifo", 1, 1), plan.Gate(1), plan.Program([]string{"/none"}))
		s := start(t, path, encoded(t, p, plan.Options{}))
		s.release(0, 1, gate)
		time.Sleep(50 * time.Millisecond)
		if s.cmd.Process.Signal(unix.Signal(0)) != nil {
			t.Fatal("the stage did not wait at the gate")
		}
		if _, err := gate.Write([]byte{0}); err != nil {
			t.Fatal(err)
		}
		s.wait()
		if len(s.records) != 0 {
			t.Errorf("records %v came over the socket after the gate", s.records)
		}
		b := make([]byte, 64)
		n, err := gate.Read(b)
		if err != nil || n != 16 {
			t.Fatalf("read %d bytes from the gate: %v", n, err)
		}
		if r := decodeRecord(b); r.Op != 2 || r.Err != unix.ENOENT {
			t.Errorf("record is %+v", r)
		}
	})
}

func TestTheGateClosesWhenTheProgramRuns(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		gate := openGate(t)
		p := list(join(plan.Release("fifo", 1, 1), plan.Gate(1), sh("ls -l /proc/$$/fd | grep exec.fifo || echo closed"))...)
		s := start(t, path, encoded(t, p, plan.Options{}))
		s.release(0, 1, gate)
		if _, err := gate.Write([]byte{0}); err != nil {
			t.Fatal(err)
		}
		s.wait()
		if got := strings.TrimSpace(s.out.String()); got != "closed" {
			t.Errorf("the program has %s", got)
		}
	})
}

func messageCases(t *testing.T) []opCase {
	a, b := memory(t, []byte("a")), memory(t, []byte("b"))
	t.Cleanup(func() { a.Close(); b.Close() })
	return []opCase{
		{name: "comes without a descriptor", op: plan.OpArrive, ops: join(plan.Arrive("x", plan.None)),
			check: func(t *testing.T, s *session) {
				if len(s.records) != 1 || s.records[0] != (record{}) || len(s.files) != 0 {
					t.Errorf("records %v", s.records)
				}
			}},
		{name: "does not take an empty slot for none", op: plan.OpArrive, err: unix.EBADF,
			ops: join(plan.Arrive("x", 3))},
		{name: "does not take the working directory for a descriptor", op: plan.OpArrive, err: unix.EBADF,
			ops: join(plan.Arrive("x", plan.Cwd))},
		{name: "brings descriptors", op: plan.OpRelease, files: []*os.File{a, b},
			ops: join(plan.Arrive("x", 1), plan.Arrive("y", 0)),
			check: func(t *testing.T, s *session) {
				for i, want := range []string{"b", "a"} {
					got := make([]byte, 1)
					if _, err := s.files[i].ReadAt(got, 0); err != nil || string(got) != want {
						t.Errorf("descriptor %d reads %q: %v", i, got, err)
					}
				}
			}},
		{name: "refuses slots that do not exist", op: plan.OpRelease, err: unix.EPROTO,
			fails: plan.OpRelease, files: make16(a), ops: nil},
	}
}

// make16 is one descriptor more often than a test's plan has slots.
func make16(f *os.File) []*os.File {
	files := make([]*os.File, slots+1)
	for i := range files {
		files[i] = f
	}
	return files
}

func TestAReleaseMustBeTheOneThatIsWaitedFor(t *testing.T) {
	file := memory(t, nil)
	defer file.Close()
	for name, send := range map[string]func(s *session){
		"another operation":       func(s *session) { s.release(7, 1, file) },
		"another count":           func(s *session) { s.release(1, 2, file) },
		"fewer descriptors":       func(s *session) { s.release(1, 1) },
		"more descriptors":        func(s *session) { s.release(1, 1, file, file) },
		"a message of other size": func(s *session) { unix.Sendmsg(s.sock, make([]byte, 9), nil, nil, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			eachStage(t, func(t *testing.T, path string) {
				p := list(plan.Prctl(abi.PrSetDumpable, 0, 0, 0, 0), plan.Release("x", 0, 1))
				s := start(t, path, encoded(t, p, plan.Options{}))
				send(s)
				s.wait()
				if r, _ := s.failure(); r.Op != 1 || r.Err != unix.EPROTO {
					t.Errorf("record is %+v, want EPROTO at 1", r)
				}
			})
		})
	}
}

func TestTheStageEndsInSilenceWhenItsParentIsGone(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		for _, op := range []plan.Op{plan.Release("x", 0, 0), plan.Arrive("x", plan.None)} {
			s := start(t, path, encoded(t, list(op, plan.Gate(0)), plan.Options{}))
			s.hangUp()
			s.wait()
			if s.status.ExitStatus() != 1 || s.out.Len() > 0 {
				t.Errorf("ended with %#x and wrote %q", s.status, s.out.String())
			}
		}
	})
}

func TestATraceHasTheTimesOfTheInitLane(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		p := list(plan.Umask(0), plan.Umask(0), plan.Close(1))
		p.Ops[1] = plan.SaveState("created")
		p.Ops[1].Lane = plan.Parent
		trace := memory(t, make([]byte, 3*16))
		defer trace.Close()
		s := start(t, path, encoded(t, p, plan.Options{Trace: true}), trace)
		s.wait()
		b := make([]byte, 3*16)
		if _, err := trace.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		at := func(i int) uint64 { return binary.NativeEndian.Uint64(b[8*i:]) }
		if at(0) == 0 || at(1) < at(0) || at(4) < at(1) {
			t.Errorf("times %d %d and then %d do not rise", at(0), at(1), at(4))
		}
		if at(2) != 0 || at(3) != 0 {
			t.Error("an operation of the parent has times")
		}
		if at(5) != 0 {
			t.Error("an operation that failed has an end")
		}
	})
}

func TestATraceThatIsTooSmallIsRefused(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		trace := memory(t, make([]byte, 16))
		defer trace.Close()
		s := start(t, path, encoded(t, list(plan.Umask(0), plan.Umask(0)), plan.Options{Trace: true}), trace)
		s.wait()
		if r, _ := s.failure(); r.Op != noOp || r.Err != unix.EPROTO {
			t.Errorf("record is %+v", r)
		}
	})
}
