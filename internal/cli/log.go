package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// maxMessage bounds what one record says, in bytes: conmon reads a runtime's
// stderr with one read of 8 KiB, and only after the runtime has ended.
const maxMessage = 6000

// logger writes the records of one call.
//
// An engine may parse the whole file as one JSON value, so that a failed call
// leaves exactly one record: warnings are kept back until the call has succeeded.
type logger struct {
	fd        int // of the log file, -1 without one
	json      bool
	debugging bool
	warnNow   bool // a person reads: warnings go to stderr at once
	stderr    io.Writer
	warnings  []string
}

// openLog opens the log file for appending and creates it if there is none. The
// logger is usable, without a file, also if err is not nil.
func openLog(path, format string, stderr io.Writer) (*logger, error) {
	l := &logger{fd: -1, json: format == "json", stderr: stderr}
	if path == "" {
		return l, nil
	}
	// O_NONBLOCK: neither the open of a FIFO that nobody reads nor a write to a
	// full one may hang the runtime.
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND|
		syscall.O_CLOEXEC|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0o644)
	if errors.Is(err, syscall.ENXIO) {
		return l, fmt.Errorf("--log %s: is a socket or a FIFO that nobody reads; a regular file is needed", path)
	}
	if err != nil {
		return l, fmt.Errorf("--log %w", &os.PathError{Op: "open", Path: path, Err: err})
	}
	l.fd = fd
	return l, nil
}

func (l *logger) close() {
	if l.fd >= 0 {
		syscall.Close(l.fd)
		l.fd = -1
	}
}

// warn takes one thing that is asked for and not honoured.
func (l *logger) warn(msg string) {
	if l.warnNow {
		l.write("warning", msg, "")
		return
	}
	l.warnings = append(l.warnings, msg)
}

func (l *logger) debug(format string, args ...any) {
	if l.debugging {
		l.write("debug", fmt.Sprintf(format, args...), "")
	}
}

// flush writes the warnings of a call that has succeeded to the log file.
// Without one they are dropped: stderr may be the container's log.
func (l *logger) flush() {
	if l.fd >= 0 {
		for _, msg := range l.warnings {
			l.write("warning", msg, "")
		}
	}
	l.warnings = nil
}

// fail writes the one record of a call that has failed, and with a log file the
// same text to stderr.
func (l *logger) fail(err error) {
	if l.debugging {
		l.flush()
	}
	msg := oneLine(err.Error())
	l.write("error", msg, errorCode(err))
	if l.fd >= 0 {
		io.WriteString(l.stderr, msg+"\n")
	}
}

// write writes one record with one write(2): callers share log files.
func (l *logger) write(level, msg, code string) {
	rec := record{level, oneLine(msg), time.Now().UTC().Format(time.RFC3339), code}
	var b []byte
	if l.json {
		b = rec.json()
	} else {
		b = rec.text()
	}
	if l.fd < 0 {
		l.stderr.Write(b)
		return
	}
	for {
		// Nothing is left to be told about a log that cannot be written.
		if _, err := syscall.Write(l.fd, b); err != syscall.EINTR {
			return
		}
	}
}

// record is a line of the log.
type record struct {
	Level string `json:"level"`
	Msg   string `json:"msg"`
	Time  string `json:"time"`           // RFC 3339
	Code  string `json:"code,omitempty"` // of an error; see errorCode
}

func (r record) json() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(r) // strings only: cannot fail
	return b.Bytes()
}

func (r record) text() []byte {
	return []byte("time=" + strconv.Quote(r.Time) + " level=" + r.Level + " msg=" + strconv.Quote(r.Msg) + "\n")
}

// oneLine makes a message safe to print: one line, valid UTF-8, of bounded
// length. Names in it come from images and bundles, and a control character must
// neither forge a record nor drive the reader's terminal.
func oneLine(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > maxMessage {
		cut := maxMessage
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + " [cut]"
	}
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("; ")
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// stderrIsRead reports whether stderr is a terminal or a file, where warnings are
// for somebody to read. A pipe or a socket is an engine's: there what a call writes
// that succeeds ends up in the container's own log.
func stderrIsRead() bool {
	var st unix.Stat_t
	if unix.Fstat(2, &st) != nil {
		return false
	}
	kind := st.Mode & unix.S_IFMT
	return kind != unix.S_IFIFO && kind != unix.S_IFSOCK
}
