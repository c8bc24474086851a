package variant

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestTextsBecomeTheValuesThatGLibReads(t *testing.T) {
	num := func(sig string, n uint64) Value { return Value{Type: sig, Num: n} }
	for text, want := range map[string]Value{
		"5":                            num("i", 5),
		" -5 ":                         num("i", uint64(math.MaxUint64-4)),
		"0x10":                         num("i", 16),
		"uint64 10000000":              Uint64(10000000),
		"uint64 0xffffffffffffffff":    Uint64(math.MaxUint64),
		"byte 0xff":                    num("y", 255),
		"int16 -1":                     num("n", math.MaxUint64),
		"1.5":                          num("d", math.Float64bits(1.5)),
		"double 2":                     num("d", math.Float64bits(2)),
		"true":                         Bool(true),
		"boolean false":                Bool(false),
		"'x'":                          String("x"),
		`"it's"`:                       String("it's"),
		`'a\'\n\u00e9\\'`:              String("a'\né\\"),
		"objectpath '/a/b_1'":          Path("/a/b_1"),
		"signature 'a(ss)'":            Signature("a(ss)"),
		"['crio.service']":             Array("s", String("crio.service")),
		"['a', 'b',]":                  Array("s", String("a"), String("b")),
		"[1, uint64 2]":                Array("t", Uint64(1), Uint64(2)),
		"@as []":                       Array("s"),
		"@a(st) []":                    Array("(st)"),
		"@at [1, 2]":                   Array("t", Uint64(1), Uint64(2)),
		"[('/dev/null', 'rwm')]":       Array("(ss)", Struct(String("/dev/null"), String("rwm"))),
		"('a', uint32 7)":              Struct(String("a"), Uint32(7)),
		"@(st) ('a', 7)":               Struct(String("a"), Uint64(7)),
		"<int32 7>":                    Of(num("i", 7)),
		"{'k': <true>}":                Array("{sv}", Value{Type: "{sv}", Elems: []Value{String("k"), Of(Bool(true))}}),
		"@a{sv} {}":                    Array("{sv}"),
		`b'a\001'`:                     Array("y", num("y", 'a'), num("y", 1), num("y", 0)),
		"[[1], @ax [2]]":               Array("ax", Array("x", num("x", 1)), Array("x", num("x", 2))),
		"@(s(tb)) ('a', (1, true))":    Struct(String("a"), Struct(Uint64(1), Bool(true))),
		"[(uint64 1, ' '), (2, \"\")]": Array("(ts)", Struct(Uint64(1), String(" ")), Struct(Uint64(2), String(""))),
	} {
		if text == "[(uint64 1, ' '), (2, \"\")]" {
			// GLib unifies members of tuples too; here the first tuple tells.
			want.Elems[1].Elems[0].Num = 2
		}
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

func TestTextsThatAreNoValueAreRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "x", "'a", `'a\`, "[1", "[1 2]", "[]", "{}", "()", "(1", "<1", "5 6", "uint64 -1", "byte 256", "uint64 'a'",
		"objectpath 'a'", "objectpath '/a/'", "signature '('", "[1, 'a']", "@s 5", "@q", "@mi nothing", "nothing", "just 5",
		"'\x00'", "'\xff'", "{'a' 5}", "{'a': 5, 'b': 'c'}", "@(ss) ('a')", "@(s) ('a', 'b')", `'\u12'`, `'\U00110000'`,
		strings.Repeat("[", 100), strings.Repeat("<", 100) + "1" + strings.Repeat(">", 100), "@" + strings.Repeat("a", 100) + "i []",
	} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%.40q: got %+v", text, v)
		}
	}
}

func TestSecondsBecomeMicroseconds(t *testing.T) {
	for text, want := range map[string]uint64{"5": 5e6, "uint64 1": 1e6, "1.5": 15e5, "byte 2": 2e6, "0": 0} {
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Seconds(v); !ok || !reflect.DeepEqual(got, Uint64(want)) {
			t.Errorf("%s: got %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"-1", "'5'", "uint64 0xffffffffffffffff", "-0.5", "1e300", "nan", "true"} {
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Seconds(v); ok {
			t.Errorf("%s: got %+v", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"uint64 5", "[('a', 'b')]", "{'k': <true>}", "@a(st) []", "b'x'", "1.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		if _, rest, ok := First(v.Type); !ok || rest != "" {
			t.Errorf("%q has type %q", text, v.Type)
		}
	})
}
