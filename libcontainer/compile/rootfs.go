package compile

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// rootTree serves root.path: the parent clones the rootfs with everything below
// it into a detached tree. The clone is a peer of the host's mount, so its
// propagation is cut before anything is mounted in it. Along go the descriptors
// that init needs later: a procfs that no image can have tampered with, the
// tmpfs behind masked paths, and the gate.
func (c *compiler) rootTree() error {
	passed := uint64(3)
	c.parent(plan.Fifo(c.gate))
	c.from("root.path")
	switch {
	case c.clonesInside():
		passed = 2 // attachRoot clones it
	case !c.hasMountNamespace():
		c.parent(plan.Open(c.root, plan.Cwd, c.in.Rootfs, abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
	default:
		c.cloneRoot()
	}
	c.scope = ""
	c.parent(plan.Open(c.proc, plan.Cwd, "/proc", abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
	if len(c.linux().MaskedPaths) > 0 && !c.masksByInit() {
		c.from("linux.maskedPaths")
		c.parent(plan.Masks(c.masks))
		passed++
	}
	if err := c.copyups(); err != nil {
		return err
	}
	c.scope = ""
	c.both(plan.Release("resources", c.gate, passed))
	c.both(c.later...)
	return nil
}

func (c *compiler) cloneRoot() {
	c.cloner()(
		plan.OpenTree(c.root, plan.Cwd, c.in.Rootfs, abi.OpenTreeClone|abi.OpenTreeCloexec|abi.AtRecursive),
		plan.MountSetattr(c.root, "", abi.AtEmptyPath|abi.AtRecursive, 0, 0, c.clonePropagation(), plan.None),
	)
}

// clonePropagation is what a tree cloned from the host starts with. A slave
// still sees what the host mounts later, as it does under runc; only a
// rootfsPropagation of shared leaves peers of the host's mounts.
func (c *compiler) clonePropagation() uint64 {
	switch c.linux().RootfsPropagation {
	case "private", "rprivate", "unbindable", "runbindable":
		return abi.MsPrivate
	}
	return abi.MsSlave
}

// fork ends the stage: init is born into the pid and time namespaces, in the
// cgroup v2 directory. From a user namespace nobody may write to that, which is
// what CLONE_INTO_CGROUP asks for: then the parent moves init before it goes on.
func (c *compiler) fork() error {
	c.init(plan.ForkInto(c.cgroupDir))
	if slack := c.in.Host.TimerSlack; slack != 0 { // that of this program is for it alone
		c.init(plan.Prctl(abi.PrSetTimerslack, slack, 0, 0, 0))
	}
	if c.cgroupDir != plan.None {
		c.init(plan.Close(c.cgroupDir))
	}
	if c.joinV2 != "" {
		c.from("linux.cgroupsPath")
		c.both(plan.Arrive("born", plan.None))
		c.parent(plan.CgroupJoin(c.joinV2))
		c.both(plan.Release("cgroup joined", plan.None, 0))
	}
	c.lateLimits()
	if c.cgroupNS != plan.None {
		c.from("linux.namespaces")
		c.init(plan.Setns(c.cgroupNS, abi.CloneNewCgroup), plan.Close(c.cgroupNS))
	}
	return nil
}

// attachRoot mounts the clone over / of the new mount namespace. The process's
// own root stays below, so host paths can be used until switchRoot.
func (c *compiler) attachRoot() error {
	c.from("root.path")
	if !c.hasMountNamespace() {
		return c.refuseMounts()
	}
	if c.clonesInside() {
		c.cloneRoot()
	}
	if c.in.NoPivot && !c.locked() {
		// Without pivot_root the old tree stays reachable below the root: a bare
		// procfs or sysfs must not be in it.
		c.init(plan.Umount("/sys", abi.MntDetach), plan.Umount("/proc", abi.MntDetach))
	}
	at := "/"
	if c.rootAtPath() {
		at = c.in.Rootfs
	}
	c.init(plan.MoveMount(c.root, plan.Cwd, at))
	return nil
}

// rootAtPath reports whether the clone is attached at the path of the rootfs, where
// createContainer hooks look for the container's mounts. It is too where init clones
// the host's mounts: a recursive clone of / would have the rootfs on top.
func (c *compiler) rootAtPath() bool {
	return c.clonesInside() || c.spec.Hooks != nil && len(c.spec.Hooks.CreateContainer) > 0
}

// switchRoot makes the rootfs the root and forgets the old one, then serves
// linux.rootfsPropagation and root.readonly.
func (c *compiler) switchRoot() error {
	c.from("root.path")
	if c.in.NoPivot && c.hasMountNamespace() {
		if c.locked() {
			c.cover("/sys")
			c.cover("/proc")
		}
		if c.rootAtPath() {
			c.init(plan.MoveMount(c.root, plan.Cwd, "/"))
		}
	}
	c.init(plan.Fchdir(c.root))
	switch {
	case !c.hasMountNamespace() || c.in.NoPivot:
		c.init(plan.Chroot("."))
	default:
		c.init(plan.PivotRoot(), plan.Umount(".", abi.MntDetach))
	}
	c.init(plan.Chdir("/"), plan.Close(c.root))
	if !c.hasMountNamespace() {
		return nil
	}
	if flag, rec := propagationFlag(c.linux().RootfsPropagation); flag != 0 {
		c.from("linux.rootfsPropagation")
		c.init(plan.MountSetattr(plan.Cwd, "/", rec, 0, 0, flag, plan.None))
	}
	if c.spec.Root.Readonly {
		c.from("root.readonly")
		c.init(plan.MountSetattr(plan.Cwd, "/", 0, abi.MountAttrRdonly, 0, 0, plan.None))
	}
	return nil
}

// propagationFlag translates a propagation type's name.
func propagationFlag(name string) (flag, at uint64) {
	if len(name) > 1 && name[0] == 'r' {
		at = abi.AtRecursive
		name = name[1:]
	}
	switch name {
	case "shared":
		return abi.MsShared, at
	case "slave":
		return abi.MsSlave, at
	case "private":
		return abi.MsPrivate, at
	case "unbindable":
		return abi.MsUnbindable, at
	}
	return 0, 0
}

func (c *compiler) hasMountNamespace() bool {
	return c.namespace(specs.MountNamespace) != nil
}
