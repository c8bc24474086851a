package plan

import (
	"fmt"
	"strings"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan/optable"
)

// operands: every operation is one of the language, is in a lane that its
// definition allows and has the operands that the definition lists, with slots
// that the plan has. The encoder, both lanes and the rules below look at operands
// by position and would otherwise take one for another.
func operands(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Code == OpInvalid || int(op.Code) >= len(optable.Defs) {
			return i, "is no operation"
		}
		def := &optable.Defs[op.Code]
		if op.Lane != Parent && op.Lane != Init && op.Lane != Both || int(op.Lane)&def.Lanes == 0 {
			return i, fmt.Sprintf("cannot be in lane %d", op.Lane)
		}
		if len(op.Args) != len(def.Args) {
			return i, fmt.Sprintf("has %d operands, want %d", len(op.Args), len(def.Args))
		}
		for j := range def.Args {
			k, s := def.Args[j].Kind, op.Args[j].Slot
			if k != optable.Fd && k != optable.Dst || int(s) < len(p.Slots) || s == None || s == Cwd && k == optable.Fd {
				continue
			}
			return i, fmt.Sprintf("operand %s is slot %d of %d", def.Args[j].Name, s, len(p.Slots))
		}
	}
	return holds, ""
}

// limits: the stage has a fixed array of slots, and the kernel passes at most
// SCM_MAX_FD descriptors with one message. A plan beyond either would fail half
// way, with the container partly made.
func limits(p *Plan) (int, string) {
	if len(p.Slots) > MaxSlots {
		return len(p.Ops), fmt.Sprintf("%d slots are used, the limit is %d", len(p.Slots), MaxSlots)
	}
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Code != OpRelease {
			continue
		}
		first, count := uint64(op.Args[1].Slot), op.Args[2].Num
		if count > MaxPass {
			return i, fmt.Sprintf("passes %d descriptors, the limit is %d", count, MaxPass)
		}
		if count > 0 && first+count > uint64(len(p.Slots)) {
			return i, fmt.Sprintf("passes slots %d to %d of %d", first, first+count-1, len(p.Slots))
		}
	}
	return holds, ""
}

// descriptors: no descriptor and the working directory are values of their own
// only where an operation has a use for them. Anywhere else "none" is a closed
// descriptor, and the working directory is wherever the caller happened to be: a
// path of the container would be looked up on the host.
func descriptors(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		def := &optable.Defs[op.Code]
		for j := range def.Args {
			if def.Args[j].Kind != optable.Fd && def.Args[j].Kind != optable.Dst {
				continue
			}
			switch s := op.Args[j].Slot; {
			case s == None && !mayBeNone(op, j):
				return i, def.Args[j].Name + " is none"
			case s == Cwd && !mayBeCwd(op.Code, j):
				return i, def.Args[j].Name + " is the working directory"
			}
		}
	}
	return holds, ""
}

func mayBeNone(op *Op, j int) bool {
	switch op.Code {
	case OpArrive, OpForkInto:
		return true
	case OpRelease:
		return op.Args[2].Num == 0
	case OpSeccomp:
		return op.Args[1].Num&abi.SeccompFilterFlagNewListener == 0
	case OpHook:
		return j == 3 || j == 4
	case OpMountSetattr:
		return j == 6 && op.Args[3].Num&abi.MountAttrIdmap == 0
	}
	return false
}

func mayBeCwd(code Code, j int) bool {
	switch code {
	case OpOpen, OpOpenTree, OpMoveMount:
		return j == 1
	case OpMountSetattr:
		return j == 0
	}
	return false
}

// components: mkpath makes each missing directory by its name in the directory
// above, which it has just opened inside the root. A name with a slash or dots in
// it would leave that directory, by way of links that the image chose; so would
// the name of a device or a link. And the prefixes must be those of the path, or
// something else is made than is opened.
func components(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		switch op.Code {
		case OpMkpath:
			if why := badParts(op.Args[2].Str, op.Args[3].List); why != "" {
				return i, why
			}
		case OpDevnode:
			if !component(op.Args[1].Str) {
				return i, fmt.Sprintf("%q is not one component of a path", op.Args[1].Str)
			}
		case OpSymlinkat:
			if !component(op.Args[2].Str) {
				return i, fmt.Sprintf("%q is not one component of a path", op.Args[2].Str)
			}
		}
	}
	return holds, ""
}

func component(name string) bool {
	return name != "" && name != "." && name != ".." && strings.IndexByte(name, '/') < 0
}

