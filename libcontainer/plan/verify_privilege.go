package plan

import (
	"strings"

	"rt/libcontainer/abi"
)

// dumpable: a process in a namespace that others are in too can be traced by
// them, and gives them its descriptors, unless it is not dumpable (prctl(2),
// PR_SET_DUMPABLE; this is how CVE-2016-9962 worked). So init is made that before
// it enters anything or gets anything. The exception is an unprivileged caller: it
// can write the id maps of a dumpable process only, so the new user namespace comes
// first, and nobody else is in that.
func dumpable(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		if !op.inInit() {
			continue
		}
		switch {
		case op.isPrctl(abi.PrSetDumpable, 0):
			return holds, ""
		case op.Code == OpArrive && op.Args[1].Slot == None,
			op.Code == OpRelease && op.Args[2].Num == 0,
			op.Code == OpUnshare && op.Args[0].Num&abi.CloneNewUser != 0:
		default:
			return i, "comes before prctl(PR_SET_DUMPABLE, 0)"
		}
	}
	return len(p.Ops), "there is no prctl(PR_SET_DUMPABLE, 0)"
}

// mapped: in a user namespace that it has just entered, init has the overflow ids
// until it takes ids of the namespace. What it makes before that belongs to nobody
// and cannot be changed by the container's root. For a new namespace, both maps
// are written while init waits.
func mapped(p *Plan) (int, string) {
	entered, maps, group := holds, 0, false
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.inInit() && op.entersNamespace(abi.CloneNewUser) {
			if entered != holds {
				return i, "comes before ids are taken in the user namespace entered before"
			}
			entered, maps, group = i, 0, false
			if op.Code == OpSetns {
				maps = 2
			}
			continue
		}
		if entered == holds {
			continue
		}
		switch {
		case op.Code == OpIdmap:
			maps++
		case op.Code == OpSetresgid:
			group = true
		case op.Code == OpSetresuid && maps == 2 && group:
			entered = holds
		case op.Code == OpSetresuid && maps != 2:
			return i, "comes before the id maps are written"
		case op.Code == OpSetresuid:
			return i, "comes before setresgid"
		case op.inInit() && op.Code != OpArrive && op.Code != OpRelease && op.Code != OpPrctl && op.Code != OpClose:
			return i, "is done by a process without ids in its user namespace"
		}
	}
	if entered != holds {
		return entered, "is not followed by setresgid and setresuid"
	}
	return holds, ""
}

// groupsBeforeUser: leaving uid 0 takes CAP_SETGID away, so groups that are set
// later stay those of the caller: a process of the user's that is in group 0.
func groupsBeforeUser(p *Plan) (int, string) {
	user, before := holds, holds
	for i := range p.Ops {
		if p.Ops[i].Code == OpSetresuid {
			user, before = i, user
		}
	}
	if user == holds {
		return len(p.Ops), "there is no setresuid"
	}
	if at := p.last(OpSetgroups); at > user {
		return at, "comes after the last setresuid"
	}
	switch at := p.last(OpSetresgid); {
	case at > user:
		return at, "comes after the last setresuid"
	case at <= before:
		return user, "has no setresgid of its own"
	}
	return holds, ""
}

// boundingFirst: dropping from the bounding set takes CAP_SETPCAP, which the
// change of user takes from the effective set, and capset then drops. A bounding
// set that is left whole gives everything back to the first set-user-ID program.
func boundingFirst(p *Plan) (int, string) {
	at, why := p.only(OpCapbset)
	if why != "" {
		return at, why
	}
	if user := p.last(OpSetresuid); user != holds && at > user {
		return at, "comes after the last setresuid"
	}
	return holds, ""
}

// capsetAfterUser: changing the user id drops capabilities (capabilities(7),
// "Effect of user ID changes"), so the sets are given after it, out of what
// PR_SET_KEEPCAPS has kept; and the ambient set comes last, because it is limited
// by the two that capset sets. Both exactly once: a program without them would run
// with all that the caller has.
func capsetAfterUser(p *Plan) (int, string) {
	set, why := p.only(OpCapset)
	if why != "" {
		return set, why
	}
	ambient, why := p.only(OpAmbient)
	if why != "" {
		return ambient, why
	}
	user, kept := p.last(OpSetresuid), false
	for i := range p.Ops[:max(user, 0)] {
		kept = kept || p.Ops[i].isPrctl(abi.PrSetKeepcaps, 1)
	}
	switch {
	case set < user:
		return set, "comes before the last setresuid, which undoes it"
	case ambient < set:
		return ambient, "comes before capset, which undoes it"
	case user != holds && !kept:
		return user, "comes without prctl(PR_SET_KEEPCAPS, 1), so there is nothing left to give"
	}
	return holds, ""
}

// unprivileged: behind capset init is what the configuration says, possibly a user
// without any capability. What needs privileges there works in tests as root and
// fails for others; it belongs in front.
func unprivileged(p *Plan) (int, string) {
	for i := p.last(OpCapset) + 1; i > 0 && i < len(p.Ops); i++ {
		if !p.Ops[i].inInit() {
			continue
		}
		switch p.Ops[i].Code {
		case OpAmbient, OpUmask, OpProgram, OpPrctl, OpSeccomp, OpClose, OpArrive, OpRelease,
			OpGate, OpHook, OpCloexecFrom, OpExecve,
			OpCapset, OpCapbset, OpSetgroups, OpSetresgid, OpSetresuid, OpSetsid: // other rules place these
		default:
			return i, "comes after capset, without privileges"
		}
	}
	return holds, ""
}

// seccompPlace: a filter concerns every system call behind it, so it comes as late
// as it can. Without no_new_privs loading it takes CAP_SYS_ADMIN: then it is in
// front of what gives that up. With it, it is behind everything but the gate. In
// both cases it is loaded before the gate, so that an error is create's.
func seccompPlace(p *Plan) (int, string) {
	at := p.last(OpSeccomp)
	if at == holds {
		return holds, ""
	}
	if first, why := p.only(OpSeccomp); why != "" {
		return first, why
	}
	nnp := holds
	for i := range p.Ops {
		if p.Ops[i].isPrctl(abi.PrSetNoNewPrivs, 1) {
			nnp = i
		}
	}
	switch {
	case at > p.parting():
		return at, "comes after the gate"
	case nnp == holds && at > p.last(OpCapbset):
		return at, "comes after capbset, and there is no prctl(PR_SET_NO_NEW_PRIVS, 1)"
	case nnp != holds && at < nnp:
		return at, "comes before prctl(PR_SET_NO_NEW_PRIVS, 1)"
	case nnp != holds && (at < p.last(OpAmbient) || at < p.last(OpProgram)):
		return at, "comes before ambient or program, which it would filter needlessly"
	}
	return holds, ""
}

// programAsUser: whether a program can be executed depends on who asks, so it is
// looked for as the user; and it is looked for before the gate, so that a missing
// program is create's error and not start's.
func programAsUser(p *Plan) (int, string) {
	at, why := p.only(OpProgram)
	switch {
	case why != "":
		return at, why
	case at < p.last(OpSetresuid):
		return at, "comes before the last setresuid"
	case at > p.parting():
		return at, "comes after the gate"
	}
	for _, c := range p.Ops[at].Args[0].List {
		if strings.IndexByte(c, '/') < 0 {
			return at, "has a candidate without a directory"
		}
	}
	return holds, ""
}
