package plan

import "rt/libcontainer/abi"

var shapeMutants = []mutant{
	{"operands", "the zero operation", func(e edit) { e.insert(3, Init, Op{}) }},
	{"operands", "an operation beyond the table", func(e edit) { e.insert(3, Init, Op{Code: 9999}) }},
	{"operands", "init's operation in the parent", func(e edit) { e.Ops[e.at(OpSetsid, 0)].Lane = Parent }},
	{"operands", "the parent's operation in init", func(e edit) { e.Ops[e.at(OpMasks, 0)].Lane = Init }},
	{"operands", "two lanes at once", func(e edit) { e.Ops[e.at(OpClose, 0)].Lane = Parent | Init }},
	{"operands", "an operand too few", func(e edit) {
		op := &e.Ops[e.at(OpFsset, 0)]
		op.Args = op.Args[:2]
	}},
	{"operands", "a slot that does not exist", func(e edit) { e.arg(OpFchdir, 0, 0).Slot = slotCount }},
	{"operands", "the working directory as a destination", func(e edit) { e.arg(OpMasks, 0, 0).Slot = Cwd }},

	{"limits", "too many slots", func(e edit) { e.Slots = make([]string, MaxSlots+1) }},
	{"limits", "too many descriptors in one message", func(e edit) {
		e.Slots = make([]string, MaxSlots)
		e.arg(OpRelease, 2, 2).Num = MaxPass + 1
	}},
	{"limits", "descriptors beyond the slots", func(e edit) { e.arg(OpRelease, 2, 2).Num = uint64(slotCount) + 1 }},

	{"descriptors", "a mask below the working directory", func(e edit) { e.arg(OpMask, 0, 0).Slot = Cwd }},
	{"descriptors", "a path made below the working directory", func(e edit) { e.arg(OpMkpath, 0, 1).Slot = Cwd }},
	{"descriptors", "a file opened below nothing", func(e edit) { e.arg(OpOpen, 0, 1).Slot = None }},
	{"descriptors", "an id map without a namespace", func(e edit) { e.arg(OpMountSetattr, 2, 6).Slot = None }},
	{"descriptors", "a destination that is none", func(e edit) {
		e.insert(e.at(OpFsopen, 0)+1, Init, Fsopen(None, "tmpfs"))
	}},

	{"components", "dots in the parts of a path", func(e edit) {
		*e.arg(OpMkpath, 0, 2), *e.arg(OpMkpath, 0, 3) = Arg{Str: "a/.."}, Arg{List: []string{"a", "a", "a/..", ".."}}
	}},
	{"components", "a slash in the parts of a path", func(e edit) { e.arg(OpMkpath, 0, 3).List = []string{"a/b", "a/b"} }},
	{"components", "an empty name in the parts of a path", func(e edit) { e.arg(OpMkpath, 0, 3).List = []string{"", ""} }},
	{"components", "parts that are not pairs", func(e edit) { e.arg(OpMkpath, 0, 3).List = []string{"a"} }},
	{"components", "parts of another path", func(e edit) { e.arg(OpMkpath, 0, 2).Str = "a/c" }},
	{"components", "parts that do not continue each other", func(e edit) { e.arg(OpMkpath, 0, 3).List = []string{"a", "a", "c/b", "b"} }},
	{"components", "a path without parts", func(e edit) { e.arg(OpMkpath, 0, 3).List = nil }},
	{"components", "a device outside its directory", func(e edit) { e.arg(OpDevnode, 0, 1).Str = "../null" }},
	{"components", "a link outside its directory", func(e edit) { e.arg(OpSymlinkat, 0, 2).Str = ".." }},

	{"spawn", "no spawn", func(e edit) { e.drop(OpSpawn, 0) }},
	{"spawn", "two spawns", func(e edit) { e.insert(e.at(OpSpawn, 0), Parent, Spawn()) }},
	{"spawn", "init before spawn", func(e edit) { e.move(OpSpawn, 0, e.at(OpPrctl, 0)+1) }},

	{"announced", "nothing is on record", func(e edit) { e.drop(OpAnnounce, 0) }},
	{"announced", "a cgroup that is not on record yet", func(e edit) { e.move(OpAnnounce, 0, e.at(OpCgroupMkdir, 0)+1) }},
	{"announced", "a message before the record", func(e edit) { e.move(OpAnnounce, 0, e.at(OpRelease, 0)+1) }},

	{"fork born", "no birth", func(e edit) { e.drop(OpForkInto, 0) }},
	{"fork", "two births", func(e edit) { e.insert(e.at(OpForkInto, 0), Init, ForkInto(None)) }},
	{"fork", "a pid namespace after the birth", func(e edit) { e.insert(e.at(OpSetsid, 0), Init, Unshare(abi.CloneNewPID)) }},
	{"fork", "a time namespace after the birth", func(e edit) { e.insert(e.at(OpSetsid, 0), Init, Unshare(abi.CloneNewTime)) }},

	{"execve", "no execve", func(e edit) { e.drop(OpExecve, 0) }},
	{"execve", "two execves", func(e edit) { e.insert(len(e.Ops), Init, Execve(nil, nil)) }},
	{"execve", "a hook after execve", func(e edit) { e.move(OpHook, 2, len(e.Ops)) }},
	{"execve", "no marking of descriptors", func(e edit) { e.drop(OpCloexecFrom, 0) }},
	{"execve", "a hook after the marking of descriptors", func(e edit) { e.move(OpHook, 2, e.at(OpExecve, 0)) }},
	{"execve", "the standard streams are marked", func(e edit) { e.arg(OpCloexecFrom, 0, 0).Num = 2 }},

	{"gate", "two gates", func(e edit) { e.insert(e.at(OpGate, 0), Init, Gate(sGate)) }},
	{"gate closed seccomp program", "no gate", func(e edit) { e.drop(OpGate, 0) }},

	{"behind-gate", "a change of user behind the gate", func(e edit) { e.insert(e.at(OpHook, 2), Init, Umask(0)) }},
	{"behind-gate", "the parent behind the gate", func(e edit) {
		e.insert(e.at(OpHook, 2), Parent, Connect(sSocket, "/x"))
	}},
	{"behind-gate", "a message behind the gate", func(e edit) { e.insert(e.at(OpHook, 2), Both, Release("late", None, 0)) }},
}

