package nsenter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rt/libcontainer/plan"
	"rt/libcontainer/plan/optable"

	"golang.org/x/sys/unix"
)

// Where package plan puts things; the mutations below aim at them.
const (
	headerSize = 64
	recordSize = 72
	tableOff   = 20
	tableCount = 24
)

// random makes a plan with every operand that the language can say.
func random(r *rand.Rand) *plan.Plan {
	p := &plan.Plan{Slots: make([]string, 1+r.IntN(40))}
	for range r.IntN(12) {
		code := plan.Code(1 + r.IntN(len(optable.Defs)-1))
		def := code.Def()
		op := plan.Op{Code: code, Lane: lane(r, def.Lanes)}
		for _, arg := range def.Args {
			op.Args = append(op.Args, randomArg(r, arg.Kind, len(p.Slots)))
		}
		p.Ops = append(p.Ops, op)
	}
	return p
}

func lane(r *rand.Rand, lanes int) plan.Lane {
	for {
		if l := plan.Lane(1 << r.IntN(3)); int(l)&lanes != 0 {
			return l
		}
	}
}

func randomArg(r *rand.Rand, k optable.Kind, slots int) plan.Arg {
	switch k {
	case optable.Fd, optable.Dst:
		choice := []plan.Slot{plan.Slot(r.IntN(slots)), plan.None, plan.Cwd}
		n := 3
		if k == optable.Dst {
			n = 2
		}
		return plan.Arg{Slot: choice[r.IntN(n)]}
	case optable.Str:
		return plan.Arg{Str: randomString(r)}
	case optable.Strs:
		list := make([]string, r.IntN(5))
		for i := range list {
			list[i] = randomString(r)
		}
		return plan.Arg{List: list}
	case optable.Bytes:
		data := make([]byte, r.IntN(30))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		return plan.Arg{Data: data}
	default:
		return plan.Arg{Num: r.Uint64() >> r.IntN(64)}
	}
}

func randomString(r *rand.Rand) string {
	b := make([]byte, r.IntN(20))
	for i := range b {
		b[i] = byte(1 + r.IntN(255))
	}
	return string(b)
}

// listing is what the stage's dump prints for a plan that Go understands.
func listing(p *plan.Plan, o plan.Options) string {
	var b strings.Builder
	flags := 0
	if o.Trace {
		flags = 1
	}
	fmt.Fprintf(&b, "slots %d flags %d fault %d %d\n", len(p.Slots), flags, o.FaultOp, o.FaultKind)
	for i, op := range p.Ops {
		fmt.Fprintf(&b, "%d %d %d", i, op.Lane, op.Code)
		for j, arg := range op.Code.Def().Args {
			b.WriteString(" " + listArg(arg.Kind, &op.Args[j]))
		}
		b.WriteByte('\n')
	}
	return b.String() + "ok\n"
}

func listArg(k optable.Kind, a *plan.Arg) string {
	switch k {
	case optable.Fd, optable.Dst:
		return fmt.Sprintf("$%d", a.Slot)
	case optable.Str:
		return fmt.Sprintf("\"%x\"", a.Str)
	case optable.Strs:
		var b strings.Builder
		for _, s := range a.List {
			fmt.Fprintf(&b, "\"%x\"", s)
		}
		return "[" + b.String() + "]"
	case optable.Bytes:
		return fmt.Sprintf("<%x>", a.Data)
	default:
		return fmt.Sprint(a.Num)
	}
}

