package dbus

import (
	"encoding/binary"
	"errors"

	"rt/libcontainer/internal/variant"
)

// Message is what came from the peer.
type Message struct {
	kind   byte
	serial uint32 // of the call that it answers

	Path, Interface, Member string // of a signal
	errorName               string
	Body                    []variant.Value
}

// Is reports whether the message is a signal of that name.
func (m *Message) Is(iface, member string) bool {
	return m.kind == signal && m.Interface == iface && m.Member == member
}

var errMessage = errors.New("a message is malformed")

// maxMessage bounds a message, in bytes. D-Bus allows 128 MiB; systemd's answers to
// what is asked here have some kilobytes.
const maxMessage = 8 << 20

// headerSize is the size of the fixed part with the length of the fields.
const headerSize = 16

// sizes reads the fixed part of a header: the lengths of what follows.
func sizes(b []byte) (order binary.ByteOrder, fields, body int, err error) {
	order = binary.LittleEndian
	switch b[0] {
	case 'l':
	case 'B':
		order = binary.BigEndian
	default:
		return nil, 0, 0, errMessage
	}
	n, f := order.Uint32(b[4:]), order.Uint32(b[12:])
	if b[3] != 1 || n > maxMessage || f > maxMessage {
		return nil, 0, 0, errMessage
	}
	return order, (int(f) + 7) &^ 7, int(n), nil
}

// decode reads a whole message.
func decode(b []byte) (*Message, error) {
	if len(b) < headerSize {
		return nil, errMessage
	}
	order, fields, body, err := sizes(b)
	if err != nil || len(b) != headerSize+fields+body {
		return nil, errMessage
	}
	m := &Message{kind: b[1]}
	d := decoder{buf: b[:headerSize+fields], at: headerSize - 4, order: order}
	list := d.value("a(yv)", 0)
	sig := ""
	for _, f := range list.Elems {
		v := f.Elems[1].Elems[0]
		switch f.Elems[0].Num {
		case fieldPath:
			m.Path = v.Text
		case fieldInterface:
			m.Interface = v.Text
		case fieldMember:
			m.Member = v.Text
		case fieldErrorName:
			m.errorName = v.Text
		case fieldReplySerial:
			m.serial = uint32(v.Num)
		case fieldSignature:
			sig = v.Text
		}
	}
	inner := decoder{buf: b[headerSize+fields:], order: order}
	for sig != "" && !d.bad && !inner.bad {
		first, rest, ok := variant.First(sig)
		if !ok {
			return nil, errMessage
		}
		m.Body = append(m.Body, inner.value(first, 0))
		sig = rest
	}
	if d.bad || inner.bad {
		return nil, errMessage
	}
	return m, nil
}

// decoder takes values off buf. Once bad it returns zeros.
type decoder struct {
	buf   []byte
	at    int
	order binary.ByteOrder
	bad   bool
}

// take returns the next n bytes behind an alignment, nil at the end.
func (d *decoder) take(align, n int) []byte {
	at := (d.at + align - 1) &^ (align - 1)
	if d.bad || n < 0 || at > len(d.buf) || n > len(d.buf)-at {
		d.bad = true
		return nil
	}
	d.at = at + n
	return d.buf[at:d.at]
}

func (d *decoder) number(size int) uint64 {
	b := d.take(size, size)
	switch {
	case b == nil:
		return 0
	case size == 1:
		return uint64(b[0])
	case size == 2:
		return uint64(d.order.Uint16(b))
	case size == 4:
		return uint64(d.order.Uint32(b))
	}
	return d.order.Uint64(b)
}

func (d *decoder) text(n uint64) string {
	b := d.take(1, int(min(n, maxMessage))+1)
	if b == nil || b[len(b)-1] != 0 {
		d.bad = true
		return ""
	}
	return string(b[:len(b)-1])
}

// maxNesting is more than a message of systemd's has.
const maxNesting = 64

func (d *decoder) value(sig string, depth int) variant.Value {
	v := variant.Value{Type: sig}
	if depth > maxNesting {
		d.bad = true
	}
	if d.bad {
		return zero(sig)
	}
	switch sig[0] {
	case 'y':
		v.Num = d.number(1)
	case 'n':
		v.Num = uint64(int16(d.number(2)))
	case 'q':
		v.Num = d.number(2)
	case 'i', 'h':
		v.Num = uint64(int32(d.number(4)))
	case 'b', 'u':
		v.Num = d.number(4)
	case 'x', 't', 'd':
		v.Num = d.number(8)
	case 's', 'o':
		v.Text = d.text(d.number(4))
	case 'g':
		v.Text = d.text(d.number(1))
	case 'v':
		inner := d.text(d.number(1))
		if first, rest, ok := variant.First(inner); !ok || rest != "" || first == "" {
			d.bad = true
			return zero(sig)
		}
		v.Elems = []variant.Value{d.value(inner, depth+1)}
	case 'a':
		d.array(&v, depth)
	case '(', '{':
		d.take(8, 0)
		for rest := sig[1 : len(sig)-1]; rest != ""; {
			var first string
			first, rest, _ = variant.First(rest)
			v.Elems = append(v.Elems, d.value(first, depth+1))
		}
	}
	return v
}

func (d *decoder) array(v *variant.Value, depth int) {
	element := v.Type[1:]
	n := d.number(4)
	d.take(alignment(element[0]), 0)
	if d.bad || n > uint64(len(d.buf)-d.at) {
		d.bad = true
		return
	}
	for end := d.at + int(n); d.at < end && !d.bad; {
		v.Elems = append(v.Elems, d.value(element, depth+1))
		if d.at > end {
			d.bad = true
		}
	}
}

// zero has the shape of its type, so that whoever looks into it finds something.
func zero(sig string) variant.Value {
	v := variant.Value{Type: sig}
	switch sig[0] {
	case 'v':
		v.Elems = []variant.Value{{Type: "y"}}
	case '(', '{':
		for rest := sig[1 : len(sig)-1]; rest != ""; {
			var first string
			first, rest, _ = variant.First(rest)
			v.Elems = append(v.Elems, zero(first))
		}
	}
	return v
}
