package plan

import (
	"fmt"

	"rt/libcontainer/abi"
)

// propagationCut: a mount namespace starts as a copy whose mounts are peers of the
// ones it was copied from. What is mounted in it appears on the host until "/" and
// everything below it is made slave or private; a namespace that is joined may
// have peers as well. Nothing is mounted or unmounted before that.
func propagationCut(p *Plan) (int, string) {
	entered, cut := false, false
	for i := range p.Ops {
		op := &p.Ops[i]
		if !op.inInit() {
			continue
		}
		switch {
		case op.entersNamespace(abi.CloneNewNS):
			entered, cut = true, false
		case op.Code == OpMountSetattr && entered && cutsAll(op):
			cut = true
		case changesMounts(op.Code) && !entered:
			return i, "would change the mounts of the host: there is no mount namespace"
		case changesMounts(op.Code) && !cut:
			return i, "would reach the host: the propagation of / is not cut"
		}
	}
	return holds, ""
}

func cutsAll(op *Op) bool {
	return op.Args[0].Slot == Cwd && op.Args[1].Str == "/" && op.Args[2].Num&abi.AtRecursive != 0 &&
		op.Args[5].Num&(abi.MsSlave|abi.MsPrivate) != 0
}

func changesMounts(code Code) bool {
	switch code {
	case OpMoveMount, OpMask, OpReadonly, OpPivotRoot, OpUmount:
		return true
	}
	return false
}

// clonesCut: what open_tree clones from the host's mounts is a peer of them. Each
// clone gets a propagation type explicitly while it is still detached, be it shared
// where the configuration asks for that: no mount shares events with the host because
// somebody forgot. Of init's clones those of the container's own mounts, which are
// reached by a descriptor, have none to get.
func clonesCut(p *Plan) (int, string) {
	var parent, init slotSet
	for i := range p.Ops {
		op := &p.Ops[i]
		cloned := &init
		if op.Lane == Parent {
			cloned = &parent
		}
		uncut := None
		switch op.Code {
		case OpRelease:
			for s, end := op.passed(); s < end; s++ {
				if parent[s] {
					uncut = s
				}
				init[s] = false
			}
		case OpOpenTree:
			ofHost := op.Lane == Parent || op.Args[1].Slot == Cwd
			cloned[op.Args[0].Slot] = ofHost && op.Args[3].Num&abi.OpenTreeClone != 0
		case OpFsmount:
			cloned[op.Args[0].Slot] = false
		case OpMountSetattr:
			if s := op.Args[0].Slot; int(s) < len(cloned) && op.Args[1].Str == "" && op.Args[5].Num != 0 {
				cloned[s] = false
			}
		case OpMoveMount:
			if s := op.Args[0].Slot; int(s) < len(init) && init[s] {
				uncut = s
			}
		}
		if uncut != None {
			return i, p.SlotName(uncut) + " is a clone without a propagation type"
		}
	}
	return holds, ""
}

// clonesInside: init may clone a mount of the host only from its own copy of it. Before
// it is in a mount namespace, or in one whose propagation is not cut, the clone would
// be of the mount that the host itself uses.
func clonesInside(p *Plan) (int, string) {
	cut := false
	for i := range p.Ops {
		op := &p.Ops[i]
		switch {
		case op.Lane == Parent:
		case op.entersNamespace(abi.CloneNewNS):
			cut = false
		case op.Code == OpMountSetattr && cutsAll(op):
			cut = true
		case op.Code == OpOpenTree && op.Args[1].Slot == Cwd && !cut:
			return i, "takes a mount of the host's own namespace"
		}
	}
	return holds, ""
}

// byDescriptor: init mounts on, clones and changes what it has opened, never what
// a path names: the rootfs is the image's, and a path in it can be made to lead
// elsewhere between any two system calls. The exceptions are paths of the host,
// which are told by the working directory.
func byDescriptor(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Lane != Init {
			continue
		}
		dir, path := None, ""
		switch op.Code {
		case OpMoveMount:
			dir, path = op.Args[1].Slot, op.Args[2].Str
		case OpOpenTree:
			dir, path = op.Args[1].Slot, op.Args[2].Str
		case OpMountSetattr:
			dir, path = op.Args[0].Slot, op.Args[1].Str
		default:
			continue
		}
		switch {
		case dir != Cwd && path != "":
			return i, fmt.Sprintf("follows the path %q below a descriptor", path)
		case dir == Cwd && (path == "" || path[0] != '/'):
			return i, fmt.Sprintf("takes the path %q from the working directory", path)
		}
	}
	return holds, ""
}

