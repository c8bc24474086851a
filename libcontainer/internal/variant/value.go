// Package variant has the values that D-Bus messages are made of, and reads them
// from the text form that GVariant has for them.
package variant

import (
	"math"
	"strings"
)

// Value is one value of a complete type.
type Value struct {
	Type  string  // D-Bus signature of a single complete type
	Num   uint64  // of y b n q i u x t h; two's complement; for d the bits
	Text  string  // of s o g
	Elems []Value // of an array, a struct or a dictionary entry; a variant has one
}

// Uint64 is a t.
func Uint64(n uint64) Value { return Value{Type: "t", Num: n} }

// Uint32 is a u.
func Uint32(n uint32) Value { return Value{Type: "u", Num: uint64(n)} }

// Bool is a b.
func Bool(b bool) Value {
	v := Value{Type: "b"}
	if b {
		v.Num = 1
	}
	return v
}

// String is an s.
func String(s string) Value { return Value{Type: "s", Text: s} }

// Path is an o.
func Path(s string) Value { return Value{Type: "o", Text: s} }

// Signature is a g.
func Signature(s string) Value { return Value{Type: "g", Text: s} }

// Of wraps a value in a v.
func Of(v Value) Value { return Value{Type: "v", Elems: []Value{v}} }

// Struct is a ( of any members.
func Struct(members ...Value) Value {
	var b strings.Builder
	b.WriteByte('(')
	for i := range members {
		b.WriteString(members[i].Type)
	}
	b.WriteByte(')')
	return Value{Type: b.String(), Elems: members}
}

// Array is an a of elements of one type, which may be none.
func Array(element string, elems ...Value) Value {
	return Value{Type: "a" + element, Elems: elems}
}

// Seconds turns a number of seconds into one of microseconds, a t; ok is false for
// what is no number, is negative or is too large.
func Seconds(v Value) (usec Value, ok bool) {
	const million = 1000000
	switch v.Type {
	case "d":
		f := math.Float64frombits(v.Num) * million
		if !(f >= 0 && f < math.MaxUint64) {
			return v, false
		}
		return Uint64(uint64(f)), true
	case "n", "i", "x":
		if int64(v.Num) < 0 {
			return v, false
		}
	case "y", "q", "u", "t":
	default:
		return v, false
	}
	if v.Num > math.MaxUint64/million {
		return v, false
	}
	return Uint64(v.Num * million), true
}

// maxDepth is how deep types may be nested, in a signature and in a text. D-Bus
// allows 32 levels of arrays and 32 of structs.
const maxDepth = 32

// First splits a signature behind its first complete type; ok is false if it has
// none.
func First(sig string) (first, rest string, ok bool) {
	n := complete(sig, 0)
	if n == 0 {
		return "", sig, false
	}
	return sig[:n], sig[n:], true
}

// complete is the length of the first complete type, 0 if there is none.
func complete(sig string, depth int) int {
	if sig == "" || depth > maxDepth {
		return 0
	}
	switch c := sig[0]; c {
	case 'a':
		if n := complete(sig[1:], depth+1); n > 0 {
			return 1 + n
		}
	case '(', '{':
		end := byte(')')
		if c == '{' {
			end = '}'
		}
		for at, members := 1, 0; at < len(sig); members++ {
			if sig[at] == end && (c == '(' && members > 0 || c == '{' && members == 2) {
				return at + 1
			}
			n := complete(sig[at:], depth+1)
			if n == 0 {
				return 0
			}
			at += n
		}
	default:
		if strings.IndexByte("ybnqiuxtdsogvh", c) >= 0 {
			return 1
		}
	}
	return 0
}
