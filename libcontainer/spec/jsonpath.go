package spec

import (
	"strconv"
	"unicode/utf8"
)

// A step is one hop from a value to a value inside it.
type step struct {
	key   string
	index int
	kind  stepKind
}

type stepKind uint8

const (
	stepNone    stepKind = iota // no member has been named yet
	stepField                   // a member named by the specification: .key
	stepMapKey                  // a member the user names: ["key"]
	stepElement                 // an element of an array: [index]
)

// where is the path of the current value.
func (l *lexer) where() string {
	b := []byte(l.base)
	for _, s := range l.path[1 : l.depth+1] {
		switch {
		case s.kind == stepNone:
		case s.kind == stepElement:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		case s.kind == stepMapKey || !isName(s.key):
			b = append(b, '[')
			b = strconv.AppendQuote(b, excerpt(s.key, 80))
			b = append(b, ']')
		default:
			if len(b) > 0 {
				b = append(b, '.')
			}
			b = append(b, s.key...)
		}
	}
	return string(b)
}

// isName reports whether a key can stand in a path without quotes.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isDigit(c) && c != '_' && c != '-' && (c|0x20 < 'a' || 'z' < c|0x20) {
			return false
		}
	}
	return len(s) <= 80
}

// excerpt shortens s to about n bytes for a message.
func excerpt(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}
