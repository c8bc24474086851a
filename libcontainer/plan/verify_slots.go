package plan

import (
	"rt/libcontainer/abi"
	"rt/libcontainer/plan/optable"
)

// slotSet is a set of slots of one lane.
type slotSet [MaxSlots]bool

// filled: a slot is written in a lane before it is read there. A parent's slot is
// written by an operation of its own or by what arrives from init; init's by its
// own or by a release, which closes the parent's descriptor. An empty slot is
// descriptor -1 to a system call: at best an error that explains nothing, at worst
// (AT_FDCWD is -100, "none" of some calls is -1) another meaning.
func filled(p *Plan) (int, string) {
	var parent, init slotSet
	for i := range p.Ops {
		op := &p.Ops[i]
		switch {
		case op.Code == OpRelease:
			for s, end := op.passed(); s < end; s++ {
				if !parent[s] {
					return i, p.SlotName(s) + " is empty in the parent"
				}
				parent[s], init[s] = false, true
			}
			continue
		case op.Code == OpArrive:
			if s := op.Args[1].Slot; int(s) < len(init) {
				if !init[s] {
					return i, p.SlotName(s) + " is empty in init"
				}
				parent[s] = true
			}
			continue
		}
		slots := &init
		if op.Lane == Parent {
			slots = &parent
		}
		if s := flow(op, slots); s != None {
			return i, p.SlotName(s) + " is empty"
		}
	}
	return holds, ""
}

// passed is the range of slots that a release hands over.
func (op *Op) passed() (first, end Slot) {
	first = op.Args[1].Slot
	if first == None {
		return 0, 0
	}
	return first, first + Slot(op.Args[2].Num)
}

// flow notes what one operation reads and writes. It returns the slot that is
// read although it is empty, or None.
func flow(op *Op, slots *slotSet) Slot {
	def := &optable.Defs[op.Code]
	for j := range def.Args {
		s := op.Args[j].Slot
		if def.Args[j].Kind == optable.Fd && int(s) < len(slots) && !slots[s] {
			return s
		}
	}
	for j := range def.Args {
		if s := op.Args[j].Slot; def.Args[j].Kind == optable.Dst && int(s) < len(slots) {
			slots[s] = true
		}
	}
	if op.Code == OpClose && int(op.Args[0].Slot) < len(slots) {
		slots[op.Args[0].Slot] = false
	}
	return None
}

// closedAtGate: init waits at the gate for as long as its engine likes, inside
// the container, where others may already run and may be allowed to trace it.
// What came from the parent is of the host: its /proc, cgroups, sources of binds.
// Each of these is closed by then, except the gate and what hooks behind it read.
func closedAtGate(p *Plan) (int, string) {
	var from [MaxSlots]int32 // the release that a slot came with, plus 1
	gate := p.parting()
	for i := range p.Ops {
		op := &p.Ops[i]
		if !op.inInit() {
			continue
		}
		switch op.Code {
		case OpRelease:
			for s, end := op.passed(); s < end; s++ {
				from[s] = int32(i) + 1
			}
		case OpClose:
			if s := op.Args[0].Slot; int(s) < len(from) {
				from[s] = 0
			}
		case OpGate, OpHook:
			// Hooks in front of the gate need their slots there too.
			for j := range op.Args {
				s := op.Args[j].Slot
				if optable.Defs[op.Code].Args[j].Kind == optable.Fd && int(s) < len(from) && i >= gate {
					from[s] = 0
				}
			}
		}
	}
	for s := range p.Slots {
		if from[s] != 0 {
			return int(from[s] - 1), p.SlotName(Slot(s)) + " is still open in init at the gate"
		}
	}
	return holds, ""
}

// cloexec: the parent starts hooks and helpers while it holds descriptors of the
// container and the host. Each is opened close-on-exec, because a flag that is set
// later can lose against a fork in between.
func cloexec(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Lane == Parent && (op.Code == OpOpen || op.Code == OpOpenTree) && op.Args[3].Num&abi.OCloexec == 0 {
			return i, "is not close-on-exec"
		}
	}
	return holds, ""
}
