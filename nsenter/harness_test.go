package nsenter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// hosted is the stage built with the sanitizers; TestMain makes it.
var hosted string

// sanitizerExit is the exit status of a stage in which a sanitizer found something.
const sanitizerExit = 99

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "nsenter-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	hosted = filepath.Join(dir, "hosted")
	build := exec.Command("../scripts/build-nsenter.sh", "hosted", hosted)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the stage with sanitizers: %v\n%s", err, out)
		return 1
	}
	os.Setenv("ASAN_OPTIONS", fmt.Sprintf("detect_leaks=0:exitcode=%d", sanitizerExit))
	os.Setenv("UBSAN_OPTIONS", fmt.Sprintf("print_stacktrace=1:exitcode=%d", sanitizerExit))
	return m.Run()
}

// record is what the stage sends to its parent.
type record struct {
	Op    uint32
	Err   syscall.Errno
	Value uint64
}

const noOp = 0xffffffff

func decodeRecord(b []byte) record {
	return record{
		Op:    binary.NativeEndian.Uint32(b),
		Err:   syscall.Errno(binary.NativeEndian.Uint32(b[4:])),
		Value: binary.NativeEndian.Uint64(b[8:]),
	}
}

// session is one run of the stage.
type session struct {
	t       testing.TB
	cmd     *exec.Cmd
	sock    int
	out     bytes.Buffer
	records []record
	files   []*os.File // descriptors that arrived, in order
	status  syscall.WaitStatus
}

// slots is how many slots a test's plan has.
const slots = 16

// list makes a plan of operations in the lane that the stage runs.
func list(ops ...plan.Op) *plan.Plan {
	p := &plan.Plan{Slots: make([]string, slots)}
	for _, op := range ops {
		op.Lane = plan.Init
		if op.Code == plan.OpArrive || op.Code == plan.OpRelease {
			op.Lane = plan.Both
		}
		p.Ops = append(p.Ops, op)
	}
	return p
}

// memory is a file in memory with that content.
func memory(t testing.TB, data []byte) *os.File {
	t.Helper()
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "memfd")
	if _, err := f.WriteAt(data, 0); err != nil {
		t.Fatal(err)
	}
	return f
}

// encoded is the plan as the stage reads it.
func encoded(t testing.TB, p *plan.Plan, o plan.Options) []byte {
	t.Helper()
	data, err := p.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// start runs the stage at path with an encoded plan; the test speaks for the parent.
func start(t testing.TB, path string, data []byte, extra ...*os.File) *session {
	t.Helper()
	program := memory(t, data)
	defer program.Close()
	return startWith(t, path, program, []string{"3"}, extra...)
}

// startAhead runs it with these flags of namespaces and a plan that it has to wait for.
func startAhead(t testing.TB, path string, flags uint64) (*session, *os.File) {
	t.Helper()
	program := memory(t, nil)
	t.Cleanup(func() { program.Close() })
	return startWith(t, path, program, []string{"3", strconv.FormatUint(flags, 10)}), program
}

func startWith(t testing.TB, path string, program *os.File, args []string, extra ...*os.File) *session {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	limit := unix.Timeval{Sec: 20}
	if err := unix.SetsockoptTimeval(pair[0], unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, sock: pair[0]}
	theirs := os.NewFile(uintptr(pair[1]), "report")
	defer theirs.Close()
	s.cmd = &exec.Cmd{
		Path:       path,
		Args:       append([]string{"rt-init"}, args...),
		ExtraFiles: append([]*os.File{theirs, program}, extra...),
		Stdout:     &s.out,
		Stderr:     &s.out,
		WaitDelay:  5 * time.Second,
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.cleanup)
	return s
}

func (s *session) cleanup() {
	s.hangUp()
	s.cmd.Process.Kill()
	for _, f := range s.files {
		f.Close()
	}
}

// release answers the release at index op with files.
func (s *session) release(op, count uint32, files ...*os.File) {
	s.t.Helper()
	msg := binary.NativeEndian.AppendUint32(nil, op)
	msg = binary.NativeEndian.AppendUint32(msg, count)
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = unix.UnixRights(fds...)
	}
	if err := unix.Sendmsg(s.sock, msg, rights, nil, unix.MSG_NOSIGNAL); err != nil {
		s.t.Fatal(err)
	}
}

// receive waits for one record; ok is false when the stage has closed its socket.
func (s *session) receive() (r record, ok bool) {
	s.t.Helper()
	buf, oob := make([]byte, 64), make([]byte, 64)
	n, oobn, _, _, err := unix.Recvmsg(s.sock, buf, oob, unix.MSG_CMSG_CLOEXEC)
	for err == unix.EINTR {
		n, oobn, _, _, err = unix.Recvmsg(s.sock, buf, oob, unix.MSG_CMSG_CLOEXEC)
	}
	if err == unix.ECONNRESET || (err == nil && n == 0) {
		return record{}, false
	}
	if err != nil {
		s.t.Fatalf("waiting for the stage: %v; output: %s", err, s.out.String())
	}
	if n != 16 {
		s.t.Fatalf("record of %d bytes", n)
	}
	if oobn > 0 {
		s.keep(oob[:oobn])
	}
	r = decodeRecord(buf)
	s.records = append(s.records, r)
	return r, true
}

func (s *session) keep(oob []byte) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		s.t.Fatal(err)
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, fd := range fds {
		s.files = append(s.files, os.NewFile(uintptr(fd), "arrived"))
	}
}

// hangUp closes the parent's end of the socket.
func (s *session) hangUp() {
	if s.sock >= 0 {
		unix.Close(s.sock)
		s.sock = -1
	}
}

// wait takes all records and reaps the stage.
func (s *session) wait() {
	s.t.Helper()
	for s.sock >= 0 {
		if _, ok := s.receive(); !ok {
			break
		}
	}
	err := s.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	s.status = s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	out := s.out.String()
	if s.status.ExitStatus() == sanitizerExit || strings.Contains(out, "Sanitizer") {
		s.t.Fatalf("a sanitizer stopped the stage:\n%s", out)
	}
}

// failure is the record of the operation that failed, if one did.
func (s *session) failure() (record, bool) {
	for _, r := range s.records {
		if r.Err != 0 {
			return r, true
		}
	}
	return record{}, false
}

// eachStage runs f with the sanitized stage and with the one that is embedded.
func eachStage(t *testing.T, f func(t *testing.T, path string)) {
	t.Run("sanitized", func(t *testing.T) { f(t, hosted) })
	t.Run("embedded", func(t *testing.T) {
		file, err := Memfd(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		f(t, fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), file.Fd()))
	})
}
