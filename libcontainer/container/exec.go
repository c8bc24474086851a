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

	"rt/libcontainer/cgroup/systemd"
	"rt/libcontainer/compile"
	"rt/libcontainer/host"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/launch"
	"rt/libcontainer/plan"
	"rt/libcontainer/resctrl"
	"rt/libcontainer/spec"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// ConfigFile is the copy of the bundle's config.json in a container's directory.
const ConfigFile = "config.json"

// savedConfig reads the copy in the directory dir.
func savedConfig(dir string) (*specs.Spec, error) {
	path := dir + "/" + ConfigFile
	data, err := sys.ReadFile(path, maxConfig)
	if err != nil {
		return nil, err
	}
	config, err := spec.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config.Spec, nil
}

// Exec runs a process in a running container. In the foreground it stays until
// the process ends and returns its exit code, 128+n for signal n.
func (rt *Runtime) Exec(ctx context.Context, o ExecOptions) (int, error) {
	rec, err := state.Load(rt.Root, o.ID)
	if err != nil {
		return 0, err
	}
	switch s := status(rec); {
	case s == stopped:
		return 0, errExecStopped
	case s == creating:
		return 0, errors.New("cannot exec in a container that is still being created")
	case s == paused && !o.IgnorePaused:
		return 0, errExecPaused
	}
	p, err := rt.prepareExec(rec, &o)
	if err != nil {
		return 0, err
	}
	defer unix.Close(p.init)
	ctx, started, err := foreground(ctx, !o.Detach)
	if err != nil {
		return 0, err
	}
	proc, err := rt.launchExec(ctx, p)
	if err != nil {
		return 0, err
	}
	forwarded := started()
	if o.Detach {
		return 0, nil
	}
	var tty *terminalProxy
	if proc.Console != nil {
		if tty, err = proxyTerminal(proc.Console); err != nil {
			_ = unix.Kill(proc.Pid, unix.SIGKILL)
			return 0, err
		}
		defer tty.restore()
	}
	return attend(proc.Pid, forwarded, tty)
}

// preparedExec is a process that is ready to be launched.
type preparedExec struct {
	rec       *state.Record
	init      int // O_PATH descriptor of /proc/PID of the container's init
	plan      *plan.Plan
	preserve  int
	trace     string
	attached  bool // by systemd
	processOf *specs.Process
}

