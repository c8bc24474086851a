package plan

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

// limitedBeforeBirth: init is born into a cgroup whose limits are set. One that
// is written later leaves a time in which the container is not limited; and a
// limit that is too small would kill init where nobody expects it.
func limitedBeforeBirth(p *Plan) (int, string) {
	for i := p.last(OpForkInto) + 1; i > 0 && i < len(p.Ops); i++ {
		switch p.Ops[i].Code {
		case OpCgroupMkdir, OpCgroupAdopt, OpSystemdStart, OpCgroupWrite, OpCgroupInherit, OpCgroupDevices, OpCgroupChown:
			return i, "comes after init is born"
		}
	}
	return holds, ""
}
