// Package jsonw writes JSON without reflection. encoding/json builds a table for
// each type on first use, which costs a short-lived process more than the rest of
// the verb; what rt writes on every call is written with this.
package jsonw

import (
	"strconv"
	"unicode/utf8"
)

// Writer builds one JSON text. The zero value is ready. Keys and values must be
// written in a valid order; commas are put by the writer.
type Writer struct {
	buf   []byte
	comma bool
}

// Bytes is what was written.
func (w *Writer) Bytes() []byte { return w.buf }

func (w *Writer) value() {
	if w.comma {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
}

// Begin opens an object or an array: '{' or '['.
func (w *Writer) Begin(bracket byte) {
	w.value()
	w.buf = append(w.buf, bracket)
	w.comma = false
}

// End closes what Begin opened.
func (w *Writer) End(bracket byte) {
	w.buf = append(w.buf, bracket)
	w.comma = true
}

// Key writes a member's name. The value must follow.
func (w *Writer) Key(name string) {
	w.String(name)
	w.buf = append(w.buf, ':')
	w.comma = false
}

// Int writes a number.
func (w *Writer) Int(v int64) {
	w.value()
	w.buf = strconv.AppendInt(w.buf, v, 10)
}

// Uint writes a number.
func (w *Writer) Uint(v uint64) {
	w.value()
	w.buf = strconv.AppendUint(w.buf, v, 10)
}

// Bool writes true or false.
func (w *Writer) Bool(v bool) {
	w.value()
	w.buf = strconv.AppendBool(w.buf, v)
}

// Strings writes an array of strings.
func (w *Writer) Strings(list []string) {
	w.Begin('[')
	for _, s := range list {
		w.String(s)
	}
	w.End(']')
}

// String writes a string. Bytes that are not UTF-8 become U+FFFD, as in
// encoding/json.
func (w *Writer) String(s string) {
	w.value()
	w.buf = append(w.buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			w.buf = append(w.buf, s[start:i]...)
			w.buf = append(w.buf, "\ufffd"...)
			i++
			start = i
			continue
		}
		w.buf = append(w.buf, s[start:i]...)
		w.escape(c)
		i++
		start = i
	}
	w.buf = append(w.buf, s[start:]...)
	w.buf = append(w.buf, '"')
}

func (w *Writer) escape(c byte) {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		w.buf = append(w.buf, '\\', c)
	case '\n':
		w.buf = append(w.buf, '\\', 'n')
	case '\t':
		w.buf = append(w.buf, '\\', 't')
	default:
		w.buf = append(w.buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}
