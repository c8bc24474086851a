package plan

import "fmt"

// Violation is a rule that a plan breaks: a defect of whoever compiled the plan,
// never of the configuration.
type Violation struct {
	Rule  string // the name in the table of rules
	Index int    // of the operation that breaks it; the number of operations if one is missing
	Op    string // the operation's name, "" if one is missing
	Why   string
}

func (v *Violation) Error() string {
	if v.Op == "" {
		return fmt.Sprintf("plan breaks the rule %s: %s", v.Rule, v.Why)
	}
	return fmt.Sprintf("plan breaks the rule %s at operation %d (%s): %s", v.Rule, v.Index, v.Op, v.Why)
}

// Verify checks the rules that hold for every plan, whatever it was compiled
// from. Package container runs it on every real plan before anything is done; it
// takes some ten microseconds. The error is a *Violation of the first rule broken.
func (p *Plan) Verify() error {
	for i := range rules {
		at, why := rules[i].broken(p)
		if at == holds {
			continue
		}
		v := &Violation{Rule: rules[i].name, Index: at, Why: why}
		if at < len(p.Ops) {
			v.Op = p.Ops[at].Code.String()
		}
		return v
	}
	return nil
}

// rule is something that is true of every plan. Broken returns the index of an
// operation that breaks it and why, or holds.
type rule struct {
	name   string
	broken func(*Plan) (int, string)
}

// holds is what broken returns for a plan that keeps the rule.
const holds = -1

// rules are all of them. The first formed ones are what the others rely on when
// they look at operands and slots.
var rules = [...]rule{
	{"operands", operands},
	{"limits", limits},
	{"descriptors", descriptors},
	{"components", components},

	{"spawn", spawnFirst},
	{"fork", forkOnce},
	{"execve", execveLast},
	{"gate", gateOnce},
	{"behind-gate", behindGate},
	{"announced", announcedFirst},

	{"filled", filled},
	{"closed", closedAtGate},
	{"cloexec", cloexec},

	{"answered", arriveAnswered},
	{"waiting", actsOnWaiting},
	{"born", actsOnBorn},
	{"session", session},
	{"limited", limitedBeforeEntry},
	{"handed-down", handedDown},
	{"entered", entered},

	{"dumpable", dumpable},
	{"mapped", mapped},
	{"groups", groupsBeforeUser},
	{"bounding", boundingFirst},
	{"capset", capsetAfterUser},
	{"unprivileged", unprivileged},
	{"seccomp", seccompPlace},
	{"program", programAsUser},

	{"cut", propagationCut},
	{"cloned", clonesCut},
	{"inside", clonesInside},
	{"by-descriptor", byDescriptor},
	{"scoped", scopedOpen},
	{"masks", masksAttached},
	{"hidden", hiddenLast},
	{"root", rootSwitch},
	{"host-path", hostPaths},
}

// formed is how many rules at the beginning of the table make sure that the
// others can look at any plan without running out of a slice.
const formed = 2

// inInit reports whether init takes part in the operation.
func (op *Op) inInit() bool { return op.Lane != Parent }

// isPrctl reports whether the operation is a prctl(2) with these first arguments.
func (op *Op) isPrctl(option, arg uint64) bool {
	return op.Code == OpPrctl && op.Args[0].Num == option && op.Args[1].Num == arg
}

// entersNamespace reports whether init creates or joins a namespace of the type
// that flag names.
func (op *Op) entersNamespace(flag uint64) bool {
	switch op.Code {
	case OpUnshare:
		return op.Args[0].Num&flag != 0
	case OpSetns:
		return op.Args[1].Num&flag != 0
	}
	return false
}

// only returns the index of the one operation with that code, or holds and why
// there is not one.
func (p *Plan) only(code Code) (int, string) {
	at := holds
	for i := range p.Ops {
		if p.Ops[i].Code != code {
			continue
		}
		if at != holds {
			return i, "is the second one; one is allowed"
		}
		at = i
	}
	if at == holds {
		return len(p.Ops), "there is no " + code.String()
	}
	return at, ""
}

// last returns the index of the last operation with that code, or holds.
func (p *Plan) last(code Code) int {
	for i := len(p.Ops) - 1; i >= 0; i-- {
		if p.Ops[i].Code == code {
			return i
		}
	}
	return holds
}

// parting is where the parent lets init go: at the gate or, in a plan of exec,
// which has none, at the last message; holds if there is neither.
func (p *Plan) parting() int {
	if p.last(OpAwaitExec) != holds {
		return p.last(OpRelease)
	}
	return p.last(OpGate)
}

// previous and next return the index of init's operation before and after i, or
// holds.
func (p *Plan) previous(i int) int {
	for i--; i >= 0; i-- {
		if p.Ops[i].inInit() {
			return i
		}
	}
	return holds
}

func (p *Plan) next(i int) int {
	for i++; i < len(p.Ops); i++ {
		if p.Ops[i].inInit() {
			return i
		}
	}
	return holds
}
