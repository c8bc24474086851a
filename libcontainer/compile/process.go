package compile

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// process serves the process section in the order that privileges allow: what
// needs them first, then the user and the capabilities, and the filter where
// the fewest system calls follow it.
func (c *compiler) process() error {
	p := c.spec.Process
	steps := []func() error{c.labelAndForgetProc, c.scheduling, c.memoryPolicy, c.rlimits}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	c.scope = ""
	c.closeScratch(c.target, c.fs, c.mnt)
	if l := c.linux().Personality; l != nil {
		c.from("linux.personality")
		c.init(plan.Personality(persona(l.Domain)))
	}
	c.from("process.user")
	c.init(plan.StdioOwner(uint64(p.User.UID)))
	c.from("process.cwd")
	c.init(plan.Chdir(p.Cwd))
	if !p.NoNewPrivileges {
		c.seccomp() // needs CAP_SYS_ADMIN
	}
	c.user()
	c.from("process.args[0]")
	c.init(plan.Program(c.candidates()))
	if p.NoNewPrivileges {
		c.from("process.noNewPrivileges")
		c.init(plan.Prctl(abi.PrSetNoNewPrivs, 1, 0, 0, 0))
		c.seccomp()
	}
	return nil
}

// labelAndForgetProc serves the labels and closes the host's procfs: nothing of it
// is open at the gate.
func (c *compiler) labelAndForgetProc() error {
	if c.labelled {
		return nil
	}
	if err := c.securityLabels(); err != nil {
		return err
	}
	c.scope = ""
	c.init(plan.Close(c.proc))
	return nil
}

// closeScratch closes those of the slots that an operation of init has filled.
func (c *compiler) closeScratch(slots ...plan.Slot) {
	for _, s := range slots {
		for i := range c.plan.Ops {
			op := &c.plan.Ops[i]
			if op.Lane == plan.Init && op.Writes(s) {
				c.init(plan.Close(s))
				break
			}
		}
	}
}

// user serves process.user and process.capabilities: capabilities(7).
func (c *compiler) user() {
	p := c.spec.Process
	caps := c.capabilities()
	c.from("process.capabilities")
	c.init(plan.Capbset(caps.bounding), plan.Prctl(abi.PrSetKeepcaps, 1, 0, 0, 0))
	c.from("process.user")
	if c.maySetgroups() {
		groups := make([]byte, 0, 4*len(p.User.AdditionalGids))
		for _, g := range p.User.AdditionalGids {
			groups = binary.NativeEndian.AppendUint32(groups, g)
		}
		c.init(plan.Setgroups(groups))
	}
	c.init(plan.Setresgid(uint64(p.User.GID)), plan.Setresuid(uint64(p.User.UID)))
	// A change of user resets this to what fs.suid_dumpable says.
	c.init(plan.Prctl(abi.PrSetDumpable, 0, 0, 0, 0))
	c.from("process.capabilities")
	c.init(plan.Capset(caps.effective, caps.permitted, caps.inheritable), plan.Ambient(caps.ambient))
	c.from("process.user")
	umask := uint64(0o022)
	if p.User.Umask != nil {
		umask = uint64(*p.User.Umask)
	}
	c.init(plan.Umask(umask))
}

// maySetgroups reports whether setgroups(2) is not denied: it is in a user
// namespace whose gid map was written without privilege.
func (c *compiler) maySetgroups() bool {
	if c.in.Host.EUID != 0 && c.namespace(specs.UserNamespace) != nil {
		return !selfMap(c.linux().GIDMappings, c.in.Host.EGID)
	}
	return !c.in.SetgroupsDenied
}

// seccomp loads the filter that was compiled beforehand.
func (c *compiler) seccomp() {
	if c.in.Seccomp == nil {
		return
	}
	c.from("linux.seccomp")
	listener := plan.None
	if c.in.SeccompFlags&abi.SeccompFilterFlagNewListener != 0 {
		listener = c.slot("seccomp-listener")
	}
	c.init(plan.Seccomp(listener, c.in.SeccompFlags, c.in.Seccomp))
	if listener != plan.None {
		s := c.linux().Seccomp
		c.both(plan.Arrive("seccomp listener", listener))
		c.parent(plan.SeccompAgent(listener, s.ListenerPath, s.ListenerMetadata), plan.Close(listener))
		c.init(plan.Close(listener))
	}
}

// securityLabels serves process.apparmorProfile and process.selinuxLabel: the
// label takes effect with the next execve.
func (c *compiler) securityLabels() error {
	p := c.spec.Process
	if p.ApparmorProfile != "" {
		c.from("process.apparmorProfile")
		if !c.in.Host.AppArmor {
			return fmt.Errorf("process.apparmorProfile: got %q, but AppArmor is not enabled on this host", p.ApparmorProfile)
		}
		c.init(plan.WriteAt(c.proc, "self/attr/apparmor/exec", []byte("exec "+p.ApparmorProfile)))
	}
	if p.SelinuxLabel != "" {
		c.from("process.selinuxLabel")
		if !c.in.Host.SELinux {
			return fmt.Errorf("process.selinuxLabel: got %q, but SELinux is not enabled on this host", p.SelinuxLabel)
		}
		c.init(plan.WriteAt(c.proc, "self/attr/exec", []byte(p.SelinuxLabel)))
	}
	return nil
}

// keyringLabel gives the session keyring that is made next the label of the process
// that is to use it. The program has no such label: execve(2) resets it.
func (c *compiler) keyringLabel() {
	label := c.spec.Process.SelinuxLabel
	if label == "" {
		return
	}
	c.from("process.selinuxLabel")
	c.init(plan.WriteAt(c.proc, "self/attr/keycreate", []byte(label)))
	c.scope = ""
}

// unsupported refuses what this build does not do, rather than run a container
// without it.
func (c *compiler) unsupported() error {
	l := c.linux()
	if l.MountLabel != "" && !c.in.Host.SELinux {
		return fmt.Errorf("linux.mountLabel: got %q, but SELinux is not enabled on this host", l.MountLabel)
	}
	return nil
}

// candidates are the paths where args[0] is looked for, as execvp(3) does.
func (c *compiler) candidates() []string {
	name := c.spec.Process.Args[0]
	if strings.Contains(name, "/") {
		return []string{name}
	}
	if name == "" {
		return nil
	}
	var list []string
	for _, dir := range strings.Split(c.searchPath(), ":") {
		if dir == "" {
			dir = "."
		}
		list = append(list, strings.TrimSuffix(dir, "/")+"/"+name)
	}
	return list
}

func (c *compiler) searchPath() string {
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, kv := range c.spec.Process.Env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			path = v
		}
	}
	return path
}

// environment is process.env and socket activation with the last of equal names
// winning, plus HOME from the image's passwd file where it is not given.
func (c *compiler) environment() []string {
	all := c.spec.Process.Env
	if n := c.in.ListenFDs; n > 0 {
		all = append(all[:len(all):len(all)], "LISTEN_FDS="+strconv.Itoa(n), "LISTEN_PID=1")
	}
	last := make(map[string]int, len(all))
	for i, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		last[name] = i
	}
	env := make([]string, 0, len(all)+1)
	for i, kv := range all {
		if name, _, _ := strings.Cut(kv, "="); last[name] == i {
			env = append(env, kv)
		}
	}
	if _, ok := last["HOME"]; !ok && c.in.Home != "" {
		env = append(env, "HOME="+c.in.Home)
	}
	return env
}

func persona(d specs.LinuxPersonalityDomain) uint64 {
	if d == specs.PerLinux32 {
		return 0x0008
	}
	return 0
}