var slotMutants = []mutant{
	{"filled", "a slot of init's is never written", func(e edit) { e.drop(OpFsopen, 0) }},
	{"filled", "a slot of the parent's is never written", func(e edit) { e.drop(OpConnect, 0) }},
	{"filled", "a slot is read after it is closed", func(e edit) { e.move(OpClose, 6, e.at(OpPtpeer, 0)) }},
	{"filled", "a slot is closed twice", func(e edit) { e.insert(e.at(OpClose, 0), Init, Close(sNS)) }},
	{"filled", "the parent reads what it has released", func(e edit) {
		e.insert(e.at(OpRelease, 2)+1, Parent, Close(sProc))
	}},
	{"filled", "init reads what only the parent has", func(e edit) { e.insert(e.at(OpSetsid, 0), Init, Close(sSocket)) }},
	{"filled", "the parent reads what only init has", func(e edit) {
		e.insert(e.at(OpRelease, 5), Parent, Close(sPeer))
	}},
	{"filled", "a release of an empty slot", func(e edit) { e.drop(OpMasks, 0) }},
	{"filled", "an arrival with an empty slot", func(e edit) { e.arg(OpArrive, 1, 1).Slot = sListener }},

	{"closed", "the host's proc is open at the gate", func(e edit) { e.drop(OpClose, e.nthClose(sProc)) }},
	{"closed", "a source is open at the gate", func(e edit) { e.drop(OpClose, e.nthClose(sSource)) }},
	{"closed", "a hook's state is open at the gate and not used", func(e edit) { e.drop(OpClose, e.nthClose(sState)) }},

	{"cloexec", "a file that hooks inherit", func(e edit) { e.arg(OpOpen, 0, 3).Num = 0 }},
	{"cloexec", "a clone that hooks inherit", func(e edit) { e.arg(OpOpenTree, 1, 3).Num &^= abi.OCloexec }},
}

// nthClose counts the closes in front of the one of that slot.
func (e edit) nthClose(s Slot) (n int) {
	for i := range e.Ops {
		if e.Ops[i].Code != OpClose {
			continue
		}
		if e.Ops[i].Args[0].Slot == s {
			return n
		}
		n++
	}
	e.t.Fatalf("nothing closes slot %d", s)
	return 0
}

// execMutants are changes of a plan of exec.
var execMutants = []mutant{
	{"gate announced", "exec has a gate", func(e edit) { e.insert(e.at(OpClose, 2), Init, Gate(sProc)) }},
	{"gate waiting program", "nobody awaits the program", func(e edit) { e.drop(OpAwaitExec, 0) }},
	{"gate waiting", "two await the program", func(e edit) { e.insert(len(e.Ops), Parent, AwaitExec()) }},
	{"execve behind-gate", "init goes on behind execve", func(e edit) { e.insert(len(e.Ops), Init, Umask(0)) }},
	{"behind-gate", "the parent does more than to wait", func(e edit) { e.insert(len(e.Ops), Parent, Connect(sSocket, "/x")) }},
	{"closed", "the host's proc is open in the program's reach", func(e edit) { e.drop(OpClose, e.nthClose(sProc)) }},
	{"cut", "a mount in the container's namespace", func(e edit) { e.insert(e.at(OpClose, 2), Init, MoveMount(sProc, Cwd, "/x")) }},
}
