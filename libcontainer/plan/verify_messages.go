package plan

import (
	"strings"
)

// arriveAnswered: an arrive stops the parent until init is there. It has a reason
// when init brings a descriptor, when the parent does something before the next
// message or when init then waits to be released. One without a reason is a lost
// operation.
func arriveAnswered(p *Plan) (int, string) {
	open := holds
	for i := range p.Ops {
		op := &p.Ops[i]
		switch {
		case op.Code == OpArrive && open != holds:
			return open, "is followed by another arrive, and the parent did nothing"
		case op.Code == OpArrive && op.Args[1].Slot == None:
			open = i
		case op.Lane == Parent, op.Code == OpRelease:
			open = holds
		}
	}
	if open != holds {
		return open, "is not followed by anything of the parent's"
	}
	return holds, ""
}

// actsOnWaiting: what the parent does to init, and what it tells others about it,
// happens while init stands still between an arrive and a release. Otherwise init
// is somewhere between two operations: maps could come after they are needed, a
// hook could find half of the mounts, the state could name a process that failed
// meanwhile. In exec the program runs in the end, and its pid is told then.
func actsOnWaiting(p *Plan) (int, string) {
	waits, acted, end := false, holds, len(p.Ops)
	if at := p.last(OpAwaitExec); at != holds {
		end = at
	}
	for i := range p.Ops[:end] {
		op := &p.Ops[i]
		switch {
		case acted != holds && (op.Code == OpArrive || op.Lane == Init):
			return acted, "is not followed by a release before init goes on"
		case op.Lane == Init:
			waits = false
		case op.Code == OpArrive:
			waits = true
		case op.Code == OpRelease:
			waits, acted = false, holds
		case op.Lane == Parent && onStanding(op.Code):
			if !waits {
				return i, "happens while init is not waiting"
			}
			acted = i
		}
	}
	if acted != holds {
		return acted, "is not followed by a release"
	}
	return holds, ""
}

func onStanding(code Code) bool {
	switch code {
	case OpIdmap, OpProcWrite, OpCgroupJoin, OpResctrlJoin, OpSystemdSet, OpRlimit, OpHook, OpHookState, OpSaveState, OpPidFile, OpSendPidfd:
		return true
	}
	return false
}

// actsOnBorn: the parent learns init's pid from the fork, and that the fork has
// happened from the next message. Before it, the pid is the stage's, which is
// about to end: it must reach no file, no hook and no other program.
func actsOnBorn(p *Plan) (int, string) {
	forked, born := false, false
	for i := range p.Ops {
		op := &p.Ops[i]
		switch op.Code {
		case OpForkInto:
			forked = true
		case OpArrive:
			born = forked
		case OpSaveState, OpPidFile, OpSendPidfd, OpSendFd, OpHookState, OpHook, OpRlimit, OpNetdevice, OpSeccompAgent, OpResctrlJoin:
			if op.Lane == Parent && !born {
				return i, "comes before init has arrived from its birth"
			}
		}
	}
	return holds, ""
}

// session: init leads a session of its own. A signal that a terminal sends to the
// caller's group would reach it otherwise, and a controlling terminal can only be
// taken by a session's leader (ioctl_tty(2)). The stage's own session ends with it.
func session(p *Plan) (int, string) {
	at, why := p.only(OpSetsid)
	if why != "" {
		return at, why
	}
	if fork := p.last(OpForkInto); at < fork {
		return at, "is the stage's, not init's"
	}
	for i := range p.Ops[:at] {
		if op := &p.Ops[i]; op.Code == OpCtty || op.Code == OpHook && op.Lane == Init {
			return i, "comes before setsid"
		}
	}
	return holds, ""
}

// limitedBeforeEntry: a cgroup is made and limited before init can enter it, which
// it can as soon as it has got a descriptor of it or the parent moves it there. A
// limit that is written later leaves a time in which the container is not limited;
// and one that is too small would kill init where nobody expects it. What systemd
// makes, it makes with the stage in it, so there all is done before init is born.
func limitedBeforeEntry(p *Plan) (int, string) {
	var tasks [MaxSlots]int32 // the open of a tasks file, plus 1 in the parent and negated in init
	joined, unit, forked := "", false, false
	for i := range p.Ops {
		op := &p.Ops[i]
		dir := ""
		switch op.Code {
		case OpForkInto:
			forked = true
		case OpSystemdStart:
			unit, dir = true, "the unit's"
		case OpOpen:
			if s := op.Args[0].Slot; op.Lane == Parent && int(s) < len(tasks) {
				tasks[s] = int32(i) + 1
			}
		case OpRelease:
			for s, end := op.passed(); s < end; s++ {
				tasks[s] = -max(tasks[s], -tasks[s])
			}
		case OpCgroupJoin:
			joined = op.Args[0].Str
		case OpCgroupMkdir, OpCgroupAdopt, OpCgroupWrite, OpCgroupDevices, OpCgroupChown:
			dir = op.Args[0].Str
		case OpCgroupInherit:
			dir = op.Args[1].Str
		}
		if dir != "" && (unit && forked || dir == joined || p.enterable(tasks[:len(p.Slots)], dir)) {
			return i, "comes after init can be in that cgroup"
		}
	}
	return holds, ""
}

// enterable reports whether init has a tasks file of the cgroup dir.
func (p *Plan) enterable(tasks []int32, dir string) bool {
	for _, i := range tasks {
		if i < 0 && strings.TrimSuffix(p.Ops[-i-1].Args[2].Str, "/tasks") == dir {
			return true
		}
	}
	return false
}

// handedDown: a cgroup v2 has the files of a controller once the cgroup above hands the
// controller down. A limit that is written before has no file where nobody else has
// done that by chance.
func handedDown(p *Plan) (int, string) {
	const file = "cgroup.subtree_control"
	for i := range p.Ops {
		if op := &p.Ops[i]; op.Code != OpCgroupWrite || op.Args[1].Str != file {
			continue
		}
		above := strings.TrimSuffix(p.Ops[i].Args[0].Str, "/") + "/"
		for j := range p.Ops[:i] {
			op := &p.Ops[j]
			if op.Code == OpCgroupWrite && op.Args[1].Str != file && strings.HasPrefix(op.Args[0].Str, above) {
				return i, "comes after a limit of a cgroup below"
			}
		}
	}
	return holds, ""
}

// entered: what init runs, it runs in every cgroup whose tasks file it has got, and
// no file of a cgroup is opened for nothing.
func entered(p *Plan) (int, string) {
	var pending [MaxSlots]int32 // the open of a tasks file that init has not written to, plus 1
	for i := range p.Ops {
		op := &p.Ops[i]
		switch op.Code {
		case OpOpen:
			if s := op.Args[0].Slot; op.Lane == Parent && int(s) < len(pending) && strings.HasSuffix(op.Args[2].Str, "/tasks") {
				pending[s] = int32(i) + 1
			}
		case OpWrite:
			if s := op.Args[0].Slot; int(s) < len(pending) {
				pending[s] = 0
			}
		case OpHook, OpGate, OpExecve:
			for s := range p.Slots {
				if pending[s] != 0 {
					return int(pending[s] - 1), "is of a cgroup that init is not in by then"
				}
			}
		}
	}
	return holds, ""
}
