package plan

import "rt/libcontainer/abi"

var messageMutants = []mutant{
	{"answered", "an arrival that nobody waits for", func(e edit) { e.insert(e.at(OpArrive, 2), Both, Arrive("lost", None)) }},
	{"answered", "a last arrival that nobody answers", func(e edit) { e.insert(e.at(OpGate, 0), Both, Arrive("lost", None)) }},

	{"waiting", "a map is written while init goes on", func(e edit) { e.move(OpIdmap, 1, e.at(OpRelease, 1)+1) }},
	{"waiting", "the state is saved after init goes on", func(e edit) { e.move(OpSaveState, 0, e.at(OpGate, 0)) }},
	{"waiting", "init never waits for its maps", func(e edit) { e.drop(OpRelease, 1) }},
	{"waiting", "init never waits for the end of hooks", func(e edit) {
		e.drop(OpRelease, 5)
		for _, s := range []Slot{sOutput, sState, sStart} {
			e.insert(e.at(OpHook, 1), Init, Masks(s)) // fills it
			e.Ops[e.at(OpHook, 1)-1] = Op{Code: OpFsopen, Lane: Init, Args: []Arg{{Slot: s}, {Str: "x"}}}
		}
	}},

	{"born", "a hook before init's birth", func(e edit) {
		e.insert(e.at(OpRelease, 1), Parent, Hook("/bin/h", nil, nil, None, None, 0))
	}},
	{"born", "the pid file before init's birth", func(e edit) { e.move(OpPidFile, 0, e.at(OpRelease, 1)) }},
	{"born", "a device is moved before init's birth", func(e edit) { e.insert(e.at(OpCgroupMkdir, 0), Parent, Netdevice("a", "b")) }},

	{"waiting born", "the stage is put in a group of resctrl", func(e edit) { e.move(OpResctrlJoin, 0, e.at(OpCgroupMkdir, 0)) }},
	{"waiting", "init is put in a group while it goes on", func(e edit) { e.move(OpResctrlJoin, 0, e.at(OpGate, 0)) }},

	{"session", "no session", func(e edit) { e.drop(OpSetsid, 0) }},
	{"session", "the stage's session", func(e edit) { e.move(OpSetsid, 0, e.at(OpForkInto, 0)) }},
	{"session", "a terminal without a session", func(e edit) { e.move(OpSetsid, 0, e.at(OpCtty, 0)+1) }},

	{"limited", "a limit after init can be born into the cgroup", func(e edit) { e.move(OpCgroupWrite, 0, e.at(OpSetsid, 0)) }},
	{"limited", "devices are limited after init can be born into the cgroup", func(e edit) {
		e.insert(e.at(OpSetsid, 0), Parent, CgroupDevices("/cg", nil))
	}},
	{"limited", "a limit after init can enter the v1 cgroup", func(e edit) { e.move(OpCgroupWrite, 1, e.at(OpWrite, 0)) }},
	{"limited", "a cpuset is filled after init can be in it", func(e edit) {
		e.insert(e.at(OpWrite, 0), Parent, CgroupInherit("/", "/v1", "cpuset.cpus"))
	}},
	{"limited", "a limit after the parent moved init", func(e edit) {
		e.insert(e.at(OpRelease, 1), Parent, CgroupWrite("/joined", "pids.max", "1", 0))
		e.insert(e.at(OpRelease, 1)-1, Parent, CgroupJoin("/joined"))
	}},

	{"handed-down", "a controller is handed down after its limit", func(e edit) {
		e.insert(e.at(OpCgroupWrite, 0)+1, Parent, CgroupWrite("/", "cgroup.subtree_control", "+pids", 1))
	}},

	{"entered unprivileged", "a hook outside the cgroup", func(e edit) {
		e.move(OpClose, e.nthClose(sTasks), e.at(OpGate, 0))
		e.move(OpWrite, 0, e.at(OpGate, 0)-1)
	}},
	{"limited", "a unit is made after init's birth", func(e edit) { e.insert(e.at(OpWrite, 0), Parent, SystemdStart("a.scope", nil)) }},

	{"entered", "a program outside the cgroup", func(e edit) { e.drop(OpWrite, 0) }},
}