// dump has the sanitized decoder read plans, each from a buffer of its own that is
// exactly as large, and returns what it understood of each.
func dump(t *testing.T, plans [][]byte) []string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"dump"}
	for i, data := range plans {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(hosted, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var all []string
	rest := string(out)
	for rest != "" {
		var one string
		if one, rest = cut(rest); one == "" {
			t.Fatalf("dump stopped in %q", rest)
		}
		all = append(all, one)
	}
	if len(all) != len(plans) {
		t.Fatalf("%d of %d plans were dumped", len(all), len(plans))
	}
	return all
}

// cut takes one plan's listing from the front of s: it ends with a verdict.
func cut(s string) (one, rest string) {
	at := 0
	for line := range strings.Lines(s) {
		at += len(line)
		if line == "ok\n" || line == "malformed\n" {
			return s[:at], s[at:]
		}
	}
	return "", s
}

func seed(t *testing.T) *rand.Rand {
	n := rand.Uint64()
	t.Logf("seed %d", n)
	return rand.New(rand.NewPCG(n, 0))
}

func TestWhatTheStageDecodesEqualsWhatGoEncodes(t *testing.T) {
	r := seed(t)
	var plans [][]byte
	var want []string
	for range 300 {
		p := random(r)
		o := plan.Options{Trace: r.IntN(2) == 0, FaultOp: r.Uint32(), FaultKind: r.Uint32N(4)}
		plans = append(plans, encoded(t, p, o))
		want = append(want, listing(p, o))
	}
	for i, got := range dump(t, plans) {
		if got != want[i] {
			t.Fatalf("the stage understood\n%s, Go\n%s", got, want[i])
		}
	}
}

// mutate damages one thing in an encoded plan; whole is the plan before any damage.
func mutate(r *rand.Rand, data, whole []byte) []byte {
	u := func(at int) int { return int(binary.NativeEndian.Uint32(whole[at:])) }
	op := headerSize
	if nops := u(8); nops > 0 {
		op += recordSize * r.IntN(nops)
	}
	entry := u(tableOff)
	if n := u(tableCount); n > 0 {
		entry += 8 * r.IntN(n)
	}
	value := interesting(r, uint64(len(whole)), uint64(u(32)))
	switch r.IntN(7) {
	case 0: // a field of the header
		damage(data, 4*r.IntN(13), 4, value)
	case 1: // an operand, which is often a string, a list or a buffer
		damage(data, op+8+8*r.IntN(8), 8, value)
	case 2: // a string's offset in a list
		damage(data, entry, 8, value)
	case 3: // the code or the lane
		damage(data, op+r.IntN(3), 1, value)
	case 4: // any byte
		damage(data, r.IntN(len(whole)), 1, value)
	case 5: // any word
		damage(data, 8*r.IntN(len(whole)/8), 8, value)
	case 6: // the end, with the size put right
		data = data[:r.IntN(len(data)+1)]
		damage(data, 36, 4, uint64(len(data)))
	}
	return data
}

// interesting is a number near a limit that the decoder has to keep, or any number.
func interesting(r *rand.Rand, size, pool uint64) uint64 {
	all := []uint64{
		0, 1, 7, 8, 253, 1023, 1024, 1025, 0x7fffffff, 0xfffffffd, 0xfffffffe, 0xffffffff,
		1 << 32, 1<<63 - 1, 1 << 63, ^uint64(0), ^uint64(0) - 7, size, size - 1, pool, pool - 1,
	}
	if r.IntN(4) == 0 {
		return r.Uint64() >> r.IntN(64)
	}
	return all[r.IntN(len(all))]
}

// damage overwrites n bytes at an offset, if data still reaches that far.
func damage(data []byte, at, n int, value uint64) {
	if at+n <= len(data) {
		copy(data[at:at+n], binary.LittleEndian.AppendUint64(nil, value))
	}
}

// A mutated plan never makes the decoder, or a reader of what it gives out, touch
// a byte outside; and what the stage accepts means the same to Go.
func TestMutatedPlansAreRefusedOrUnderstoodAlike(t *testing.T) {
	r := seed(t)
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	accepted := 0
	for range rounds {
		var plans [][]byte
		for range 300 {
			whole := encoded(t, random(r), plan.Options{})
			data := bytes.Clone(whole)
			for range 1 + r.IntN(3) {
				data = mutate(r, data, whole)
			}
			plans = append(plans, data)
		}
		for i, got := range dump(t, plans) {
			accepted += compare(t, plans[i], got)
		}
	}
	if accepted == 0 {
		t.Error("no mutated plan was accepted: the test shows only half of what it should")
	}
}

func compare(t *testing.T, data []byte, got string) int {
	t.Helper()
	p, err := plan.Decode(data)
	if strings.HasSuffix(got, "malformed\n") {
		return 0
	}
	if err != nil {
		t.Fatalf("the stage accepts what Go calls %v:\n%s", err, got)
	}
	u := func(i int) uint32 { return binary.NativeEndian.Uint32(data[4*i:]) }
	want := listing(p, plan.Options{FaultOp: u(11), FaultKind: u(12)})
	_, rest, _ := strings.Cut(want, "\n")
	_, gotRest, _ := strings.Cut(got, "\n")
	if gotRest != rest {
		t.Fatalf("the stage understood\n%s, Go\n%s", gotRest, rest)
	}
	return 1
}

func TestAMalformedPlanIsOneRecordAndNothingRuns(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made")
	good := encoded(t, list(plan.Symlinkat("x", plan.Cwd, made), plan.Fsopen(0, "tmpfs")), plan.Options{})
	second := headerSize + recordSize
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":                   func(b []byte) []byte { return nil },
		"cut":                     func(b []byte) []byte { return b[:len(b)-1] },
		"another version":         func(b []byte) []byte { b[4] = 2; return b },
		"a slot that is not":      func(b []byte) []byte { b[second+8] = slots; return b },
		"the directory to write":  func(b []byte) []byte { put64(b[second+8:], uint64(plan.Cwd)); return b },
		"a string that is not":    func(b []byte) []byte { put64(b[second+16:], uint64(len(b))); return b },
		"code 0":                  func(b []byte) []byte { b[second] = 0; return b },
		"an operation of Go only": func(b []byte) []byte { b[second] = byte(plan.OpPidFile); return b },
		"no lane":                 func(b []byte) []byte { b[second+2] = 0; return b },
		"two lanes":               func(b []byte) []byte { b[second+2] = 3; return b },
		"operations in the table": func(b []byte) []byte { b[8]++; return b },
		"a table in the pool":     func(b []byte) []byte { b[tableOff] += 8; return b },
		"an unaligned pool":       func(b []byte) []byte { b[28]++; b[32]--; return b },
		"a pool without an end":   func(b []byte) []byte { b[len(b)-1] = 'x'; return b },
	} {
		t.Run(name, func(t *testing.T) {
			eachStage(t, func(t *testing.T, path string) {
				s := start(t, path, spoil(bytes.Clone(good)))
				s.wait()
				want := record{Op: noOp, Err: unix.EPROTO}
				if name == "empty" {
					want.Err = unix.EINVAL // of mmap
				}
				if len(s.records) != 1 || s.records[0] != want || s.status.ExitStatus() != 1 {
					t.Errorf("records %+v, status %#x", s.records, s.status)
				}
				if _, err := os.Lstat(made); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("the first operation has run: %v", err)
				}
			})
		})
	}
}

func put64(b []byte, v uint64) { binary.NativeEndian.PutUint64(b, v) }

func TestTheStageRefusesToStartWithoutASocket(t *testing.T) {
	eachStage(t, func(t *testing.T, path string) {
		for _, args := range [][]string{{"rt-init"}, {"rt-init", "x"}, {"rt-init", "-1"}, {"rt-init", "99999999999"},
			{"rt-init", "77"}, {"rt-init", "3", "4"}} {
			cmd := &exec.Cmd{Path: path, Args: args}
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 1 || len(out) > 0 {
				t.Errorf("%q: status %d, output %q", args, cmd.ProcessState.ExitCode(), out)
			}
		}
	})
}