// scopedOpen: an image can put links to anywhere in its rootfs, and magic links of
// a mounted procfs lead out of any root. Whatever init opens is scoped to a
// descriptor: RESOLVE_IN_ROOT or RESOLVE_BENEATH of openat2(2), without magic
// links. Only its root itself needs no look-up.
func scopedOpen(p *Plan) (int, string) {
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Code != OpOpen || op.Lane != Init {
			continue
		}
		switch resolve := op.Args[5].Num; {
		case op.Args[1].Slot == Cwd && op.Args[2].Str == "/":
		case op.Args[1].Slot == Cwd:
			return i, "is not below a descriptor"
		case resolve&(abi.ResolveInRoot|abi.ResolveBeneath) == 0:
			return i, "is not scoped to its directory"
		case resolve&abi.ResolveNoMagiclinks == 0:
			return i, "would follow magic links"
		}
	}
	return holds, ""
}

// masksAttached: open_tree clones only from a mount that is attached (before Linux
// 6.15), so the tmpfs behind masked paths is moved somewhere first.
func masksAttached(p *Plan) (int, string) {
	var attached slotSet
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Lane != Init {
			continue
		}
		switch s := op.Args; op.Code {
		case OpMoveMount:
			if int(s[0].Slot) < len(attached) {
				attached[s[0].Slot] = true
			}
		case OpMask:
			if m := s[2].Slot; int(m) < len(attached) && !attached[m] {
				return i, p.SlotName(m) + " is not attached yet"
			}
		}
	}
	return holds, ""
}

// hiddenLast: a mount over a masked or read-only path, or over what is above it,
// would uncover it. Nothing is mounted below the root once the first path is
// hidden.
func hiddenLast(p *Plan) (int, string) {
	hidden := false
	for i := range p.Ops {
		switch op := &p.Ops[i]; op.Code {
		case OpMask, OpReadonly:
			hidden = true
		case OpMoveMount:
			if hidden && op.Args[1].Slot != Cwd {
				return i, "comes after a path was hidden"
			}
		}
	}
	return holds, ""
}

// rootSwitch: init leaves the host's tree in one piece: into the new root, switch,
// and away with the old one, which pivot_root leaves on top of the working
// directory. Stopping in between leaves a way out to the host. What was mounted by
// then is all there is. A plan that joins a mount namespace may have no switch:
// setns(2) brings the root of the namespace along.
func rootSwitch(p *Plan) (int, string) {
	at, joined := holds, false
	for i := range p.Ops {
		op := &p.Ops[i]
		switch {
		case op.Code == OpSetns && op.entersNamespace(abi.CloneNewNS):
			joined = true
		case op.Code == OpPivotRoot || op.Code == OpChroot:
			if at != holds {
				return i, "is the second change of the root"
			}
			at = i
		case at != holds && (op.Code == OpMoveMount || op.Code == OpMask || op.Code == OpReadonly):
			return i, "comes after the change of the root"
		}
	}
	switch {
	case at == holds && joined:
		return holds, ""
	case at == holds:
		return len(p.Ops), "there is neither pivot_root nor chroot"
	}
	return p.switchesAt(at)
}

// switchesAt checks what is around the change of the root at index at.
func (p *Plan) switchesAt(at int) (int, string) {
	if b := p.previous(at); b == holds || p.Ops[b].Code != OpFchdir {
		return at, "does not follow fchdir"
	}
	n := p.next(at)
	if op := &p.Ops[at]; op.Code == OpChroot && op.Args[0].Str != "." {
		return at, fmt.Sprintf("goes to %q, not to the working directory", op.Args[0].Str)
	}
	if p.Ops[at].Code == OpPivotRoot {
		if n == holds || p.Ops[n].Code != OpUmount || p.Ops[n].Args[0].Str != "." || p.Ops[n].Args[1].Num&abi.MntDetach == 0 {
			return at, "does not get rid of the old root"
		}
		n = p.next(n)
	}
	if n == holds || p.Ops[n].Code != OpChdir || p.Ops[n].Args[0].Str != "/" {
		return at, "leaves the working directory outside the root"
	}
	return holds, ""
}

// hostPaths: with the root, the meaning of every path changes. One that was meant
// for the host would now be looked up in the image, with the image's links: only
// the root itself can still be named.
func hostPaths(p *Plan) (int, string) {
	switched := false
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Lane != Init {
			continue
		}
		dir, path := None, ""
		switch op.Code {
		case OpPivotRoot, OpChroot:
			switched = true
			continue
		case OpMountSetattr:
			dir, path = op.Args[0].Slot, op.Args[1].Str
		case OpOpen, OpOpenTree:
			dir, path = op.Args[1].Slot, op.Args[2].Str
		case OpMoveMount:
			dir, path = op.Args[1].Slot, op.Args[2].Str
		case OpUmount:
			dir, path = Cwd, op.Args[0].Str
		}
		if switched && dir == Cwd && path != "/" && path != "." {
			return i, fmt.Sprintf("names %q, which is the image's since the root has changed", path)
		}
	}
	return holds, ""
}
