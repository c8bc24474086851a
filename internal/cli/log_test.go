package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rt/libcontainer/spec"
	"rt/libcontainer/state"
)

func TestAFailureLeavesOneRecordInTheLogAndTheSameTextOnStderr(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log.json")
	f := &fakeRuntime{err: errors.New("container does not exist"), warnings: []string{"left out"}}
	r := f.rt(t, "--log", log, "--log-format", "json", "start", "x")
	if r.status != 1 || r.stderr != "container does not exist\n" || r.stdout != "" {
		t.Errorf("%+v", r)
	}
	// The whole file must be one JSON value, not a sequence of them.
	var rec struct {
		Level, Msg string
		Time       time.Time
	}
	if err := json.Unmarshal(read(t, log), &rec); err != nil {
		t.Fatal(err)
	}
	if rec.Level != "error" || rec.Msg != "container does not exist" || time.Since(rec.Time) > time.Minute {
		t.Errorf("%+v", rec)
	}
}

func TestTheLogExistsAfterEveryCall(t *testing.T) {
	for _, line := range []string{"start x", "start --wrong x", "frobnicate", "--wrong", "--help", "--version", "", "start"} {
		log := filepath.Join(t.TempDir(), "log.json")
		f := &fakeRuntime{}
		r := f.rt(t, append([]string{"--log", log, "--log-format", "json"}, strings.Fields(line)...)...)
		b, err := os.ReadFile(log)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if (r.status != 0) != (len(b) > 0) {
			t.Errorf("%q: status %d with log %q", line, r.status, b)
		}
		if fi, err := os.Stat(log); err == nil && fi.Mode().Perm()&^0o644 != 0 {
			t.Errorf("%q: mode %v", line, fi.Mode())
		}
	}
}

func TestTheLogIsAppendedTo(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	f := &fakeRuntime{err: errors.New("no")}
	f.rt(t, "--log", log, "start", "x")
	f.rt(t, "--log", log, "start", "y")
	if n := strings.Count(string(read(t, log)), "level=error msg=\"no\"\n"); n != 2 {
		t.Errorf("%d records", n)
	}
}

func TestWithoutALogTheRecordGoesToStderr(t *testing.T) {
	f := &fakeRuntime{err: errors.New(`no "x"`)}
	if r := f.rt(t, "start", "x"); !strings.HasSuffix(r.stderr, `level=error msg="no \"x\""`+"\n") || !strings.HasPrefix(r.stderr, `time="`) {
		t.Errorf("text: %q", r.stderr)
	}
	r := f.rt(t, "--log-format", "json", "start", "x")
	var rec record
	if err := json.Unmarshal([]byte(r.stderr), &rec); err != nil || rec.Msg != `no "x"` {
		t.Errorf("json: %q %v", r.stderr, err)
	}
}

func TestTheCodeOfAnErrorIsInItsRecord(t *testing.T) {
	interrupted, cancel := context.WithCancelCause(context.Background())
	cancel(context.Canceled)
	for _, tc := range []struct {
		err  error
		code string
	}{
		{fmt.Errorf("start: %w", usageError{"no"}), "usage"},
		{state.ErrNotExist, "not-exist"},
		{state.ErrExists, "exists"},
		{fmt.Errorf("x: %w", state.ErrCorrupt), "corrupt-state"},
		{fmt.Errorf("config.json: %w", &spec.DecodeError{Problem: "no"}), "config-syntax"},
		{interrupted.Err(), "interrupted"},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, "permission"},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}, "no-such-file"},
		{os.NewSyscallError("clone3", syscall.ENOSYS), "unsupported"},
		{os.NewSyscallError("mount", syscall.EBUSY), "system"},
		{errors.New("anything else"), "failed"},
	} {
		f := &fakeRuntime{err: tc.err}
		var rec record
		if err := json.Unmarshal([]byte(f.rt(t, "--log-format", "json", "start", "x").stderr), &rec); err != nil || rec.Code != tc.code {
			t.Errorf("%v: %+v %v, want %s", tc.err, rec, err, tc.code)
		}
	}
}

func TestWarningsOfASuccessGoToTheLogAndNeverToAnEnginesStderr(t *testing.T) {
	f := &fakeRuntime{warnings: []string{"linux.foo: unknown key"}}
	if r := f.rt(t, "create", "x"); r != (result{}) {
		t.Errorf("without a log: %+v", r)
	}
	log := filepath.Join(t.TempDir(), "log")
	if r := f.rt(t, "--log", log, "create", "x"); r != (result{}) {
		t.Errorf("with a log: %+v", r)
	}
	if b := string(read(t, log)); !strings.Contains(b, `level=warning msg="linux.foo: unknown key"`) {
		t.Errorf("log: %q", b)
	}
	if r := f.rt(t, "--debug", "create", "x"); !strings.Contains(r.stderr, "level=warning") || !strings.Contains(r.stderr, "level=debug") {
		t.Errorf("debug: %+v", r)
	}
}

func TestALogThatCannotBeWrittenIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	fifo, sock := filepath.Join(dir, "fifo"), filepath.Join(dir, "sock")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, want := range map[string]string{
		fifo:                          "FIFO that nobody reads",
		sock:                          "socket",
		dir:                           "is a directory",
		filepath.Join(dir, "no", "x"): "no such file or directory",
	} {
		f := &fakeRuntime{}
		done := make(chan result, 1)
		go func() { done <- f.rt(t, "--log", path, "start", "x") }()
		select {
		case r := <-done:
			if r.status != 1 || !strings.Contains(r.stderr, want) || !strings.Contains(r.stderr, path) || f.call != "" {
				t.Errorf("%s: %+v, called %q", path, r, f.call)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: hangs", path)
		}
	}
}

func TestAMessageIsOneHarmlessLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		" a\nb\tc ":                "a; b c",
		"\x1b[31mred\x00":          `\x1b[31mred\x00`,
		"bad\xffutf8":              "bad\uFFFDutf8",
		"näme \u0085 x":            `näme \u0085 x`,
		strings.Repeat("x", 1<<20): strings.Repeat("x", maxMessage) + " [cut]",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%.40q: %.80q, want %.80q", in, got, want)
		}
	}
	if got := oneLine(strings.Repeat("é", maxMessage)); strings.ContainsRune(got, '\uFFFD') || len(got) > maxMessage+6 {
		t.Errorf("a rune was cut in two: %q", got[len(got)-12:])
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
