package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"rt/libcontainer/plan/optable"
)

// stripped is a plan without what its encoding does not carry: names of slots,
// origins, and whether an empty list or buffer is nil.
func stripped(p *Plan) *Plan {
	out := &Plan{Slots: make([]string, len(p.Slots))}
	for _, op := range p.Ops {
		op.Origin = ""
		op.Args = append([]Arg{}, op.Args...)
		for j := range op.Args {
			if len(op.Args[j].List) == 0 {
				op.Args[j].List = nil
			}
			if len(op.Args[j].Data) == 0 {
				op.Args[j].Data = nil
			}
		}
		out.Ops = append(out.Ops, op)
	}
	return out
}

func encoded(t testing.TB, p *Plan, o Options) []byte {
	t.Helper()
	b, err := p.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// everyOperation has each operation of the language once, with operands that can
// be told apart.
func everyOperation() *Plan {
	p := &Plan{Slots: []string{"a", "b", "c", "d", "e", "f"}}
	for code := 1; code < len(optable.Defs); code++ {
		def := &optable.Defs[code]
		for _, lane := range []Lane{Parent, Init, Both} {
			if int(lane)&def.Lanes == 0 {
				continue
			}
			op := Op{Code: Code(code), Lane: lane, Args: make([]Arg, len(def.Args))}
			for j := range def.Args {
				a := &op.Args[j]
				switch def.Args[j].Kind {
				case optable.Fd, optable.Dst:
					a.Slot = Slot(j % len(p.Slots))
				case optable.Str:
					a.Str = strings.Repeat("s", j+1)
				case optable.Strs:
					a.List = []string{"", "x", strings.Repeat("y", j)}[:j%4]
				case optable.Bytes:
					a.Data = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8}[:j+1]
				default:
					a.Num = 1<<63 + uint64(code)<<8 + uint64(j)
				}
			}
			p.Ops = append(p.Ops, op)
		}
	}
	return p
}

func TestWhatIsEncodedIsDecodedAgain(t *testing.T) {
	for name, p := range map[string]*Plan{"good": good(), "every operation": everyOperation(), "empty": {}} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			first := encoded(t, p, Options{Trace: true, FaultOp: 3, FaultKind: 1})
			got, err := Decode(first)
			if err != nil {
				t.Fatal(err)
			}
			if want := stripped(p); !reflect.DeepEqual(stripped(got).Ops, want.Ops) || len(got.Slots) != len(want.Slots) {
				t.Errorf("got  %s\nwant %s", got, p)
			}
			if again := encoded(t, p, Options{Trace: true, FaultOp: 3, FaultKind: 1}); !bytes.Equal(first, again) {
				t.Error("encoding it twice gives different bytes")
			}
			if again := encoded(t, got, Options{Trace: true, FaultOp: 3, FaultKind: 1}); !bytes.Equal(first, again) {
				t.Error("what is decoded is encoded differently")
			}
		})
	}
}

func TestOptionsOnlyChangeTheHeader(t *testing.T) {
	plain, traced := encoded(t, good(), Options{}), encoded(t, good(), Options{Trace: true, FaultOp: 7, FaultKind: 3})
	if bytes.Equal(plain[:headerSize], traced[:headerSize]) || !bytes.Equal(plain[headerSize:], traced[headerSize:]) {
		t.Error("got the same header or other operations")
	}
}

