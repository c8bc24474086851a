package plan

import (
	"bytes"
	"errors"
	"fmt"

	"rt/libcontainer/plan/optable"
)

// ErrMalformed is what Decode's errors wrap.
var ErrMalformed = errors.New("malformed plan")

// Decode reads an encoded plan back. Slot names and origins are not part of the
// encoding: slots come back numbered. It accepts exactly what the C decoder does.
func Decode(data []byte) (*Plan, error) {
	d := &decoder{data: data}
	if err := d.header(); err != nil {
		return nil, err
	}
	p := &Plan{Slots: make([]string, d.nslots)}
	for i := range p.Slots {
		p.Slots[i] = fmt.Sprintf("s%d", i)
	}
	for i := range d.nops {
		op, err := d.op(d.ops + i*recordSize)
		if err != nil {
			return nil, fmt.Errorf("operation %d: %w", i, err)
		}
		p.Ops = append(p.Ops, op)
	}
	return p, nil
}

type decoder struct {
	data                              []byte
	nops, nslots, ops, table, entries uint64
	pool                              []byte
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

func (d *decoder) header() error {
	if len(d.data) < headerSize {
		return malformed("%d bytes are less than a header", len(d.data))
	}
	u := func(i int) uint64 { return uint64(order.Uint32(d.data[4*i:])) }
	size := uint64(len(d.data))
	if u(0) != magic || u(1) != version || u(9) != size {
		return malformed("magic, version or size is wrong")
	}
	d.nops, d.nslots, d.ops, d.table, d.entries = u(2), u(3), u(4), u(5), u(6)
	poolOff, poolSize := u(7), u(8)
	aligned := (d.ops|d.table|poolOff)%8 == 0
	inOrder := d.ops >= headerSize && d.ops+d.nops*recordSize <= d.table &&
		d.table+d.entries*8 <= poolOff && poolOff+poolSize <= size
	if !aligned || !inOrder || d.nslots > MaxSlots || poolSize == 0 {
		return malformed("a section lies outside or over another")
	}
	d.pool = d.data[poolOff : poolOff+poolSize]
	if d.pool[poolSize-1] != 0 {
		return malformed("the pool does not end with NUL")
	}
	for i := range d.entries {
		if e := d.entry(i); e != listEnd && e >= poolSize {
			return malformed("entry %d of the table lies outside the pool", i)
		}
	}
	return nil
}

func (d *decoder) entry(i uint64) uint64 { return order.Uint64(d.data[d.table+8*i:]) }

func (d *decoder) op(at uint64) (Op, error) {
	r := d.data[at : at+recordSize]
	op := Op{Code: Code(order.Uint16(r)), Lane: Lane(r[2])}
	if op.Code == OpInvalid || int(op.Code) >= len(optable.Defs) {
		return op, malformed("code %d", op.Code)
	}
	def := op.Code.Def()
	if (op.Lane != Parent && op.Lane != Init && op.Lane != Both) || int(op.Lane)&def.Lanes == 0 {
		return op, malformed("%s in lane %d", op.Code, op.Lane)
	}
	word := 0
	next := func() uint64 {
		v := order.Uint64(r[8+8*word:])
		word++
		return v
	}
	op.Args = make([]Arg, len(def.Args))
	for i := range def.Args {
		a := &op.Args[i]
		var err error
		switch k := def.Args[i].Kind; k {
		case optable.Int, optable.Oct, optable.Hex:
			a.Num = next()
		case optable.Fd, optable.Dst:
			a.Slot, err = d.slot(next(), k)
		case optable.Str:
			a.Str, err = d.str(next())
		case optable.Strs:
			a.List, err = d.strs(next(), next())
		case optable.Bytes:
			a.Data, err = d.bytes(next(), next())
		}
		if err != nil {
			return op, fmt.Errorf("%s: %s: %w", op.Code, def.Args[i].Name, err)
		}
	}
	return op, nil
}

func (d *decoder) slot(v uint64, k optable.Kind) (Slot, error) {
	if v < d.nslots || v == uint64(None) || (v == uint64(Cwd) && k == optable.Fd) {
		return Slot(v), nil
	}
	return 0, malformed("slot %d of %d", v, d.nslots)
}

func (d *decoder) str(off uint64) (string, error) {
	if off >= uint64(len(d.pool)) {
		return "", malformed("string at %d of %d", off, len(d.pool))
	}
	s := d.pool[off:]
	return string(s[:bytes.IndexByte(s, 0)]), nil
}

func (d *decoder) strs(index, count uint64) ([]string, error) {
	if index >= d.entries || count >= d.entries-index {
		return nil, malformed("list at %d with %d entries of %d", index, count, d.entries)
	}
	if d.entry(index+count) != listEnd {
		return nil, malformed("list at %d does not end after %d entries", index, count)
	}
	list := make([]string, count)
	for i := range list {
		s, err := d.str(d.entry(index + uint64(i)))
		if err != nil {
			return nil, err
		}
		list[i] = s
	}
	return list, nil
}

func (d *decoder) bytes(off, n uint64) ([]byte, error) {
	if off%8 != 0 || off > uint64(len(d.pool)) || n > uint64(len(d.pool))-off {
		return nil, malformed("buffer at %d with %d bytes of %d", off, n, len(d.pool))
	}
	return d.pool[off : off+n], nil
}
