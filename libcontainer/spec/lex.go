package spec

import (
	"strconv"
	"strings"
)

// maxDepth bounds the nesting of objects and arrays. The deepest member the
// specification defines is at level 7; a document nested without bound would
// exhaust the stack.
const maxDepth = 64

// maxCount bounds what count returns.
const maxCount = 1024

// A lexer reads one JSON text (RFC 8259) that has been checked to be UTF-8.
// The first error sticks: from then on every method returns a zero value and
// every loop over members or elements ends.
type lexer struct {
	text  string
	pos   int
	depth int
	// fresh: the object or array just opened has had no member yet, so
	// that no comma is due.
	fresh bool
	// nul: a string read since it was last cleared contains a NUL byte.
	nul  bool
	base string
	path []step // path[depth] leads to the current value; path[0] is not used
	err  *DecodeError
}

// peek skips white space and returns the next byte without consuming it, 0 at
// the end of the text or after an error.
func (l *lexer) peek() byte {
	if l.err != nil {
		return 0
	}
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; c {
		case ' ', '\t', '\n', '\r':
			l.pos++
		default:
			return c
		}
	}
	return 0
}

// open consumes the bracket of an object or an array.
func (l *lexer) open(bracket byte) {
	if c := l.peek(); c != bracket {
		if bracket == '{' {
			l.mismatch("an object")
		} else {
			l.mismatch("an array")
		}
		return
	}
	if l.depth >= maxDepth {
		l.fail(l.pos, "nested deeper than the limit of "+strconv.Itoa(maxDepth)+" levels")
		return
	}
	l.pos++
	l.depth++
	l.fresh = true
	for l.depth >= len(l.path) {
		l.path = append(l.path, step{})
	}
}

// next consumes what stands between two members and reports whether there is
// another one; the closing bracket is consumed with the last.
func (l *lexer) next(closing byte) bool {
	c := l.peek()
	switch {
	case l.err != nil:
		return false
	case c == closing:
		l.pos++
		l.depth--
		l.fresh = false
		return false
	case l.fresh:
		l.fresh = false
		return true
	case c != ',':
		l.syntax("',' or '" + string(closing) + "'")
		return false
	}
	l.pos++
	return true
}

// nextKey reads the name of the object's next member and the colon after it.
func (l *lexer) nextKey(kind stepKind) (string, bool) {
	if !l.next('}') {
		return "", false
	}
	l.path[l.depth] = step{}
	if l.peek() != '"' {
		l.syntax("a name in double quotes")
		return "", false
	}
	key := l.str()
	l.path[l.depth] = step{key: key, kind: kind}
	if l.peek() != ':' {
		l.syntax("':'")
		return "", false
	}
	l.pos++
	return key, true
}

// nextElement moves to the array's element number i.
func (l *lexer) nextElement(i int) bool {
	if !l.next(']') {
		return false
	}
	l.path[l.depth] = step{index: i, kind: stepElement}
	return true
}

// count returns the number of members of the object or array that comes next, so
// that what holds them is allocated once. It is an estimate: where the text is
// wrong the number is too, and it is never above maxCount, so that a file of
// commas cannot ask for gigabytes.
func (l *lexer) count() int {
	l.peek()
	if l.err != nil || l.pos >= len(l.text) {
		return 0
	}
	n, depth, empty := 0, 0, true
	for i := l.pos; i < len(l.text) && n < maxCount; i++ {
		switch l.text[i] {
		case '"':
			empty = false
			for i++; i < len(l.text) && l.text[i] != '"'; i++ {
				if l.text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			empty = depth == 0
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				if !empty {
					n++
				}
				return n
			}
		case ',':
			if depth == 1 {
				n++
			}
		case ' ', '\t', '\n', '\r':
		default:
			empty = false
		}
	}
	return n
}

// end checks that nothing but white space is left.
func (l *lexer) end() {
	if l.peek(); l.err == nil && l.pos < len(l.text) {
		l.syntax("the end of the file")
	}
}

// null consumes the literal null, if it comes next.
func (l *lexer) null() bool {
	return l.peek() == 'n' && l.literal("null")
}

// literal consumes one of null, true and false.
func (l *lexer) literal(word string) bool {
	if !strings.HasPrefix(l.text[l.pos:], word) {
		l.syntax("a value")
		return false
	}
	l.pos += len(word)
	return true
}

// bool reads true or false.
func (l *lexer) bool() bool {
	switch l.peek() {
	case 't':
		return l.literal("true")
	case 'f':
		l.literal("false")
	default:
		l.mismatch("true or false")
	}
	return false
}

// skip consumes any one value and checks its syntax.
func (l *lexer) skip() {
	switch c := l.peek(); c {
	case '{':
		l.open(c)
		for {
			if _, ok := l.nextKey(stepField); !ok {
				return
			}
			l.skip()
		}
	case '[':
		l.open(c)
		for i := 0; l.nextElement(i); i++ {
			l.skip()
		}
	case '"':
		l.str()
	case 't', 'f':
		l.bool()
	case 'n':
		l.null()
	default:
		if c == '-' || isDigit(c) {
			l.number()
			return
		}
		l.syntax("a value")
	}
}
