package compile

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// ExecInput is what a plan of exec depends on. Spec is the container's
// configuration with the process to run in the place of its own, and with the
// path of each of its namespaces.
type ExecInput struct {
	Input
	Root  string   // path of the container's root, for a container without mount namespace
	Tasks []string // cgroup v1 tasks files to enter
	V2    string   // cgroup v2 directory to be born in; "" for none
	// AttachUnit is the unit whose systemd moves the process to AttachPath below the
	// unit's cgroup, in place of V2; "" for none.
	AttachUnit, AttachPath string
}

// Exec compiles the plan of exec: a process joins the namespaces and the cgroup
// of a container and becomes the program. It is the same language as Create's and
// shares what serves the process section; there is no gate, since nobody waits.
func Exec(in *ExecInput) (*plan.Plan, []string, error) {
	c := newCompiler(&in.Input)
	e := &execCompiler{compiler: c, exec: in}
	steps := []func() error{
		c.groupsDenied,     // before anything is done
		e.start,            // the stage runs, not dumpable
		c.initialAffinity,  // process.execCPUAffinity.initial
		e.labels,           // of the security module, for the program
		c.joinNamespaces,   // all by path
		e.resources,        // the cgroup and what the process needs of the host
		c.fork,             // the process is born, in the namespaces and the cgroup v2
		e.enterCgroupV1,    // an existing one
		c.finalAffinity,    // process.execCPUAffinity.final
		e.session,          // session and keyring
		e.enterRoot,        // the container's root
		e.console,          // the terminal
		c.process,          // limits, user, capabilities, seccomp
		e.becomeTheProgram, // the parent waits until it is executed
	}
	for _, step := range steps {
		c.scope = ""
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	return c.finish()
}

type execCompiler struct {
	*compiler
	exec *ExecInput
}

// start puts nothing on record. It has a user's instance of systemd move the stage while
// that is still the user's process: systemd moves no others.
func (e *execCompiler) start() error {
	return e.startIn(func(*compiler) {}, func(c *compiler) {
		if e.exec.AttachUnit != "" {
			c.from("linux.cgroupsPath")
			c.parent(plan.SystemdAttach(e.exec.AttachUnit, e.exec.AttachPath))
		}
	})
}

// labels are set by the stage, outside the container, and are inherited: the host's
// procfs never comes to where the container's processes could reach for it.
func (e *execCompiler) labels() error {
	c := e.compiler
	c.labelled = true
	p := c.spec.Process
	if p.ApparmorProfile == "" && p.SelinuxLabel == "" {
		return nil
	}
	c.parent(plan.Open(c.proc, plan.Cwd, "/proc", abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
	c.both(plan.Release("labels", c.proc, 1))
	if err := c.securityLabels(); err != nil {
		return err
	}
	if !c.in.NoNewKeyring {
		c.keyringLabel() // the fork inherits it
	}
	c.scope = ""
	c.init(plan.Close(c.proc))
	return nil
}

// resources sends over what the process needs to enter the cgroup and the root.
func (e *execCompiler) resources() error {
	c := e.compiler
	if c.namespace(specs.MountNamespace) == nil {
		c.parent(plan.Open(c.root, plan.Cwd, e.exec.Root, abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
		c.both(plan.Release("root", c.root, 1))
	}
	c.from("linux.cgroupsPath")
	c.openCgroups(e.exec.Tasks, e.exec.V2)
	return nil
}

func (e *execCompiler) enterCgroupV1() error {
	e.from("linux.cgroupsPath")
	e.enterTasks()
	return nil
}

func (e *execCompiler) session() error {
	e.init(plan.Setsid())
	if !e.in.NoNewKeyring {
		e.init(plan.Keyring())
	}
	return nil
}

// enterRoot takes the root of the joined mount namespace, or without one the
// directory that the container's init has as its root.
func (e *execCompiler) enterRoot() error {
	if e.namespace(specs.MountNamespace) == nil {
		e.init(plan.Fchdir(e.root), plan.Chroot("."), plan.Chdir("/"))
		if !e.spec.Process.Terminal {
			e.init(plan.Close(e.root))
		}
		return nil
	}
	if e.spec.Process.Terminal {
		e.init(plan.Open(e.root, plan.Cwd, "/", abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
	}
	return nil
}

// console makes a pty of the container's devpts the process's terminal.
func (e *execCompiler) console() error {
	if !e.spec.Process.Terminal {
		return nil
	}
	e.from("process.terminal")
	e.openTerminal()
	e.takeTerminal()
	e.init(plan.Close(e.root))
	return nil
}

// becomeTheProgram: the parent learns from the end of the report socket that the
// program was executed, or from a last record why not.
func (e *execCompiler) becomeTheProgram() error {
	c, in := e.compiler, e.in
	c.both(plan.Arrive("ready", plan.None))
	c.parent(c.lateScore()...)
	c.parent(c.last...)
	c.joinResctrl()
	if in.PidfdSocket != "" {
		sock := c.slot("pidfd-socket")
		c.parent(plan.Connect(sock, in.PidfdSocket), plan.SendPidfd(sock))
	}
	c.both(plan.Release("ready", plan.None, 0))
	c.from("process")
	c.init(
		plan.CloexecFrom(uint64(3+in.PreserveFDs)),
		plan.Execve(c.spec.Process.Args, c.environment()),
	)
	c.scope = ""
	c.parent(plan.AwaitExec())
	if in.PidFile != "" {
		c.parent(plan.PidFile(in.PidFile))
	}
	return nil
}

// initialAffinity serves process.execCPUAffinity.initial: the CPUs to run on
// until the process is in the cgroup.
func (c *compiler) initialAffinity() error {
	return c.affinity("initial", func(a *specs.CPUAffinity) string { return a.Initial })
}

// finalAffinity serves process.execCPUAffinity.final.
func (c *compiler) finalAffinity() error {
	return c.affinity("final", func(a *specs.CPUAffinity) string { return a.Final })
}

func (c *compiler) affinity(name string, field func(*specs.CPUAffinity) string) error {
	a := c.spec.Process.ExecCPUAffinity
	if a == nil || field(a) == "" {
		return nil
	}
	c.from("process.execCPUAffinity.%s", name)
	mask, err := bitmask(field(a))
	if err != nil {
		return err
	}
	c.init(plan.Affinity(mask))
	return nil
}
