package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:generate go run ./internal/gen

// A decoder fills the types of the specification. Its read methods, one for
// each type, are in decode_gen.go.
type decoder struct {
	lexer
	key     string
	unknown []unknownKey
	foreign []string
	nuls    []string
	// noNUL: a NUL byte in a string is an error here.
	noNUL bool
}

// An unknownKey is a member the specification does not define.
type unknownKey struct{ path, meant string }

// newDecoder starts a decoder; base is the path of the text's top-level value.
func newDecoder(text, base string) *decoder {
	d := &decoder{}
	d.text, d.base, d.path = text, base, make([]step, 10)
	switch {
	case strings.TrimLeft(d.text, " \t\r\n") == "":
		d.fail(0, "got an empty file, want an object")
	case strings.HasPrefix(d.text, "\ufeff"):
		d.fail(0, "begins with a byte order mark, want plain UTF-8")
	case !utf8.ValidString(d.text):
		i := invalidUTF8(d.text)
		d.fail(i, "got the byte 0x"+strconv.FormatUint(uint64(d.text[i]), 16)+", which is not UTF-8 here")
	}
	return d
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return i
		}
	}
	return len(s) - 1
}

// finish checks the end of the text and returns the decoder's error, if any.
func (d *decoder) finish() error {
	d.end()
	if d.err != nil {
		return d.err
	}
	return nil
}

// member reads the next key of an object.
func (d *decoder) member() bool {
	key, ok := d.nextKey(stepField)
	d.key = key
	return ok
}

// field begins the member whose key was just read, number bit of its type, and
// reports whether it has a value: null is the same as absent.
func (d *decoder) field(seen *uint64, bit uint) bool {
	if *seen>>bit&1 != 0 {
		d.twice()
		return false
	}
	*seen |= 1 << bit
	return !d.null()
}

// twice rejects a repeated key: engines and runtimes that disagree about which
// of the two counts disagree about what was allowed.
func (d *decoder) twice() {
	d.fail(d.pos, "is given twice, want it once")
}

// unknownKey records a member that names none of the type's fields, and skips
// its value. The fields are separated by spaces.
func (d *decoder) unknownKey(fields string) {
	d.unknown = append(d.unknown, unknownKey{d.where(), closest(d.key, fields)})
	d.skip()
	d.nul = false
}

// foreignKey records a member that is defined for other platforms than Linux,
// and skips its value.
func (d *decoder) foreignKey() {
	if d.null() {
		return
	}
	d.foreign = append(d.foreign, d.where())
	d.skip()
	d.nul = false
}

// string reads a string and remembers where a NUL byte is in one: C strings end
// there, so the kernel would see another value than a check of this one did.
func (d *decoder) string() string {
	if d.peek() != '"' {
		d.mismatch("a string")
		return ""
	}
	s := d.str()
	if d.nul {
		d.sawNUL()
	}
	return s
}

// nulMessage is what is wrong with such a string.
const nulMessage = "contains a NUL byte, want a string the kernel can take"

func (d *decoder) sawNUL() {
	if d.noNUL {
		d.fail(d.pos, nulMessage)
	}
	d.nuls = append(d.nuls, d.where())
	d.nul = false
}

func (d *decoder) readString(v *string) { *v = d.string() }
func (d *decoder) readUint32(v *uint32) { *v = uint32(d.uint(1<<32 - 1)) }

func ptr[T any](v T) *T { return &v }

// stringsOf reads an array of strings.
func stringsOf[T ~string](d *decoder) []T {
	out := make([]T, 0, d.count())
	d.open('[')
	for i := 0; d.nextElement(i); i++ {
		out = append(out, T(d.string()))
	}
	return out
}

// sliceOf reads an array of anything else.
func sliceOf[T any](d *decoder, each func(*decoder, *T)) []T {
	out := make([]T, 0, d.count())
	d.open('[')
	for i := 0; d.nextElement(i); i++ {
		var zero T
		out = append(out, zero)
		each(d, &out[i])
	}
	return out
}

// mapOf reads an object whose keys are the user's.
func mapOf[T any](d *decoder, each func(*decoder, *T)) map[string]T {
	out := make(map[string]T, d.count())
	d.open('{')
	var v, zero T
	for {
		key, ok := d.nextKey(stepMapKey)
		if !ok {
			return out
		}
		if d.nul {
			d.sawNUL()
		}
		if _, dup := out[key]; dup {
			d.twice()
			return out
		}
		v = zero
		each(d, &v)
		out[key] = v
	}
}

// closest returns the one of the fields that key most likely means, "" if none
// is near.
func closest(key, fields string) string {
	best, least := "", 3
	for field := range strings.FieldsSeq(fields) {
		if strings.EqualFold(key, field) {
			return field
		}
		if n := distance(key, field); n < least && 2*n < len(field) {
			best, least = field, n
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace to get from a
// to b, or a large number if that is surely more than 2.
func distance(a, b string) int {
	if len(a) > 64 || len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
