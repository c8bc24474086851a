package variant

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parse reads one value in GVariant's text form, for instance
//
//	uint64 5   true   'text'   ['a', 'b']   @a(st) []   <int32 7>
//
// A number without a type is an int32, with a point or an exponent a double. What
// D-Bus has no type for (maybe types) is refused.
func Parse(text string) (Value, error) {
	p := &parser{text: text}
	v, err := p.value("", 0)
	if err == nil {
		p.space()
		if p.at < len(p.text) {
			err = fmt.Errorf("%q is behind the value", p.text[p.at:])
		}
	}
	if err != nil {
		return Value{}, fmt.Errorf("%q is not a value in GVariant's text form: %w", text, err)
	}
	return v, nil
}

// keywords are the types that a value can be marked with.
func keyword(word string) string {
	switch word {
	case "boolean":
		return "b"
	case "byte":
		return "y"
	case "int16":
		return "n"
	case "uint16":
		return "q"
	case "int32":
		return "i"
	case "uint32":
		return "u"
	case "int64":
		return "x"
	case "uint64":
		return "t"
	case "handle":
		return "h"
	case "double":
		return "d"
	case "string":
		return "s"
	case "objectpath":
		return "o"
	case "signature":
		return "g"
	}
	return ""
}

type parser struct {
	text string
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

// peek is the next byte behind white space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) expect(c byte) error {
	if p.peek() != c {
		return fmt.Errorf("want %q at %q", c, p.text[p.at:])
	}
	p.at++
	return nil
}

// value reads a value of type want, of any if that is empty.
func (p *parser) value(want string, depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, errors.New("it is nested too deep")
	}
	switch c := p.peek(); {
	case c == 0:
		return Value{}, errors.New("a value is missing")
	case c == '@':
		return p.marked(want, depth)
	case c == '[':
		return p.array(want, depth)
	case c == '(':
		return p.tuple(want, depth)
	case c == '{':
		return p.dictionary(want, depth)
	case c == '<':
		return p.variant(want, depth)
	case c == '\'' || c == '"':
		return p.quoted(want)
	case c == 'b' && p.at+1 < len(p.text) && (p.text[p.at+1] == '\'' || p.text[p.at+1] == '"'):
		return p.bytes(want)
	case c >= 'a' && c <= 'z':
		return p.word(want, depth)
	}
	return p.number(want)
}

func fits(want, have string) error {
	if want != "" && want != have {
		return fmt.Errorf("a value of type %s is where one of type %s is wanted", have, want)
	}
	return nil
}

// marked reads @TYPE VALUE.
func (p *parser) marked(want string, depth int) (Value, error) {
	p.at++
	sig, _, ok := First(p.text[p.at:])
	if !ok {
		return Value{}, fmt.Errorf("no D-Bus type at %q", p.text[p.at:])
	}
	p.at += len(sig)
	if err := fits(want, sig); err != nil {
		return Value{}, err
	}
	return p.value(sig, depth+1)
}

// word reads true, false and a value that is marked with a keyword.
func (p *parser) word(want string, depth int) (Value, error) {
	start := p.at
	for p.at < len(p.text) && (p.text[p.at] >= 'a' && p.text[p.at] <= 'z' || p.text[p.at] >= '0' && p.text[p.at] <= '9') {
		p.at++
	}
	word := p.text[start:p.at]
	switch word {
	case "true", "false":
		return Bool(word == "true"), fits(want, "b")
	case "inf", "nan":
		p.at = start
		return p.number(want)
	}
	sig := keyword(word)
	if sig == "" {
		return Value{}, fmt.Errorf("%q is neither a type nor a value", word)
	}
	if err := fits(want, sig); err != nil {
		return Value{}, err
	}
	return p.value(sig, depth+1)
}

func (p *parser) number(want string) (Value, error) {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r,])}>:", p.text[p.at]) < 0 {
		p.at++
	}
	text := p.text[start:p.at]
	hex := strings.HasPrefix(strings.TrimLeft(text, "+-"), "0x")
	if want == "" {
		want = "i"
		if !hex && strings.ContainsAny(text, ".eEn") {
			want = "d"
		}
	}
	bad := fmt.Errorf("%q is no value of type %s", text, want)
	if want == "d" {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Value{}, bad
		}
		return Value{Type: "d", Num: math.Float64bits(f)}, nil
	}
	bits, signed := width(want)
	if bits == 0 {
		return Value{}, bad
	}
	if signed {
		n, err := strconv.ParseInt(text, 0, bits)
		if err != nil {
			return Value{}, bad
		}
		return Value{Type: want, Num: uint64(n)}, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, bits)
	if err != nil {
		return Value{}, bad
	}
	return Value{Type: want, Num: n}, nil
}

// width is the size of a numeric type in bits, 0 for others.
func width(sig string) (bits int, signed bool) {
	switch sig {
	case "y":
		return 8, false
	case "n":
		return 16, true
	case "q":
		return 16, false
	case "i", "h":
		return 32, true
	case "u":
		return 32, false
	case "x":
		return 64, true
	case "t":
		return 64, false
	}
	return 0, false
}