// prepareExec builds the process and compiles its plan. The directory of init in
// /proc is opened first and its start time compared after: from then on its files
// are init's or nobody's, whoever has the pid by then.
func (rt *Runtime) prepareExec(rec *state.Record, o *ExecOptions) (*preparedExec, error) {
	s, err := savedConfig(state.Dir(rt.Root, rec.ID))
	if err != nil {
		return nil, err
	}
	if s.Process, err = rt.execProcess(s.Process, o); err != nil {
		return nil, err
	}
	p := &preparedExec{rec: rec, trace: o.Trace, processOf: s.Process}
	p.init, err = unix.Open("/proc/"+strconv.Itoa(rec.Pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil || !alive(rec.Pid, rec.StartTime) {
		if err == nil {
			unix.Close(p.init)
		}
		return nil, errExecStopped
	}
	if err := rt.compileExec(p, s, o); err != nil {
		unix.Close(p.init)
		return nil, err
	}
	return p, nil
}

// maxConfig bounds the copy of config.json.
const maxConfig = 16 << 20

func (rt *Runtime) compileExec(p *preparedExec, s *specs.Spec, o *ExecOptions) error {
	self := "/proc/self/fd/" + strconv.Itoa(p.init)
	facts, err := host.Probe()
	if err != nil {
		return err
	}
	if err := joinMadeUserNS(s, p.rec.Pid, self); err != nil {
		return err
	}
	if p.rec.Restored {
		joinMadeTimeNS(s, self)
	}
	if needsRlimits(s, facts) {
		if err := facts.ProbeRlimits(); err != nil {
			return err
		}
	}
	in := &compile.ExecInput{Root: self + "/root"}
	in.Spec, in.Host, in.ID = s, facts, p.rec.ID
	in.Bundle, in.Rootfs, in.Caller = p.rec.Bundle, p.rec.Rootfs, callerEnviron()
	in.ConsoleSocket, in.PidfdSocket = o.ConsoleSocket, o.PidfdSocket
	in.PreserveFDs, p.preserve = o.PreserveFDs, o.PreserveFDs
	if err := checkDescriptors(o.PreserveFDs, o.PreserveFDs); err != nil {
		return err
	}
	if err := keepDescriptors(); err != nil {
		return err
	}
	if o.PidFile != "" {
		if in.PidFile, err = filepath.Abs(o.PidFile); err != nil {
			return err
		}
	}
	in.SetgroupsDenied = setgroupsDenied(facts)
	joinAll(s, self)
	in.Home = homeInRoot(self+"/root", s.Process)
	if in.Tasks, in.V2, err = execCgroups(p, facts, o); err != nil {
		return err
	}
	if r := p.rec.Resctrl; r.Dir != "" {
		in.Resctrl = &resctrl.Group{Dir: r.Dir, Monitor: r.Monitor}
	}
	attachByUnit(p, facts, in)
	if err := rt.confinement(s, &in.Input); err != nil {
		return err
	}
	compiled, warnings, err := compile.Exec(in)
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

// joinAll gives every namespace of the configuration the path of init's.
func joinAll(s *specs.Spec, proc string) {
	if s.Linux == nil {
		return
	}
	for i := range s.Linux.Namespaces {
		ns := &s.Linux.Namespaces[i]
		ns.Path = proc + "/ns/" + nsFile(ns.Type)
	}
}

func nsFile(t specs.LinuxNamespaceType) string {
	switch t {
	case specs.NetworkNamespace:
		return "net"
	case specs.MountNamespace:
		return "mnt"
	}
	return string(t)
}

// execCgroups are the files to enter the container's cgroup by. On cgroup v2 that
// is where init is now: a container that enabled controllers for sub-cgroups of
// its own has moved there, and its first cgroup takes no process any more.
func execCgroups(p *preparedExec, facts *host.Facts, o *ExecOptions) (tasks []string, v2 string, err error) {
	sub, err := subCgroups(o.Cgroups)
	if err == nil {
		err = sub.check(&facts.Cgroups)
	}
	if err != nil {
		return nil, "", err
	}
	for _, dir := range p.rec.Cgroups {
		i := hierarchyOf(facts, dir)
		if i < 0 {
			continue
		}
		h := &facts.Cgroups.Hierarchies[i]
		path, explicit := sub.of(h)
		if explicit {
			dir, err = below(dir, path)
			if err != nil {
				return nil, "", err
			}
		}
		switch {
		case !h.V2:
			tasks = append(tasks, dir+"/tasks")
		case explicit:
			v2 = dir
		default:
			v2 = initCgroup(p.rec.Pid, h, dir)
		}
	}
	return tasks, v2, nil
}

// hierarchyOf finds the hierarchy that a directory is in, or -1.
func hierarchyOf(facts *host.Facts, dir string) int {
	best := -1
	for i := range facts.Cgroups.Hierarchies {
		m := facts.Cgroups.Hierarchies[i].Mountpoint
		longer := best < 0 || len(m) > len(facts.Cgroups.Hierarchies[best].Mountpoint)
		if strings.HasPrefix(dir, m+"/") && longer {
			best = i
		}
	}
	return best
}

// initCgroup is init's cgroup v2 directory if that is below dir, else dir.
func initCgroup(pid int, h *host.Hierarchy, dir string) string {
	data, err := sys.ReadFile("/proc/"+strconv.Itoa(pid)+"/cgroup", 1<<20)
	if err != nil {
		return dir
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			now := h.Mountpoint + path
			if strings.HasPrefix(now, dir+"/") {
				return now
			}
		}
	}
	return dir
}

// subs are the values of --cgroup: a path for named controllers, or for all.
type subs []struct {
	controllers []string
	path        string
}

func subCgroups(flags []string) (list subs, err error) {
	for _, f := range flags {
		names, path, named := strings.Cut(f, ":")
		if !named {
			names, path = "", f
		}
		if path == "" {
			return nil, fmt.Errorf("--cgroup %s: the path is empty, want [CONTROLLER[,CONTROLLER]:]PATH", f)
		}
		var controllers []string
		if names != "" {
			controllers = strings.Split(names, ",")
		}
		list = append(list, struct {
			controllers []string
			path        string
		}{controllers, path})
	}
	return list, nil
}

// check refuses controllers that no hierarchy has, and on cgroup v2 any: a process is in
// one cgroup there, for all of them.
func (l subs) check(c *host.Cgroups) error {
	for _, s := range l {
		for _, name := range s.controllers {
			if c.Kind == host.KindV2 {
				return fmt.Errorf("--cgroup %s:%s: cgroup v2 has one cgroup for all controllers, want %s alone", name, s.path, s.path)
			}
			if !slices.ContainsFunc(c.Hierarchies, func(h host.Hierarchy) bool { return isOn(&h, name) }) {
				return fmt.Errorf("--cgroup %s:%s: this host has no cgroup controller %q", name, s.path, name)
			}
		}
	}
	return nil
}

func (l subs) of(h *host.Hierarchy) (string, bool) {
	for _, s := range l {
		if len(s.controllers) == 0 {
			return s.path, true
		}
		for _, c := range s.controllers {
			if isOn(h, c) {
				return s.path, true
			}
		}
	}
	return "", false
}

func isOn(h *host.Hierarchy, controller string) bool {
	return h.Has(controller) || controller == h.Name && controller != ""
}

// below is an existing cgroup below the container's: the kernel resolves the path
// and refuses to leave.
func below(dir, path string) (string, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	rel := strings.TrimLeft(path, "/")
	if rel == "" {
		return dir, nil
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
	sub, err := unix.Openat2(fd, rel, &how)
	if err != nil {
		return "", fmt.Errorf("--cgroup %s: not a cgroup below the container's %s: %w", path, dir, err)
	}
	unix.Close(sub)
	return filepath.Join(dir, rel), nil
}

// launchExec carries the plan out.
func (rt *Runtime) launchExec(ctx context.Context, p *preparedExec) (*launch.Process, error) {
	dir := state.Dir(rt.Root, p.rec.ID)
	cfg := launch.Config{
		Plan: p.plan, StateDir: dir, Preserve: p.preserve,
		Agent: agent(p.rec, running),
	}
	if p.attached {
		m, err := systemd.Connect(ctx, true)
		if err != nil {
			return nil, fmt.Errorf("entering the unit %s: %w", p.rec.Unit, err)
		}
		defer m.Close()
		cfg.Units = m
	}
	if p.trace != "" {
		cfg.Trace = new(launch.Trace)
		defer func() {
			if err := cfg.Trace.WriteFile(p.trace, p.plan); err != nil {
				rt.warn("--trace: " + err.Error())
			}
		}()
	}
	proc, err := launch.Run(ctx, cfg)
	if err != nil {
		if status(p.rec) == stopped {
			return nil, fmt.Errorf("%w: %w", errExecStopped, explain(err, p.plan, dir))
		}
		return nil, explain(err, p.plan, dir)
	}
	return proc, nil
}
