package seccomp

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// agent listens and gives what one connection brought.
func agent(t *testing.T, path string) <-chan []byte {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	received := make(chan []byte, 1)
	go func() {
		c, err := l.AcceptUnix()
		if err != nil {
			return
		}
		defer c.Close()
		oob := make([]byte, 128)
		data := make([]byte, 1024)
		n, oobn, _, _, err := c.ReadMsgUnix(data, oob)
		if err != nil {
			return
		}
		data = data[:n]
		messages, err := unix.ParseSocketControlMessage(oob[:oobn])
		if err != nil || len(messages) != 1 {
			return
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil || len(fds) != 1 {
			return
		}
		f := os.NewFile(uintptr(fds[0]), "received")
		defer f.Close()
		rest, _ := io.ReadAll(c)
		content, _ := io.ReadAll(f)
		received <- append(append(data, rest...), content...)
	}()
	return received
}

func listener(t *testing.T, content string) int {
	t.Helper()
	fd, err := memory("listener", 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := writeAt(fd, []byte(content)); err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestTheAgentGetsTheWholeStateAndTheDescriptor(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "agent"), "@seccomp-test-" + filepath.Base(t.TempDir()) + time.Now().String()} {
		received := agent(t, path)
		state := bytes.Repeat([]byte("state "), 1<<17) // more than a socket holds
		if err := Send(path, state, listener(t, "filter")); err != nil {
			t.Fatal(err)
		}
		if got := <-received; !bytes.Equal(got, append(state, "filter"...)) {
			t.Errorf("%s: %d bytes arrived", path, len(got))
		}
	}
}

func TestAnAgentThatIsNotThereIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent")
	err := Send(path, []byte("{}"), 0)
	if err == nil || !strings.Contains(err.Error(), "linux.seccomp.listenerPath: connecting to the seccomp agent at \""+path) {
		t.Error(err)
	}
	if err := Send("/"+strings.Repeat("x", 200), []byte("{}"), 0); err == nil {
		t.Error("a path that is too long is no error")
	}
}

func TestAnAgentThatDoesNotReadIsAnErrorInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	const limit = 200 * time.Millisecond
	// The first connection fills the queue and then its buffer, the others wait.
	for range 3 {
		start := time.Now()
		err := send(path, make([]byte, 4<<20), listener(t, ""), limit)
		if err == nil || !strings.Contains(err.Error(), "no answer for 200ms") {
			t.Error(err)
		}
		if took := time.Since(start); took < limit || took > 10*limit {
			t.Errorf("took %v", took)
		}
	}
}

func TestTheProcessStateIsTheSpecs(t *testing.T) {
	state := &specs.State{Version: specs.Version, ID: "c", Status: specs.StateCreating, Pid: 7, Bundle: "/b"}
	data, err := ProcessState(state, 9, "meta")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := `{"fds":["seccompFd"],"metadata":"meta","ociVersion":"` + specs.Version + `","pid":9,` +
		`"state":{"bundle":"/b","id":"c","ociVersion":"` + specs.Version + `","pid":7,"status":"creating"}}`
	if sorted, _ := json.Marshal(got); string(sorted) != want {
		t.Errorf("%s, want %s", sorted, want)
	}
}
