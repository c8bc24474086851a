package spec

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string; the caller has seen the opening quote. A string without
// escapes is a part of the text and costs no allocation.
func (l *lexer) str() string {
	if l.err != nil {
		return ""
	}
	start := l.pos + 1
	for i := start; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '"':
			l.pos = i + 1
			return l.text[start:i]
		case c == '\\':
			return l.escaped(start, i)
		case c < ' ':
			l.pos = i
			l.fail(i, "got the control character "+strconv.QuoteRune(rune(c))+" in a string, want it escaped")
			return ""
		}
	}
	l.fail(start-1, "the string that begins here has no end")
	return ""
}

// escaped reads the rest of a string whose first backslash is at i.
func (l *lexer) escaped(start, i int) string {
	b := make([]byte, 0, 2*(i-start)+16)
	b = append(b, l.text[start:i]...)
	for i < len(l.text) {
		switch c := l.text[i]; {
		case c == '"':
			l.pos = i + 1
			return string(b)
		case c < ' ':
			l.fail(i, "got the control character "+strconv.QuoteRune(rune(c))+" in a string, want it escaped")
			return ""
		case c != '\\':
			b = append(b, c)
			i++
		default:
			r, n := unescape(l.text[i:])
			if n == 0 {
				l.fail(i, "got the escape "+strconv.Quote(excerpt(l.text[i:], 6))+`, want one of \" \\ \/ \b \f \n \r \t or \u and four hexadecimal digits that name a character`)
				return ""
			}
			l.nul = l.nul || r == 0
			b = utf8.AppendRune(b, r)
			i += n
		}
	}
	l.fail(start-1, "the string that begins here has no end")
	return ""
}

// unescape decodes the escape sequence s begins with and returns the number of
// bytes it takes, 0 if it is none. Half a surrogate pair is no character.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return 0, 0
	}
	r := hex4(s)
	if !utf16.IsSurrogate(r) {
		if r < 0 {
			return 0, 0
		}
		return r, 6
	}
	if len(s) < 12 {
		return 0, 0
	}
	if r = utf16.DecodeRune(r, hex4(s[6:])); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads \uXXXX, -1 if s does not begin so.
func hex4(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
