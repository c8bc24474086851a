package compile

import (
	"fmt"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// Create compiles the plan of create: from the caller's process to init waiting
// at the gate. It reads as the table of contents of what happens. The warnings
// name what the configuration asks for and does not get.
func Create(in *Input) (*plan.Plan, []string, error) {
	c := newCompiler(in)
	steps := []func() error{
		c.unsupported,       // nothing is silently left out
		c.withoutPrivileges, // nor left to the kernel to refuse
		c.start,             // the stage runs, not dumpable
		c.namespaces,        // those given by path, and new ones
		c.cgroup,            // v2, made and limited by the parent
		c.resctrl,           // shares of caches and memory bandwidth
		c.rootTree,          // a private clone of the rootfs, and what init needs
		c.fork,              // init is born, in its namespaces and cgroup
		c.cgroupV1,          // made and limited by the parent meanwhile
		c.identity,          // session, names, keyring
		c.attachRoot,        // the rootfs covers / of the new mount namespace
		c.mounts,            // every entry of mounts
		c.devices,           // /dev
		c.consoleDevice,     // the terminal
		c.inCgroup,          // v1, limited from here on
		c.runtimeHooks,      // prestart, createRuntime, createContainer
		c.sysctl,            // while the host's procfs is still the trusted one
		c.hidePaths,         // read-only and masked paths
		c.switchRoot,        // pivot_root; from here on no host path exists
		c.process,           // limits, user, capabilities, seccomp
		c.created,           // the parent records the container and leaves
		c.gateAndExec,       // start opens the gate
	}
	for _, step := range steps {
		c.scope = ""
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	return c.finish()
}

// finish refuses a plan that holds more descriptors than the stage has room for.
func (c *compiler) finish() (*plan.Plan, []string, error) {
	if n := len(c.plan.Slots); n > plan.MaxSlots {
		return nil, nil, fmt.Errorf("mounts: %d descriptors are needed at a time, the limit is %d; want fewer with tmpcopyup and fewer read-only tmpfs", n, plan.MaxSlots)
	}
	return &c.plan, c.warnings, nil
}

// start spawns the stage. It must not be dumpable before it joins a namespace
// that someone else is in: they could trace it and take its descriptors. Only
// where userNamespaceFirst it is made that a little later. It makes its namespaces
// while the parent puts the container on record.
func (c *compiler) start() error {
	announce := func(c *compiler) { c.parent(plan.Announce()) }
	return c.startIn(announce, func(c *compiler) {
		if c.in.Unit != nil && c.in.Unit.User {
			c.startUnit()
		}
	})
}

// startIn is start with what puts the container on record, and with what puts the stage
// into a cgroup as soon as it is there.
func (c *compiler) startIn(announce, enter func(*compiler)) error {
	c.gate = c.slot("gate")
	if c.clonesInside() { // the parent has no root to send along
		c.proc, c.root = c.slot("proc"), c.slot("root")
	} else {
		c.root, c.proc = c.slot("root"), c.slot("proc")
	}
	c.masks = c.slot("masks")
	c.target, c.fs, c.mnt = c.slot("target"), c.slot("fs"), c.slot("mnt")
	if c.spec.Process.Terminal && c.in.ConsoleSocket != "" {
		// Connected before anything else: whoever listens learns of a failure by
		// the connection's end.
		c.from("process.terminal")
		c.socket = c.slot("console-socket")
		c.parent(plan.Connect(c.socket, c.in.ConsoleSocket))
		c.scope = ""
	}
	c.parent(plan.Spawn())
	announce(c)
	if c.scoreFirst() {
		c.both(plan.Arrive("stage", plan.None))
		c.parent(c.oomScoreAdj()...)
		c.both(plan.Release("score", plan.None, 0))
	}
	enter(c)
	c.scope = ""
	if !c.userNamespaceFirst() {
		c.init(plan.Prctl(abi.PrSetDumpable, 0, 0, 0, 0))
	}
	return nil
}

// created: what callers rely on when create returns.
func (c *compiler) created() error {
	in := c.in
	c.both(plan.Arrive("created", plan.None))
	c.parent(c.lateScore()...)
	c.parent(c.last...)
	c.joinResctrl()
	if in.PidfdSocket != "" {
		sock := c.slot("pidfd-socket")
		c.parent(plan.Connect(sock, in.PidfdSocket), plan.SendPidfd(sock))
	}
	c.parent(plan.SaveState("created"))
	if in.PidFile != "" {
		c.parent(plan.PidFile(in.PidFile))
	}
	c.both(plan.Release("created", plan.None, 0))
	return nil
}

// gateAndExec: init waits for start, runs the last hooks and becomes the
// user's process. Every descriptor but the preserved ones closes with execve.
func (c *compiler) gateAndExec() error {
	c.init(plan.Gate(c.gate))
	c.startContainerHooks()
	c.from("process")
	c.init(
		plan.CloexecFrom(uint64(3+c.in.PreserveFDs)),
		plan.Execve(c.spec.Process.Args, c.environment()),
	)
	return nil
}
