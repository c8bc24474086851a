package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/devices"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/cgroup/systemd"
	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/compile"
	"rt/libcontainer/host"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/launch"
	"rt/libcontainer/plan"
	"rt/libcontainer/resctrl"
	"rt/libcontainer/seccomp"
	"rt/libcontainer/spec"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// prepared is a bundle that has been read, checked and compiled: everything
// about a container that can be decided before the first side effect.
type prepared struct {
	root   string // the runtime's root directory
	opts   CreateOptions
	text   []byte // config.json as it is
	spec   *specs.Spec
	facts  *host.Facts
	bundle string
	rootfs string
	set    *setting.Set
	unit   *unit.Request    // what systemd is asked for; nil without it
	units  *systemd.Manager // the systemd that is asked
	// resctrl is nil without linux.intelRdt.
	resctrl *resctrl.Group
	// madeUserNS: the user namespace is not in the configuration.
	madeUserNS bool
	plan       *plan.Plan
	pidFile    string // absolute
	notify     string // NOTIFY_SOCKET of the caller
	listenFDs  int
	stage      *launch.Stage // runs already; nil without start
	trace      *launch.Trace // nil for none
}

// prepare reads and compiles a bundle. Nothing outside the process changes, except that
// a seccomp filter may be added to the cache. With start, the init stage runs when it
// returns, and waits for the plan.
//
// Warnings are held back until the bundle is known to be good: a failure is told in
// one line.
func (rt *Runtime) prepare(ctx context.Context, o CreateOptions, start bool) (*prepared, error) {
	var held []string
	quiet := *rt
	quiet.Warn = func(text string) { held = append(held, text) }
	p := &prepared{root: rt.Root, opts: o}
	if err := quiet.read(ctx, p, start); err != nil {
		p.close()
		return nil, err
	}
	for _, text := range held {
		rt.warn(text)
	}
	return p, nil
}

// close gives up what is not used.
func (p *prepared) close() {
	p.stage.Close()
	p.units.Close()
}

// read is prepare with the warnings as they come.
func (rt *Runtime) read(ctx context.Context, p *prepared, start bool) error {
	o := p.opts
	if err := state.CheckID(o.ID); err != nil {
		return err
	}
	var err error
	if p.bundle, err = filepath.Abs(o.Bundle); err != nil {
		return err
	}
	config, err := spec.Load(p.bundle)
	if err != nil {
		return err
	}
	for _, problem := range config.Validate() {
		if !problem.Warning {
			return errors.New(problem.String())
		}
		rt.warn(problem.String())
	}
	p.spec, p.text = config.Spec, config.Text
	if p.rootfs, err = findRootfs(p.bundle, p.spec.Root.Path); err != nil {
		return err
	}
	if err := p.preservedFDs(); err != nil {
		return err
	}
	if start {
		if err := rt.startStage(p); err != nil {
			return err
		}
	}
	if p.facts, err = host.Probe(); err != nil {
		return err
	}
	if l := p.spec.Linux; l != nil && l.Resources != nil {
		p.facts.ProbeWeights(l.Resources.BlockIO)
	}
	p.madeUserNS = makeUserNS(p.spec, p.facts)
	if err := checkNamespaces(p.spec.Linux); err != nil {
		return err
	}
	if needsRlimits(p.spec, p.facts) {
		if err := p.facts.ProbeRlimits(); err != nil {
			return err
		}
	}
	if err := p.checkTerminal(); err != nil {
		return err
	}
	in, err := rt.input(ctx, p)
	if err != nil {
		return err
	}
	compiled, warnings, err := compile.Create(in)
	if err != nil {
		return err
	}
	if err := compiled.Verify(); err != nil {
		return err
	}
	for _, w := range warnings {
		rt.warn(w)
	}
	p.plan = compiled
	return nil
}

// startStage has the stage make what namespaces it can while the plan is made.
func (rt *Runtime) startStage(p *prepared) (err error) {
	c := launch.StageConfig{Dir: rt.Root, Preserve: p.listenFDs + p.opts.PreserveFDs}
	if host.Privileged() {
		c.Namespaces = compile.Ahead(p.spec.Linux)
	}
	if p.opts.Trace != "" {
		p.trace = new(launch.Trace)
		c.Trace = p.trace
	}
	p.stage, err = launch.StartStage(c)
	return err
}

func (rt *Runtime) warn(text string) {
	if rt.Warn != nil {
		rt.Warn(text)
	}
}

// findRootfs makes root.path absolute. It must be a directory and no link: what
// a link names can change between any two looks.
func findRootfs(bundle, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(bundle, path)
	}
	path = filepath.Clean(path)
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return "", fmt.Errorf("root.path: %w", &os.PathError{Op: "lstat", Path: path, Err: err})
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return path, nil
	case unix.S_IFLNK:
		return "", fmt.Errorf("root.path: %s is a symbolic link, want a directory", path)
	}
	return "", fmt.Errorf("root.path: %s is not a directory", path)
}