func TestWhatTheLanguageCannotSayIsNotEncoded(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		change     func(*Plan)
	}{
		{"a NUL byte in a string", "NUL", func(p *Plan) { edit{p, t}.arg(OpConnect, 0, 1).Str = "/a\x00b" }},
		{"a NUL byte in a list", "NUL", func(p *Plan) { edit{p, t}.arg(OpHook, 0, 1).List = []string{"a", "\x00"} }},
		{"an operand too many", "operands", func(p *Plan) { p.Ops[0].Args = make([]Arg, 9) }},
		{"no operation", "operands", func(p *Plan) { p.Ops[0] = Op{} }},
		{"too many slots", "1025 slots, the limit is 1024", func(p *Plan) { p.Slots = make([]string, MaxSlots+1) }},
		{"too much data", "the limit is 67108864", func(p *Plan) { edit{p, t}.arg(OpSeccomp, 0, 2).Data = make([]byte, maxSize) }},
	} {
		t.Run(strings.ReplaceAll(tc.name, " ", "_"), func(t *testing.T) {
			p := good()
			tc.change(p)
			if _, err := p.Encode(Options{}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// TestNoChangedByteIsFatal changes every byte of an encoded plan in several ways:
// Decode answers with a plan that can be encoded again, or with ErrMalformed.
func TestNoChangedByteIsFatal(t *testing.T) {
	b := encoded(t, few(), Options{})
	for i := range b {
		old := b[i]
		for _, v := range []byte{0, 0x7f, 0xff, old + 1, old - 1, old ^ 0x80} {
			b[i] = v
			checkDecoded(t, b)
		}
		b[i] = old
	}
	for n := range b {
		if _, err := Decode(b[:n]); !errors.Is(err, ErrMalformed) {
			t.Fatalf("the first %d of %d bytes: got %v", n, len(b), err)
		}
	}
}

// few is a plan with each kind of operand.
func few() *Plan {
	all, p := good(), good()
	p.Ops = nil
	for _, code := range []Code{OpMkpath, OpRelease, OpArrive, OpHook, OpSeccomp, OpOpen, OpExecve} {
		p.Ops = append(p.Ops, all.Ops[all.last(code)])
	}
	return p
}

// checkDecoded decodes any bytes. A plan that comes out can be looked at, and says
// the same when it is encoded and decoded again.
func checkDecoded(t *testing.T, b []byte) {
	t.Helper()
	p, err := Decode(b)
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("got %v, want ErrMalformed", err)
		}
		return
	}
	_ = p.Verify()
	again, err := Decode(encoded(t, p, Options{}))
	if err != nil || !reflect.DeepEqual(stripped(again), stripped(p)) {
		t.Fatalf("decoded, encoded and decoded it is something else: %v\n%s\n%s", err, p, again)
	}
}

func TestSectionsLieInOrder(t *testing.T) {
	b := encoded(t, good(), Options{})
	for name, change := range map[string]func([]byte){
		"the table over the operations": func(b []byte) { order.PutUint32(b[4*5:], headerSize) },
		"the pool over the table":       func(b []byte) { order.PutUint32(b[4*7:], order.Uint32(b[4*5:])) },
		"the operations in the header":  func(b []byte) { order.PutUint32(b[4*4:], 8) },
		"a list that leads nowhere":     func(b []byte) { order.PutUint64(b[order.Uint32(b[4*5:]):], 1<<40) },
	} {
		c := bytes.Clone(b)
		change(c)
		if _, err := Decode(c); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, few(), Options{}))
	f.Add(encoded(f, &Plan{Slots: []string{"a"}, Ops: everyOperation().Ops[:3]}, Options{Trace: true}))
	f.Add(encoded(f, &Plan{}, Options{}))
	f.Fuzz(checkDecoded)
}

// FuzzEncode makes plans that are well formed and mean nothing.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), uint16(3))
	f.Add(bytes.Repeat([]byte{0x2c, 3, 'a', 0, 9, 200}, 50), uint16(MaxSlots))
	f.Fuzz(func(t *testing.T, data []byte, slots uint16) {
		p := arbitrary(data, int(slots))
		nul := false
		for i := range p.Ops {
			for _, a := range p.Ops[i].Args {
				nul = nul || strings.Contains(a.Str+strings.Join(a.List, ""), "\x00")
			}
		}
		b, err := p.Encode(Options{})
		if refused := nul || len(p.Slots) > MaxSlots; refused != (err != nil) {
			t.Fatalf("got %v for a plan that should be refused: %t", err, refused)
		}
		if err != nil {
			return
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(stripped(got), stripped(p)) {
			t.Fatalf("got  %s\nwant %s", got, p)
		}
		_ = got.Verify()
	})
}

// arbitrary turns bytes into operations whose operands are of the right kind.
func arbitrary(data []byte, slots int) *Plan {
	p := &Plan{Slots: make([]string, slots)}
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		c := data[0]
		data = data[1:]
		return c
	}
	str := func() string {
		n := min(int(next())%40, len(data))
		s := string(data[:n])
		data = data[n:]
		return s
	}
	for len(data) > 0 && len(p.Ops) < 1000 {
		op := Op{Code: Code(1 + int(next())%(len(optable.Defs)-1))}
		def := op.Code.Def()
		for op.Lane = 1 << (next() % 3); int(op.Lane)&def.Lanes == 0; {
			op.Lane = op.Lane<<1 | op.Lane>>2
			op.Lane &= 7
		}
		op.Args = make([]Arg, len(def.Args))
		for j := range def.Args {
			a := &op.Args[j]
			switch def.Args[j].Kind {
			case optable.Fd, optable.Dst:
				if a.Slot = None; slots > 0 && slots <= MaxSlots {
					a.Slot = Slot(int(next()) % slots)
				}
			case optable.Str:
				a.Str = str()
			case optable.Strs:
				for range next() % 4 {
					a.List = append(a.List, str())
				}
			case optable.Bytes:
				a.Data = []byte(str())
			default:
				a.Num = uint64(next()) << (next() % 64)
			}
		}
		p.Ops = append(p.Ops, op)
	}
	return p
}