// badParts tells what is wrong with the parts of a path: pairs of a prefix and
// its last component.
func badParts(path string, parts []string) string {
	if len(parts)%2 != 0 {
		return "parts are not pairs"
	}
	prefix := ""
	for k := 0; k < len(parts); k += 2 {
		next, name := parts[k], parts[k+1]
		if !component(name) {
			return fmt.Sprintf("%q is not one component of a path", name)
		}
		above := len(next) - len(name) // of the prefix so far and its slash
		if above < 0 || next[above:] != name || (prefix == "" && above != 0) ||
			(prefix != "" && (above != len(prefix)+1 || next[:above-1] != prefix || next[above-1] != '/')) {
			return fmt.Sprintf("%q is not %q and %q", next, prefix, name)
		}
		prefix = next
	}
	if path != prefix && (prefix != "" || path != ".") {
		return fmt.Sprintf("parts make %q, path is %q", prefix, path)
	}
	return ""
}

// spawnFirst: there is one stage, and until it runs nobody carries out init's
// lane; a message would wait for ever.
func spawnFirst(p *Plan) (int, string) {
	at, why := p.only(OpSpawn)
	if why != "" {
		return at, why
	}
	for i := range p.Ops[:at] {
		if p.Ops[i].inInit() {
			return i, "comes before spawn"
		}
	}
	return holds, ""
}

// announcedFirst: whatever a creator makes that outlives it is on record before, so that
// delete can clean up after one that was killed at any moment. The stage is no such
// thing: it ends at its next message if its creator is gone, and until then has made
// nothing but namespaces of its own. Only connections to others come before. Exec makes
// nothing that stays, and has no gate.
func announcedFirst(p *Plan) (int, string) {
	if p.last(OpGate) == holds {
		return holds, ""
	}
	at, why := p.only(OpAnnounce)
	if why != "" {
		return at, why
	}
	for i := range p.Ops[:at] {
		op := &p.Ops[i]
		if op.Lane != Init && op.Code != OpSpawn && op.Code != OpConnect {
			return i, "comes before announce"
		}
	}
	return holds, ""
}

// forkOnce: init is the stage's only child, and the parent knows its pid from
// that fork. Entering a pid or time namespace concerns children alone
// (pid_namespaces(7), time_namespaces(7)): after the fork it would leave init
// itself outside.
func forkOnce(p *Plan) (int, string) {
	at, why := p.only(OpForkInto)
	if why != "" {
		return at, why
	}
	for i := at; i < len(p.Ops); i++ {
		if p.Ops[i].entersNamespace(abi.CloneNewPID | abi.CloneNewTime) {
			return i, "concerns children only, and init is born already"
		}
	}
	return holds, ""
}

// execveLast: the plan ends by becoming the user's program; an operation behind
// that would never run. Directly before, every descriptor that the program is not
// meant to have is marked close-on-exec: one that is opened in between would leak
// into the container.
func execveLast(p *Plan) (int, string) {
	at, why := p.only(OpExecve)
	if why != "" {
		return at, why
	}
	if p.next(at) != holds {
		return at, "is not the last operation"
	}
	mark, why := p.only(OpCloexecFrom)
	switch {
	case why != "":
		return mark, why
	case mark != at-1:
		return mark, "is not directly before execve"
	case p.Ops[mark].Args[0].Num < 3:
		return mark, "closes the standard streams"
	}
	return holds, ""
}

// gateOnce: create returns while init waits at the gate, and start opens it. A
// second gate would never open; without one, create would run the program. In exec
// nobody opens a gate: there the parent waits, behind execve, for the outcome.
func gateOnce(p *Plan) (int, string) {
	if await := p.last(OpAwaitExec); await != holds {
		switch gate := p.last(OpGate); {
		case gate != holds:
			return gate, "would never open: the plan awaits the program"
		case await < p.last(OpExecve):
			return await, "comes before execve"
		}
		return p.once(OpAwaitExec)
	}
	return p.once(OpGate)
}

// once is what a rule returns that asks for exactly one operation of a kind.
func (p *Plan) once(code Code) (int, string) {
	if at, why := p.only(code); why != "" {
		return at, why
	}
	return holds, ""
}

// behindGate: once init waits at the gate its creator is gone, so nothing may be
// left for the parent to do, no message can be answered, and whatever can fail
// must have failed before: only the startContainer hooks and the way into the
// program remain. In exec the parent still sees how that ends.
func behindGate(p *Plan) (int, string) {
	exec := p.last(OpAwaitExec) != holds
	for i := p.parting() + 1; i > 0 && i < len(p.Ops); i++ {
		switch op := &p.Ops[i]; {
		case exec && op.Lane == Parent && (op.Code == OpAwaitExec || op.Code == OpPidFile):
		case op.Lane != Init:
			return i, "is the parent's, who is gone once init is at the gate"
		case op.Code != OpHook && op.Code != OpCloexecFrom && op.Code != OpExecve && op.Code != OpGate:
			return i, "belongs in front of the gate"
		}
	}
	return holds, ""
}
