// Package dbus speaks as much D-Bus as it takes to talk to systemd: method calls and
// signals over a unix socket, on a bus or directly with a peer.
//
// It links nothing and does nothing at start. See the D-Bus specification, "Message
// Protocol" and "Authentication Protocol".
package dbus

import (
	"encoding/binary"

	"rt/libcontainer/internal/variant"
)

// encoder appends values; alignment counts from the beginning of buf.
type encoder struct{ buf []byte }

func (e *encoder) align(n int) {
	for len(e.buf)%n != 0 {
		e.buf = append(e.buf, 0)
	}
}

func (e *encoder) u32(n uint32) {
	e.align(4)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, n)
}

func (e *encoder) signature(s string) {
	e.buf = append(e.buf, byte(len(s)))
	e.buf = append(append(e.buf, s...), 0)
}

func (e *encoder) value(v *variant.Value) {
	switch v.Type[0] {
	case 'y':
		e.buf = append(e.buf, byte(v.Num))
	case 'n', 'q':
		e.align(2)
		e.buf = binary.LittleEndian.AppendUint16(e.buf, uint16(v.Num))
	case 'b', 'i', 'u', 'h':
		e.u32(uint32(v.Num))
	case 'x', 't', 'd':
		e.align(8)
		e.buf = binary.LittleEndian.AppendUint64(e.buf, v.Num)
	case 's', 'o':
		e.u32(uint32(len(v.Text)))
		e.buf = append(append(e.buf, v.Text...), 0)
	case 'g':
		e.signature(v.Text)
	case 'v':
		e.signature(v.Elems[0].Type)
		e.value(&v.Elems[0])
	case 'a':
		// The length is that of the elements, without the padding before the first.
		e.u32(0)
		at := len(e.buf) - 4
		e.align(alignment(v.Type[1]))
		start := len(e.buf)
		for i := range v.Elems {
			e.value(&v.Elems[i])
		}
		binary.LittleEndian.PutUint32(e.buf[at:], uint32(len(e.buf)-start))
	case '(', '{':
		e.align(8)
		for i := range v.Elems {
			e.value(&v.Elems[i])
		}
	}
}

// alignment is that of a type, by the first byte of its signature.
func alignment(c byte) int {
	switch c {
	case 'y', 'g', 'v':
		return 1
	case 'n', 'q':
		return 2
	case 'x', 't', 'd', '(', '{':
		return 8
	}
	return 4
}

// The types of messages.
const (
	methodCall   = 1
	methodReturn = 2
	errorReply   = 3
	signal       = 4
)

// The fields of a header, by their codes.
const (
	fieldPath        = 1
	fieldInterface   = 2
	fieldMember      = 3
	fieldErrorName   = 4
	fieldReplySerial = 5
	fieldDestination = 6
	fieldSignature   = 8
)

// encode makes a method call.
func (m *Call) encode(serial uint32) []byte {
	var body encoder
	sig := ""
	for i := range m.Args {
		body.value(&m.Args[i])
		sig += m.Args[i].Type
	}
	var fields []variant.Value
	field := func(code uint64, v variant.Value) {
		if v.Text != "" {
			fields = append(fields, variant.Struct(variant.Value{Type: "y", Num: code}, variant.Of(v)))
		}
	}
	field(fieldPath, variant.Path(m.Path))
	field(fieldInterface, variant.String(m.Interface))
	field(fieldMember, variant.String(m.Method))
	field(fieldDestination, variant.String(m.Destination))
	field(fieldSignature, variant.Signature(sig))

	e := encoder{[]byte{'l', methodCall, 0, 1}}
	e.u32(uint32(len(body.buf)))
	e.u32(serial)
	array := variant.Array("(yv)", fields...)
	e.value(&array)
	e.align(8)
	return append(e.buf, body.buf...)
}