func TestAListingHasOneLineForEachOperation(t *testing.T) {
	p := good()
	p.Ops[1].Origin = "process.args"
	lines := strings.Split(strings.TrimSuffix(p.String(), "\n"), "\n")
	if len(lines) != len(p.Ops) {
		t.Fatalf("got %d lines for %d operations", len(lines), len(p.Ops))
	}
	for i, want := range map[int]string{
		0: `  0 parent connect dst=$socket path="/run/console"`,
		1: `  1 parent spawn                                                         ; process.args`,
		5: `  5 both   release name="namespaces" first=$ns count=1`,
		8: `  8 init   unshare flags=0x10000000`,
	} {
		if lines[i] != want {
			t.Errorf("line %d:\n got %s\nwant %s", i, lines[i], want)
		}
	}
}

func TestAListingShortensWhatIsLong(t *testing.T) {
	p := &Plan{Ops: []Op{
		Write(Cwd, bytes.Repeat([]byte{1}, 100)), Write(None, []byte("text")), Write(Slot(7), nil),
		Sethostname(strings.Repeat("h", 500)),
	}}
	for i, want := range []string{
		"write fd=cwd data=<100 bytes 01010101010101010101010101010101...>", `write fd=none data="text"`, "write fd=$7 data=<>",
		`sethostname name="` + strings.Repeat("h", longest) + `"...`,
	} {
		if got := p.Text(&p.Ops[i]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestJSONHasTheOperandsByName(t *testing.T) {
	p := everyOperation()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var ops []struct {
		Index    int
		Lane, Op string
		Args     map[string]any
	}
	if err := json.Unmarshal(b, &ops); err != nil {
		t.Fatal(err)
	}
	if len(ops) != len(p.Ops) {
		t.Fatalf("got %d operations, want %d", len(ops), len(p.Ops))
	}
	for i, op := range ops {
		def := p.Ops[i].Code.Def()
		if op.Index != i || op.Op != def.Name || op.Lane != p.Ops[i].Lane.String() || len(op.Args) != len(def.Args) {
			t.Errorf("got %+v for %s", op, p.Text(&p.Ops[i]))
		}
	}
}

// TestEveryDefinitionFitsTheRecord also finds generated codes that are out of step
// with the table.
func TestEveryDefinitionFitsTheRecord(t *testing.T) {
	for code, def := range optable.Defs {
		words := 0
		for _, a := range def.Args {
			words += a.Kind.Words()
		}
		if words > optable.MaxWords {
			t.Errorf("%s takes %d words, a record has %d", def.Name, words, optable.MaxWords)
		}
		if (code == 0) != (def.Lanes == 0) {
			t.Errorf("%s is in the lanes %d", def.Name, def.Lanes)
		}
		if Code(code).String() != def.Name {
			t.Errorf("code %d is called %s, want %s", code, Code(code), def.Name)
		}
	}
	if OpPidFile.String() != "pid_file" || Code(60000).String() != "invalid" {
		t.Error("codes and definitions are out of step")
	}
}
