package variant

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads a string, an object path or a signature.
func (p *parser) quoted(want string) (Value, error) {
	text, err := p.unquote(false)
	if err != nil {
		return Value{}, err
	}
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return Value{}, errors.New("a string has a NUL byte or is not UTF-8")
	}
	switch want {
	case "", "s":
		return String(text), nil
	case "o":
		if !isPath(text) {
			return Value{}, fmt.Errorf("%q is no object path", text)
		}
		return Path(text), nil
	case "g":
		for rest, ok := text, true; rest != ""; {
			if _, rest, ok = First(rest); !ok {
				return Value{}, fmt.Errorf("%q is no signature", text)
			}
		}
		return Signature(text), nil
	}
	return Value{}, fits(want, "s")
}

// isPath: "/", or elements of letters, digits and underscores behind slashes.
func isPath(s string) bool {
	if s == "/" {
		return true
	}
	if s == "" || s[0] != '/' {
		return false
	}
	for element := range strings.SplitSeq(s[1:], "/") {
		if element == "" {
			return false
		}
		for _, c := range []byte(element) {
			if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

// bytes reads b'...', an array of bytes that ends with a NUL.
func (p *parser) bytes(want string) (Value, error) {
	p.at++
	text, err := p.unquote(true)
	if err != nil {
		return Value{}, err
	}
	v := Array("y")
	for _, c := range []byte(text + "\x00") {
		v.Elems = append(v.Elems, Value{Type: "y", Num: uint64(c)})
	}
	return v, fits(want, "ay")
}

// unquote reads text between two quotes of a kind, with escapes. Octal ones are for
// bytes only.
func (p *parser) unquote(octal bool) (string, error) {
	quote := p.text[p.at]
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		c := p.text[i]
		if c == quote {
			p.at = i + 1
			return b.String(), nil
		}
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if i++; i == len(p.text) {
			break
		}
		n, err := escape(&b, p.text[i:], octal)
		if err != nil {
			return "", err
		}
		i += n - 1
	}
	return "", fmt.Errorf("no %c ends the text", quote)
}

// escape writes what an escape stands for and returns its length without the
// backslash.
func escape(b *strings.Builder, s string, octal bool) (int, error) {
	const from, to = "abfnrtv", "\a\b\f\n\r\t\v"
	digits := 0
	switch i := strings.IndexByte(from, s[0]); {
	case i >= 0:
		b.WriteByte(to[i])
		return 1, nil
	case octal && s[0] >= '0' && s[0] <= '3' && len(s) >= 3:
		n, err := strconv.ParseUint(s[:3], 8, 8)
		if err != nil {
			return 0, fmt.Errorf("\\%s is no octal escape", s[:3])
		}
		b.WriteByte(byte(n))
		return 3, nil
	case !octal && s[0] == 'u':
		digits = 4
	case !octal && s[0] == 'U':
		digits = 8
	default:
		b.WriteByte(s[0])
		return 1, nil
	}
	if len(s) <= digits {
		return 0, errors.New("an escape is cut off")
	}
	n, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, fmt.Errorf("\\%s is no character", s[:1+digits])
	}
	b.WriteRune(rune(n))
	return 1 + digits, nil
}
