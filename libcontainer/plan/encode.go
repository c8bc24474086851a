package plan

import (
	"encoding/binary"
	"fmt"
	"strings"

	"rt/libcontainer/plan/optable"
)

// The encoded form: a header, records of fixed size, a table of string lists and
// a pool that every string and buffer lies in. nsenter/decode.c reads it; the two
// are held together by a differential test.
const (
	magic      = 0x31705472 // "rTp1"
	version    = 1
	headerSize = 64
	recordSize = 8 + 8*optable.MaxWords
	listEnd    = ^uint64(0)
	maxSize    = 64 << 20
)

// Header flags.
const flagTrace = 1

// Options of an encoding that are not part of the plan.
type Options struct {
	Trace     bool   // init writes the time of each operation to its trace descriptor
	FaultOp   uint32 // with a stage built for it: the operation to fail at
	FaultKind uint32 // 0 none, 1 fail the operation, 3 kill init
}

var order = binary.NativeEndian

// Encode lays the plan out for the C stage. It fails for a plan the language
// cannot say: a string with a NUL byte, too many slots, or too large.
func (p *Plan) Encode(o Options) ([]byte, error) {
	if len(p.Slots) > MaxSlots {
		return nil, fmt.Errorf("plan has %d slots, the limit is %d", len(p.Slots), MaxSlots)
	}
	records := len(p.Ops) * recordSize
	e := &encoder{pool: make([]byte, 0, 4096), ops: make([]byte, 0, headerSize+records+4096)}
	e.ops = e.ops[:headerSize]
	for i := range p.Ops {
		if err := e.op(&p.Ops[i]); err != nil {
			return nil, fmt.Errorf("operation %d (%s): %w", i, p.Ops[i].Code, err)
		}
	}
	e.pool = append(e.pool, 0)
	out := e.ops
	tableOff := len(out)
	for _, v := range e.table {
		out = order.AppendUint64(out, v)
	}
	poolOff := len(out)
	out = append(out, e.pool...)
	if len(out) > maxSize {
		return nil, fmt.Errorf("plan takes %d bytes, the limit is %d", len(out), maxSize)
	}
	var flags uint32
	if o.Trace {
		flags |= flagTrace
	}
	for i, v := range []uint32{
		magic, version, uint32(len(p.Ops)), uint32(len(p.Slots)), headerSize,
		uint32(tableOff), uint32(len(e.table)), uint32(poolOff), uint32(len(e.pool)),
		uint32(len(out)), flags, o.FaultOp, o.FaultKind,
	} {
		order.PutUint32(out[4*i:], v)
	}
	return out, nil
}

type encoder struct {
	ops   []byte
	table []uint64
	pool  []byte
}

func (e *encoder) op(op *Op) error {
	def := op.Code.Def()
	if op.Code == OpInvalid || len(op.Args) != len(def.Args) {
		return fmt.Errorf("has %d operands, want %d", len(op.Args), len(def.Args))
	}
	start := len(e.ops)
	e.ops = order.AppendUint16(e.ops, uint16(op.Code))
	e.ops = append(e.ops, byte(op.Lane), 0, 0, 0, 0, 0)
	for i := range op.Args {
		a := &op.Args[i]
		switch def.Args[i].Kind {
		case optable.Int, optable.Oct, optable.Hex:
			e.word(a.Num)
		case optable.Fd, optable.Dst:
			e.word(uint64(a.Slot))
		case optable.Str:
			off, err := e.str(a.Str)
			if err != nil {
				return err
			}
			e.word(off)
		case optable.Strs:
			if err := e.strs(a.List); err != nil {
				return err
			}
		case optable.Bytes:
			for len(e.pool)%8 != 0 {
				e.pool = append(e.pool, 0)
			}
			e.word(uint64(len(e.pool)))
			e.word(uint64(len(a.Data)))
			e.pool = append(e.pool, a.Data...)
		}
	}
	for len(e.ops) < start+recordSize {
		e.ops = append(e.ops, 0)
	}
	return nil
}

func (e *encoder) word(v uint64) { e.ops = order.AppendUint64(e.ops, v) }

func (e *encoder) str(s string) (uint64, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return 0, fmt.Errorf("string %q has a NUL byte", s)
	}
	off := uint64(len(e.pool))
	e.pool = append(e.pool, s...)
	e.pool = append(e.pool, 0)
	return off, nil
}

func (e *encoder) strs(list []string) error {
	e.word(uint64(len(e.table)))
	e.word(uint64(len(list)))
	for _, s := range list {
		off, err := e.str(s)
		if err != nil {
			return err
		}
		e.table = append(e.table, off)
	}
	e.table = append(e.table, listEnd)
	return nil
}