// input gathers what the compiler depends on.
func (rt *Runtime) input(ctx context.Context, p *prepared) (*compile.Input, error) {
	o := p.opts
	in := &compile.Input{
		Spec: p.spec, Host: p.facts,
		ID: o.ID, Bundle: p.bundle, Rootfs: p.rootfs,
		Caller:       callerEnviron(),
		PidfdSocket:  o.PidfdSocket,
		NoPivot:      o.NoPivot,
		NoNewKeyring: o.NoNewKeyring,
	}
	if o.PidFile != "" {
		path, err := filepath.Abs(o.PidFile)
		if err != nil {
			return nil, err
		}
		in.PidFile, p.pidFile = path, path
	}
	in.ConsoleSocket = o.ConsoleSocket
	in.SetgroupsDenied, in.MadeUserNS = setgroupsDenied(p.facts), p.madeUserNS
	p.notifySocket()
	in.Mounts = mountFacts(p)
	in.Home = lookupHome(p, in.Mounts)
	in.ListenFDs, in.PreserveFDs = p.listenFDs, p.listenFDs+p.opts.PreserveFDs
	if err := rt.cgroup(ctx, p, in); err != nil {
		return nil, err
	}
	if l := p.spec.Linux; l != nil && l.IntelRdt != nil {
		var err error
		if p.resctrl, err = resctrlGroup(o.ID, l.IntelRdt); err != nil {
			return nil, err
		}
		in.Resctrl = p.resctrl
	}
	if err := rt.confinement(p.spec, in); err != nil {
		return nil, err
	}
	return in, nil
}

// needsRlimits reports whether the compiler asks what the caller's limits are: init
// in a user namespace can only lower them.
func needsRlimits(s *specs.Spec, f *host.Facts) bool {
	return len(s.Process.Rlimits) > 0 && (f.Unprivileged() || hasUserNS(s))
}

// setgroupsDenied reports whether the caller's user namespace denies setgroups(2).
func setgroupsDenied(facts *host.Facts) bool {
	if !facts.InUserNS {
		return false
	}
	data, err := sys.ReadFile("/proc/self/setgroups", 64)
	return err == nil && strings.HasPrefix(string(data), "deny")
}

// confinement compiles the seccomp filter and finds out about the security module
// that a label is for.
func (rt *Runtime) confinement(s *specs.Spec, in *compile.Input) error {
	if l := s.Linux; l != nil && l.Seccomp != nil {
		filter, err := seccomp.Compile(l.Seccomp, filepath.Join(rt.Root, state.CacheDir))
		if err != nil {
			return err
		}
		if filter != nil {
			if err := filter.Usable(); err != nil {
				return err
			}
			in.Seccomp, in.SeccompFlags = filter.Program, filter.Flags
			for _, w := range filter.Warnings {
				rt.warn(w)
			}
		}
	}
	in.Host.AppArmor = s.Process.ApparmorProfile != "" && host.AppArmor()
	in.Host.SELinux = (s.Process.SelinuxLabel != "" || s.Linux != nil && s.Linux.MountLabel != "") && host.SELinux()
	return nil
}

// preservedFDs counts the descriptors that the process inherits: those of socket
// activation (sd_listen_fds(3)) and those of --preserve-fds. A descriptor of the
// caller's is open and, having survived execve(2), not close-on-exec.
func (p *prepared) preservedFDs() error {
	if n, err := strconv.Atoi(os.Getenv("LISTEN_FDS")); err == nil && n > 0 {
		pid := os.Getenv("LISTEN_PID")
		if pid == "" || pid == strconv.Itoa(os.Getpid()) {
			p.listenFDs = n
		}
	}
	if err := checkDescriptors(p.listenFDs+p.opts.PreserveFDs, p.opts.PreserveFDs); err != nil {
		return err
	}
	return keepDescriptors()
}

// checkTerminal refuses combinations that would leave a terminal nowhere.
func (p *prepared) checkTerminal() error {
	if !p.spec.Process.Terminal && p.opts.ConsoleSocket != "" {
		return errors.New("--console-socket: process.terminal is false, so there is no terminal to send")
	}
	return nil
}

// cgroup decides where the container's cgroup is and what it gets.
func (rt *Runtime) cgroup(ctx context.Context, p *prepared, in *compile.Input) error {
	l := p.spec.Linux
	path := ""
	var resources *specs.LinuxResources
	if l != nil {
		path, resources = l.CgroupsPath, l.Resources
	}
	var set *setting.Set
	var err error
	if rt.SystemdCgroup {
		set, err = p.systemdCgroup(ctx, path, resources)
		in.Unit = p.unit
	} else {
		set, err = setting.Create(p.facts, path, p.opts.ID, resources)
	}
	if err != nil {
		return err
	}
	for _, w := range set.Warnings {
		rt.warn(w)
	}
	if !rt.SystemdCgroup && rt.rootless(p.facts) { // systemd has the permission
		all := len(set.Dirs)
		if set, err = reachable(set, p.facts, path); err != nil {
			return err
		}
		if !p.facts.Unprivileged() && (set == nil || len(set.Dirs) < all) {
			rt.warn("linux.resources.devices: the container may open every device: without permission on cgroups nothing limits that")
		}
		if set == nil {
			return nil
		}
	}
	p.set, in.Cgroup = set, set
	if len(set.Devices) > 0 {
		in.DeviceProgram, err = devices.Program(set.Devices)
	}
	return err
}

// callerEnviron is the environment that the caller gave, without what the program's
// entry has added to it: docs/adr/0009-entry-point.md.
func callerEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool { return kv == "GOMAXPROCS=01" })
}
