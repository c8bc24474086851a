package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A DecodeError says where a JSON text cannot be decoded, and why.
type DecodeError struct {
	Path         string // the JSON path of the value, "" at the top
	Offset       int64  // in bytes from the start
	Line, Column int    // both count from 1; columns count bytes
	Problem      string // what is there, and what would be right
}

func (e *DecodeError) Error() string {
	s := e.Problem + " (line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ")"
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

// mismatch records that the value that comes next is not of the kind wanted. A
// value that is not JSON at all is a syntax error instead.
func (l *lexer) mismatch(want string) {
	if l.err != nil {
		return
	}
	start := l.pos
	var got string
	switch c := l.peek(); {
	case c == '{':
		got = "an object"
	case c == '[':
		got = "an array"
	case c == '"':
		got = "the string " + strconv.Quote(excerpt(l.str(), 60))
	case c == '-' || isDigit(c):
		got = "the number " + excerpt(l.number(), 40)
	case c == 't', c == 'f', c == 'n':
		word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[c]
		if l.literal(word) {
			got = word
		}
	default:
		l.syntax(want)
	}
	l.fail(start, "got "+got+", want "+want)
}

// syntax records that the text at the current position is not what the grammar
// of JSON wants there.
func (l *lexer) syntax(want string) {
	if l.pos >= len(l.text) {
		l.fail(l.pos, "got the end of the file, want "+want)
		return
	}
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	l.fail(l.pos, "got "+strconv.QuoteRune(r)+", want "+want)
}

// fail records the first error, at the byte offset given.
func (l *lexer) fail(offset int, problem string) {
	if l.err != nil {
		return
	}
	before := l.text[:min(offset, len(l.text))]
	l.err = &DecodeError{
		Path:    l.where(),
		Offset:  int64(offset),
		Line:    1 + strings.Count(before, "\n"),
		Column:  len(before) - strings.LastIndexByte(before, '\n'),
		Problem: problem,
	}
}
