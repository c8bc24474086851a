package spec

import specs "github.com/opencontainers/runtime-spec/specs-go"

// A Reader reads a JSON text of our own with the decoder of configurations, which
// needs no reflection and gives the path of what is wrong.
type Reader struct{ d *decoder }

// NewReader starts reading a text.
func NewReader(text []byte) *Reader { return &Reader{newDecoder(string(text), "")} }

// Object reads an object and calls member for each key that has a value. Member
// reads it with one of the other methods, or leaves it with Skip.
func (r *Reader) Object(member func(key string)) {
	for r.d.open('{'); r.d.member(); {
		if !r.d.null() {
			member(r.d.key)
		}
	}
}

// Objects reads an array of objects; next is called before each.
func (r *Reader) Objects(next func(), member func(key string)) {
	r.d.open('[')
	for i := 0; r.d.nextElement(i); i++ {
		next()
		r.Object(member)
	}
}

// String reads a string.
func (r *Reader) String() string { return r.d.string() }

// Int reads a number.
func (r *Reader) Int() int { return int(r.d.int(-1<<31, 1<<31-1)) }

// Uint reads a number that is not negative.
func (r *Reader) Uint() uint64 { return r.d.uint(1<<64 - 1) }

// Bool reads true or false.
func (r *Reader) Bool() bool { return r.d.bool() }

// Strings reads an array of strings.
func (r *Reader) Strings() []string { return stringsOf[string](r.d) }

// Map reads an object of strings.
func (r *Reader) Map() map[string]string { return mapOf(r.d, (*decoder).readString) }

// Hooks reads an array of hooks.
func (r *Reader) Hooks() []specs.Hook { return sliceOf(r.d, (*decoder).readHook) }

// Skip skips a value.
func (r *Reader) Skip() { r.d.skip() }

// Close checks that the text ends here and returns the first error.
func (r *Reader) Close() error { return r.d.finish() }
