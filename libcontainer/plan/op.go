// Package plan is the language that a container is built in: a flat list of typed
// operations in two lanes, one for the process that was called and one for init.
//
// A Plan is a value. It is made by package compile, checked by Verify, printed by
// String, encoded for the C stage by Encode and carried out by package launch.
package plan

import "rt/libcontainer/plan/optable"

//go:generate go run ./internal/opgen op_gen.go ../../nsenter/ops.gen.h

// Code says which operation an Op is; it is an index into optable.Defs.
type Code uint16

// Def returns the definition of the operation.
func (c Code) Def() *optable.Def {
	if int(c) >= len(optable.Defs) {
		return &optable.Defs[OpInvalid]
	}
	return &optable.Defs[c]
}

func (c Code) String() string { return c.Def().Name }

// Lane is who carries an operation out.
type Lane uint8

// The lanes.
const (
	Parent Lane = optable.Parent // the Go process that was called
	Init   Lane = optable.Init   // the C stage
	Both   Lane = optable.Both   // one sends and the other waits
)

func (l Lane) String() string {
	switch l {
	case Parent:
		return "parent"
	case Init:
		return "init"
	case Both:
		return "both"
	}
	return "invalid"
}

// Slot is a numbered place for a descriptor. Each lane has slots of its own; a
// descriptor crosses over by arrive and release under the same number.
type Slot uint32

// None is no descriptor; Cwd is the working directory (AT_FDCWD).
const (
	None Slot = 0xffffffff
	Cwd  Slot = 0xfffffffe
)

// MaxSlots bounds the slots of a plan.
const MaxSlots = 1024

// MaxPass is how many descriptors one release can carry (SCM_MAX_FD of the kernel).
const MaxPass = 253

// Arg is one operand. Which field counts is told by the operation's definition.
type Arg struct {
	Num  uint64
	Slot Slot
	Str  string
	List []string
	Data []byte
}

// Op is one operation.
type Op struct {
	Code   Code
	Lane   Lane
	Origin string // the configuration field it comes from, as a JSON path; "" for the runtime's own
	Args   []Arg
}

// Writes reports whether an operation fills a slot.
func (op *Op) Writes(s Slot) bool {
	for i, a := range op.Code.Def().Args {
		if a.Kind == optable.Dst && op.Args[i].Slot == s {
			return true
		}
	}
	return false
}

// Plan is a program: operations in order, and the names of its slots.
type Plan struct {
	Ops   []Op
	Slots []string
}
