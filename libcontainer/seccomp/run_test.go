package seccomp

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func lowered(t *testing.T) *request {
	t.Helper()
	p, err := check(docker(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.lower()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheCompilerAnswersMalformedRequestsWithAnError(t *testing.T) {
	good := lowered(t).data
	cases := map[string][]byte{
		"empty":     nil,
		"truncated": good[:len(good)-1],
		"longer":    append(append([]byte{}, good...), 0),
		"oversized": make([]byte, maxRequest+1),
	}
	for off := range 20 {
		bad := append([]byte{}, good...)
		bad[off] ^= 0xff
		cases["header "+string(rune('a'+off))] = bad
	}
	for name, data := range cases {
		r := &request{profile: lowered(t).profile, data: data}
		if _, err := r.run(""); err == nil && off4to8(good, data) {
			t.Errorf("%s: no error", name)
		} else if err != nil && strings.Contains(err.Error(), "died") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// off4to8 tells whether something but the default action differs: any action might
// be a valid one.
func off4to8(a, b []byte) bool {
	return len(a) != len(b) || string(a[:4]) != string(b[:4]) || string(a[8:]) != string(b[8:])
}

func TestTheCompilerSurvivesRandomDamage(t *testing.T) {
	good := lowered(t).data
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		data := append([]byte{}, good...)
		for range 1 + rng.IntN(8) {
			data[rng.IntN(len(data))] = byte(rng.IntN(256))
		}
		r := lowered(t)
		r.data = data
		if _, err := r.run(""); err != nil && (strings.Contains(err.Error(), "died") || strings.Contains(err.Error(), "exited")) {
			t.Error(err)
		}
	}
}

func TestNonsenseFromTheCompilerIsAnError(t *testing.T) {
	r := lowered(t)
	answer := func(words ...uint32) []byte {
		var data []byte
		for _, w := range words {
			data = binary.NativeEndian.AppendUint32(data, w)
		}
		return data
	}
	for name, out := range map[string][]byte{
		"nothing":        nil,
		"other magic":    answer(1, 0, 0, 0, 0, 0),
		"short":          answer(answerMagic, 0, 0, 0, 0),
		"missing archs":  answer(answerMagic, 0, 0, 0, 2, 0, 7, 7),
		"missing names":  answer(answerMagic, 0, 0, 0, 0, 0x80000000),
		"strange errors": answer(answerMagic, 22, stepRule, 0xffffffff, 0, 0),
	} {
		if _, err := r.decode(out); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestWithoutExecutableMemoryTheCompilerRunsFromAnUnlinkedFile(t *testing.T) {
	dir := t.TempDir()
	fd, err := unlinked(dir, []byte(compilerProgram))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	in, out := pair(t)
	if err := writeAt(in, lowered(t).data); err != nil {
		t.Fatal(err)
	}
	if err := execute(fd, in, out); err != nil {
		t.Fatal(err)
	}
	data, err := contents(out)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := lowered(t).decode(data); err != nil || validProgram(a.program) != nil {
		t.Error(err)
	}
	if _, err := unlinked("", nil); err == nil {
		t.Error("no directory is no error")
	}
}

func pair(t *testing.T) (in, out int) {
	t.Helper()
	var fds [2]int
	for i := range fds {
		fd, err := memory("test", unix.MFD_NOEXEC_SEAL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		fds[i] = fd
	}
	return fds[0], fds[1]
}

func TestCompilingLeavesNoDescriptorsAndNoChildren(t *testing.T) {
	compile(t, docker(t))
	before, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		compile(t, docker(t))
	}
	after, err := os.ReadDir("/proc/self/fd")
	if err != nil || len(after) != len(before) {
		t.Errorf("%d descriptors, %d before: %v", len(after), len(before), err)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("child %d: %v", pid, err)
	}
}
