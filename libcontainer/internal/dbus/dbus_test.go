package dbus

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/variant"
)

func parse(t *testing.T, text string) variant.Value {
	t.Helper()
	v, err := variant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsEncodedIsDecodedAgain(t *testing.T) {
	for _, text := range []string{
		"byte 7", "true", "int16 -3", "uint16 9", "-5", "uint32 5", "int64 -1", "uint64 18446744073709551615", "1.25",
		"'text'", "objectpath '/a/b'", "signature 'a(ss)'", "@as []", "['a', 'bc', '']", "[(byte 1, uint64 2), (3, 4)]",
		"<<'deep'>>", "{'k': <true>, 'l': <[1, 2]>}", "@a(st) []", "@aat [[1],[]]", "('a', (byte 1, <b'x'>))",
	} {
		v := parse(t, text)
		call := Call{Destination: "a.b", Path: "/x", Interface: "i.f", Method: "M", Args: []variant.Value{{Type: "y", Num: 1}, v}}
		m, err := decode(call.encode(3))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if m.Path != "/x" || m.Interface != "i.f" || m.Member != "M" || len(m.Body) != 2 || !reflect.DeepEqual(m.Body[1], v) {
			t.Errorf("%s: got %+v", text, m)
		}
	}
}

func TestAnEncodedCallHasTheBytesOfTheSpecification(t *testing.T) {
	call := Call{Path: "/", Method: "M", Args: []variant.Value{parse(t, "[uint64 1]")}}
	want := "l\x01\x00\x01" + "\x10\x00\x00\x00" + "\x07\x00\x00\x00" + "\x28\x00\x00\x00" +
		"\x01\x01o\x00\x01\x00\x00\x00/\x00\x00\x00\x00\x00\x00\x00" +
		"\x03\x01s\x00\x01\x00\x00\x00M\x00\x00\x00\x00\x00\x00\x00" +
		"\x08\x01g\x00\x02at\x00" +
		"\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	if got := string(call.encode(7)); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	call := Call{Path: "/", Method: "M", Args: []variant.Value{variant.Of(variant.Array("(sv)")), variant.String("x")}}
	f.Add(call.encode(1))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if (m == nil) != (err != nil) {
			t.Errorf("%v, %v", m, err)
		}
	})
}

// server listens on a socket and answers each connection with what serve does.
func server(t *testing.T, serve func(c *Conn)) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus%1")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 5)); err != nil {
		t.Fatal(err)
	}
	// Closed once nobody accepts from it: the number may be another server's then.
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
		<-ended
		unix.Close(fd)
	})
	go func() {
		defer close(ended)
		for {
			peer, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			if err != nil {
				return
			}
			c := &Conn{fd: peer}
			serve(c)
			c.Close()
		}
	}()
	return "unix:path=" + strings.ReplaceAll(path, "%", "%25") + ",guid=1"
}

// say answers the lines of authentication.
func say(t *testing.T, c *Conn, conversation ...string) {
	for i := 0; i < len(conversation); i += 2 {
		if line, err := c.line(t.Context()); err != nil || strings.TrimPrefix(line, "\x00") != conversation[i] {
			t.Errorf("the client says %q, %v; want %q", line, err, conversation[i])
		}
		if conversation[i+1] != "" {
			_ = c.write(t.Context(), []byte(conversation[i+1]+"\r\n"))
		}
	}
}

func TestTheCallerIsKnownByItsSocketOrElseByItsNumber(t *testing.T) {
	uid := hex.EncodeToString([]byte(strconv.Itoa(os.Geteuid())))
	for name, conversation := range map[string][]string{
		"at once": {"AUTH EXTERNAL", "OK 1", "BEGIN", ""},
		"asked":   {"AUTH EXTERNAL", "DATA", "DATA", "", "BEGIN", "OK 1"},
		"named":   {"AUTH EXTERNAL", "REJECTED EXTERNAL", "AUTH EXTERNAL " + uid, "", "BEGIN", "OK 1"},
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan bool)
			address := server(t, func(c *Conn) { say(t, c, conversation...); close(done) })
			c, err := Dial(t.Context(), address, false)
			if err != nil {
				t.Fatal(err)
			}
			<-done
			c.Close()
		})
	}
	refused := server(t, func(c *Conn) {
		say(t, c, "AUTH EXTERNAL", "REJECTED", "AUTH EXTERNAL "+uid, "REJECTED", "BEGIN", "")
	})
	if _, err := Dial(t.Context(), refused, false); err == nil || !strings.Contains(err.Error(), "refuses this user") {
		t.Errorf("got %v", err)
	}
}

