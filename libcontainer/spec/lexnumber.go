package spec

import (
	"math"
	"strconv"
)

// The limits of the integer types, for generated calls.
const (
	maxUint = uint64(math.MaxUint)
	maxInt  = int64(math.MaxInt)
	minInt  = int64(math.MinInt)
)

// number reads a number and returns its text.
func (l *lexer) number() string {
	if l.err != nil {
		return ""
	}
	start, s := l.pos, l.text
	i := start
	if i < len(s) && s[i] == '-' {
		i++
	}
	ok := i < len(s) && isDigit(s[i])
	if ok && s[i] == '0' {
		i++
	} else {
		i = skipDigits(s, i)
	}
	if ok && i < len(s) && s[i] == '.' {
		ok = i+1 < len(s) && isDigit(s[i+1])
		i = skipDigits(s, i+1)
	}
	if ok && i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		ok = i < len(s) && isDigit(s[i])
		i = skipDigits(s, i)
	}
	l.pos = i
	if !ok {
		l.syntax("a digit")
		return ""
	}
	return s[start:i]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func skipDigits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// uint reads a whole number from 0 to most.
func (l *lexer) uint(most uint64) uint64 {
	c := l.peek()
	if c != '-' && !isDigit(c) {
		l.mismatch("a number")
		return 0
	}
	start := l.pos
	text := l.number()
	n, err := strconv.ParseUint(text, 10, 64)
	if l.err == nil && (err != nil || n > most) {
		l.fail(start, "got "+excerpt(text, 40)+", want a whole number from 0 to "+strconv.FormatUint(most, 10))
	}
	return n
}

// int reads a whole number from least to most.
func (l *lexer) int(least, most int64) int64 {
	c := l.peek()
	if c != '-' && !isDigit(c) {
		l.mismatch("a number")
		return 0
	}
	start := l.pos
	text := l.number()
	n, err := strconv.ParseInt(text, 10, 64)
	if l.err == nil && (err != nil || n < least || n > most) {
		l.fail(start, "got "+excerpt(text, 40)+", want a whole number from "+
			strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10))
	}
	return n
}