var privilegeMutants = []mutant{
	{"dumpable", "dumpable for ever", func(e edit) { e.drop(OpPrctl, 0) }},
	{"dumpable", "dumpable in a joined namespace", func(e edit) { e.move(OpPrctl, 0, e.at(OpSetns, 0)+1) }},
	{"dumpable", "dumpable with a descriptor", func(e edit) { e.move(OpPrctl, 0, e.at(OpSetns, 0)) }},

	{"mapped", "the gid map is missing", func(e edit) { e.drop(OpIdmap, 1) }},
	{"mapped", "work without ids", func(e edit) { e.insert(e.at(OpSetresgid, 0), Init, Unshare(abi.CloneNewUTS)) }},
	{"mapped", "no group id is taken", func(e edit) { e.drop(OpSetresgid, 0) }},
	{"mapped", "no user id is taken", func(e edit) { e.drop(OpSetresuid, 0) }},
	{"mapped", "ids are taken before they are mapped", func(e edit) { e.move(OpSetresuid, 0, e.at(OpArrive, 0)) }},
	{"mapped", "no ids are taken in a joined user namespace", func(e edit) {
		e.insert(e.at(OpSetns, 0)+1, Init, Setns(sNS, abi.CloneNewUser))
	}},

	{"groups", "groups after the user", func(e edit) { e.move(OpSetgroups, 0, e.at(OpCapset, 0)) }},
	{"groups", "the group after the user", func(e edit) { e.move(OpSetresgid, 1, e.at(OpCapset, 0)) }},
	{"groups", "the group is forgotten", func(e edit) { e.drop(OpSetresgid, 1) }},

	{"bounding seccomp", "no bounding set", func(e edit) { e.drop(OpCapbset, 0); e.drop(OpPrctl, 2) }},
	{"bounding", "the bounding set after the user", func(e edit) { e.move(OpCapbset, 0, e.at(OpCapset, 0)) }},
	{"bounding", "two bounding sets", func(e edit) { e.insert(e.at(OpCapbset, 0), Init, Capbset(0)) }},

	{"capset", "no capabilities", func(e edit) { e.drop(OpCapset, 0) }},
	{"capset", "capabilities before the user", func(e edit) { e.move(OpCapset, 0, e.at(OpSetgroups, 0)) }},
	{"capset", "no ambient set", func(e edit) { e.drop(OpAmbient, 0) }},
	{"capset", "the ambient set before the others", func(e edit) { e.move(OpAmbient, 0, e.at(OpCapset, 0)) }},
	{"capset", "nothing is kept over the change of user", func(e edit) { e.drop(OpPrctl, 1) }},
	{"capset", "kept after the change of user", func(e edit) { e.move(OpPrctl, 1, e.at(OpCapset, 0)) }},

	{"unprivileged", "a limit after the capabilities", func(e edit) { e.move(OpRlimit, 0, e.at(OpUmask, 0)) }},
	{"unprivileged", "an owner after the capabilities", func(e edit) { e.insert(e.at(OpUmask, 0), Init, StdioOwner(5)) }},

	{"seccomp", "a filter without privileges and without no_new_privs", func(e edit) { e.drop(OpPrctl, 2) }},
	{"seccomp", "a filter before no_new_privs", func(e edit) { e.move(OpPrctl, 2, e.at(OpSeccomp, 0)+1) }},
	{"seccomp", "a filter before the program is found", func(e edit) { e.move(OpProgram, 0, e.at(OpSeccomp, 0)+1) }},
	{"seccomp", "two filters", func(e edit) { e.insert(e.at(OpSeccomp, 0), Init, Seccomp(None, 0, nil)) }},
	{"behind-gate seccomp", "a filter after the gate", func(e edit) {
		e.insert(e.at(OpHook, 2), Init, Seccomp(None, 0, nil))
		e.drop(OpSeccomp, 0)
		e.dropListener()
	}},

	{"program", "no program", func(e edit) { e.drop(OpProgram, 0) }},
	{"program", "the program is found as somebody else", func(e edit) { e.move(OpProgram, 0, e.at(OpSetgroups, 0)) }},
	{"program", "a program that depends on the working directory", func(e edit) { e.arg(OpProgram, 0, 0).List = []string{"sh"} }},
	{"behind-gate seccomp program", "the program is found after the gate", func(e edit) { e.move(OpProgram, 0, e.at(OpHook, 2)) }},
}

// dropListener removes what hands the listener over.
func (e edit) dropListener() {
	e.drop(OpArrive, 3)
	e.drop(OpSeccompAgent, 0)
	e.drop(OpClose, e.nthClose(sListener))
	e.drop(OpClose, e.nthClose(sListener))
}

