package criu

import (
	"encoding/binary"
	"errors"
)

// The wire format of protocol buffers, as far as criu's messages need it: varints
// and byte strings. docs/adr/0011-criu.md tells why it is here.

// message is an encoded message that fields are added to.
type message struct{ data []byte }

const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

func (m *message) key(field, wire int) {
	m.data = binary.AppendUvarint(m.data, uint64(field)<<3|uint64(wire))
}

// number adds an int32, uint32 or enum. Negative numbers take ten bytes.
func (m *message) number(field int, v int64) {
	m.key(field, wireVarint)
	m.data = binary.AppendUvarint(m.data, uint64(v))
}

// flag adds a bool that is true; false is every bool's default.
func (m *message) flag(field int, v bool) {
	if v {
		m.number(field, 1)
	}
}

func (m *message) text(field int, s string) {
	m.key(field, wireBytes)
	m.data = binary.AppendUvarint(m.data, uint64(len(s)))
	m.data = append(m.data, s...)
}

// optional adds a string that is not empty.
func (m *message) optional(field int, s string) {
	if s != "" {
		m.text(field, s)
	}
}

func (m *message) nested(field int, inner *message) { m.text(field, string(inner.data)) }

var errWire = errors.New("criu sent a message that cannot be read")

// decode calls value for each field. Numbers come in n, strings and nested messages in
// s; fields of other kinds are passed over.
func decode(data []byte, value func(field int, n uint64, s []byte) error) error {
	for len(data) > 0 {
		key, size := binary.Uvarint(data)
		if size <= 0 || key>>3 == 0 || key>>3 > 1<<29-1 {
			return errWire
		}
		data = data[size:]
		var n uint64
		var s []byte
		switch key & 7 {
		case wireVarint:
			if n, size = binary.Uvarint(data); size <= 0 {
				return errWire
			}
		case wireBytes:
			length, head := binary.Uvarint(data)
			if head <= 0 || length > uint64(len(data)-head) {
				return errWire
			}
			size = head + int(length)
			s = data[head:size]
		case wire64, wire32:
			size = 4
			if key&7 == wire64 {
				size = 8
			}
			if size > len(data) {
				return errWire
			}
			data = data[size:]
			continue
		default:
			return errWire
		}
		data = data[size:]
		if err := value(int(key>>3), n, s); err != nil {
			return err
		}
	}
	return nil
}