// answer makes an answer or a signal out of a call's bytes.
func answer(kind byte, to uint32, m Call) []byte {
	b := m.encode(99)
	b[1] = kind
	if kind == signal {
		return b
	}
	// A header with REPLY_SERIAL and the signature only.
	e := encoder{[]byte{'l', kind, 0, 1}}
	var body encoder
	sig := ""
	for i := range m.Args {
		body.value(&m.Args[i])
		sig += m.Args[i].Type
	}
	e.u32(uint32(len(body.buf)))
	e.u32(99)
	fields := variant.Array("(yv)",
		variant.Struct(variant.Value{Type: "y", Num: fieldReplySerial}, variant.Of(variant.Uint32(to))),
		variant.Struct(variant.Value{Type: "y", Num: fieldErrorName}, variant.Of(variant.String("a.b.No"))),
		variant.Struct(variant.Value{Type: "y", Num: fieldSignature}, variant.Of(variant.Signature(sig))))
	e.value(&fields)
	e.align(8)
	return append(e.buf, body.buf...)
}

func TestAnswersAndSignalsComeInAnyOrder(t *testing.T) {
	address := server(t, func(c *Conn) {
		say(t, c, "AUTH EXTERNAL", "OK 1", "BEGIN", "")
		for range 2 {
			if _, err := c.receive(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for _, b := range [][]byte{
			answer(signal, 0, Call{Path: "/", Interface: "i", Method: "Other"}),
			answer(signal, 0, Call{Path: "/", Interface: "i", Method: "Done", Args: []variant.Value{variant.String("early")}}),
			answer(methodReturn, 1, Call{Args: []variant.Value{variant.String("yes")}}),
			answer(errorReply, 2, Call{Args: []variant.Value{variant.String("no such thing")}}),
		} {
			_ = c.write(t.Context(), b)
		}
	})
	c, err := Dial(t.Context(), address, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	first, err1 := c.Send(t.Context(), Call{Path: "/", Method: "A"})
	second, err2 := c.Send(t.Context(), Call{Path: "/", Method: "B"})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if body, err := c.Reply(t.Context(), first); err != nil || len(body) != 1 || body[0].Text != "yes" {
		t.Errorf("got %v, %v", body, err)
	}
	if _, err := c.Reply(t.Context(), second); !IsError(err, "a.b.No") || err.Error() != "no such thing" {
		t.Errorf("got %v", err)
	}
	m, err := c.Signal(t.Context(), func(m *Message) bool { return m.Is("i", "Done") })
	if err != nil || m.Body[0].Text != "early" {
		t.Errorf("got %v, %v", m, err)
	}
	if m, err := c.Signal(t.Context(), func(*Message) bool { return true }); err != nil || m.Member != "Other" {
		t.Errorf("what was kept: %v, %v", m, err)
	}
	if _, err := c.Signal(t.Context(), func(*Message) bool { return true }); !errors.Is(err, ErrClosed) {
		t.Errorf("at the end: %v", err)
	}
}

func TestAPeerThatSaysNothingIsNotWaitedForLongerThanAsked(t *testing.T) {
	address := server(t, func(c *Conn) { _ = c.poll(t.Context(), 0) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := Dial(ctx, address, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAddressesNameASocket(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/5")
	for address, want := range map[string]string{
		"unix:path=/a/b":                                 "/a/b",
		"unix:path=/a%20b,guid=12":                       "/a b",
		"unix:abstract=/tmp/x":                           "@/tmp/x",
		"unix:runtime=yes":                               "/run/user/5/bus",
		"tcp:host=x,port=1;unix:guid=1,path=/c":          "/c",
		"unixexec:path=/bin/x;unix:path=/d;unix:path=/e": "/d",
	} {
		if addr, err := socketOf(address); err != nil || addr.Name != want {
			t.Errorf("%s: got %v, %v", address, addr, err)
		}
	}
	for _, address := range []string{"", "tcp:host=x", "unix:", "unix:path=/a%2", "unix:path=/a%zz"} {
		if addr, err := socketOf(address); err == nil {
			t.Errorf("%s: got %v", address, addr)
		}
	}
	if _, err := Dial(t.Context(), "unix:path=/nonexistent/bus", false); !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "/nonexistent/bus") {
		t.Errorf("got %v", err)
	}
}