var mountMutants = []mutant{
	{"cut", "the propagation of the host stays", func(e edit) { e.drop(OpMountSetattr, 0) }},
	{"cut", "the propagation is cut on top only", func(e edit) { e.arg(OpMountSetattr, 0, 2).Num = 0 }},
	{"cut", "the propagation is cut somewhere", func(e edit) { e.arg(OpMountSetattr, 0, 1).Str = "/mnt" }},
	{"cut", "the propagation is shared", func(e edit) { e.arg(OpMountSetattr, 0, 5).Num = abi.MsShared }},
	{"cut", "the host's mount namespace", func(e edit) { e.arg(OpUnshare, 1, 0).Num = abi.CloneNewPID }},
	{"cut", "another mount namespace after the cut", func(e edit) {
		e.insert(e.at(OpMoveMount, 0), Init, Unshare(abi.CloneNewNS))
	}},

	{"cloned", "the root is a peer of the host's", func(e edit) { e.drop(OpMountSetattr, 1) }},
	{"cloned", "a bind is a peer of the host's", func(e edit) { e.drop(OpMountSetattr, 3) }},

	{"cloned", "a clone that init makes is a peer of the host's", func(e edit) {
		at := e.at(OpFsopen, 0)
		e.insert(at, Init, MoveMount(sMount, sTarget, ""))
		e.insert(at, Init, OpenTree(sMount, Cwd, "/src", abi.OpenTreeClone|abi.OpenTreeCloexec))
	}},
	{"inside", "init clones a mount of the host's namespace", func(e edit) {
		e.insert(e.at(OpUnshare, 1), Init, OpenTree(sMount, Cwd, "/src", abi.OpenTreeClone|abi.OpenTreeCloexec))
	}},
	{"inside", "init clones a mount whose propagation is not cut", func(e edit) {
		e.insert(e.at(OpUnshare, 1)+1, Init, OpenTree(sMount, Cwd, "/src", abi.OpenTreeClone|abi.OpenTreeCloexec))
	}},

	{"by-descriptor", "a mount on a path", func(e edit) { e.arg(OpMoveMount, 1, 2).Str = "b" }},
	{"by-descriptor", "a clone of a path", func(e edit) { e.arg(OpOpenTree, 2, 2).Str = "b" }},
	{"by-descriptor", "a mount on the working directory", func(e edit) { e.arg(OpMoveMount, 0, 2).Str = "" }},
	{"by-descriptor", "attributes of a path", func(e edit) {
		e.insert(e.at(OpReadonly, 0), Init, MountSetattr(sRoot, "etc", 0, 1, 0, 0, None))
	}},

	{"scoped", "a file of the image by any path", func(e edit) { e.arg(OpOpen, 4, 5).Num = abi.ResolveNoMagiclinks }},
	{"scoped", "a file of the image through magic links", func(e edit) { e.arg(OpOpen, 4, 5).Num = abi.ResolveInRoot }},
	{"scoped", "a file below the working directory", func(e edit) {
		e.insert(e.at(OpReadonly, 0), Init, Open(sTarget, Cwd, "/etc/passwd", 0, 0, inRoot))
	}},

	{"masks", "masks are not attached", func(e edit) { e.drop(OpMoveMount, 3) }},
	{"masks", "masks are attached too late", func(e edit) { e.move(OpMoveMount, 3, e.at(OpMask, 0)+1) }},

	{"hidden", "a mount over a hidden path", func(e edit) { e.move(OpMoveMount, 2, e.at(OpReadonly, 0)+1) }},

	{"root", "the root of the host", func(e edit) { e.drop(OpPivotRoot, 0); e.drop(OpUmount, 0) }},
	{"root", "two changes of the root", func(e edit) { e.insert(e.at(OpPivotRoot, 0), Init, Chroot(".")) }},
	{"root", "the old root stays", func(e edit) { e.drop(OpUmount, 0) }},
	{"root", "the old root stays a little", func(e edit) { e.move(OpUmount, 0, e.at(OpRlimit, 0)) }},
	{"root", "the new root is somewhere", func(e edit) { e.drop(OpFchdir, 0) }},
	{"root", "the working directory stays outside", func(e edit) { e.drop(OpChdir, 0) }},
	{"root", "a mount after the change of the root", func(e edit) {
		e.move(OpReadonly, 0, e.at(OpRlimit, 0))
		e.move(OpClose, e.nthClose(sRoot), e.at(OpChdir, 1))
	}},
	{"root", "chroot to a path", func(e edit) {
		e.drop(OpUmount, 0)
		e.Ops[e.at(OpPivotRoot, 0)] = Op{Code: OpChroot, Lane: Init, Args: []Arg{{Str: "/rootfs"}}}
	}},

	{"host-path", "attributes of a path of the image", func(e edit) {
		e.insert(e.at(OpRlimit, 0), Init, MountSetattr(Cwd, "/etc", 0, 1, 0, 0, None))
	}},
	{"host-path", "a path of the image is unmounted", func(e edit) { e.insert(e.at(OpRlimit, 0), Init, Umount("/proc", abi.MntDetach)) }},
}
