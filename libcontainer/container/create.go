package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/jsonw"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/launch"
	"rt/libcontainer/plan"
	"rt/libcontainer/seccomp"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Create makes a container whose init waits at the gate. On failure nothing is
// left behind.
func (rt *Runtime) Create(ctx context.Context, o CreateOptions) error {
	p, err := rt.prepare(ctx, o, true)
	if err != nil {
		return err
	}
	defer p.close()
	if p.spec.Process.Terminal && o.ConsoleSocket == "" {
		return errors.New("process.terminal is true: create needs a console socket to send the terminal to, given by --console-socket")
	}
	c, err := rt.create(ctx, p)
	if err != nil {
		return err
	}
	c.dir.Close()
	return nil
}

// created is a container that this process has just made.
type created struct {
	rec  *state.Record
	dir  *state.Locked // still locked
	proc *launch.Process
	// unsaved is why what born has found out could not be kept.
	unsaved error
}

// create carries a prepared plan out.
func (rt *Runtime) create(ctx context.Context, p *prepared) (*created, error) {
	c := new(created)
	err := rt.launch(ctx, p, c)
	if err == nil {
		return c, nil
	}
	if c.dir != nil {
		// What the failed launch could not undo is still on record: then the
		// directory stays for delete --force.
		if !errors.Is(err, launch.ErrLeft) {
			err = also(err, c.dir.Remove())
		}
		c.dir.Close()
	}
	return nil, err
}

// announce makes the container's directory, and puts on disk what delete has to look for
// if this process is killed at any moment from here on: the cgroups, and the program by
// which the container's processes can be told from all others. A cgroup that somebody is
// in is refused before, since delete could not know that it is not the container's.
func (rt *Runtime) announce(p *prepared, c *created) (path string, err error) {
	if c.dir, err = state.Create(rt.Root, p.opts.ID); err != nil {
		if errors.Is(err, os.ErrPermission) && p.facts.EUID != 0 {
			err = fmt.Errorf("%w (set XDG_RUNTIME_DIR, or name a directory of your own by --root)", err)
		}
		return "", err
	}
	if c.rec, err = p.record(); err != nil {
		return "", err
	}
	for _, dir := range c.rec.Cgroups {
		if err := launch.Unused(dir); err != nil {
			return "", fmt.Errorf("linux.cgroupsPath: %w", err)
		}
	}
	c.rec.StageDev, c.rec.StageIno = p.stage.Dev, p.stage.Ino
	err = c.dir.SaveIntent(state.Intent{
		StageDev: p.stage.Dev, StageIno: p.stage.Ino, Cgroups: c.rec.Cgroups,
		Unit: c.rec.Unit, UserUnit: c.rec.UserUnit,
		Resctrl: c.rec.Resctrl.Remove,
	})
	if err == nil {
		err = c.dir.Save(c.rec)
	}
	if err == nil && p.notify != "" {
		err = os.Mkdir(filepath.Join(c.dir.Path, notifyDir), 0o755)
	}
	return c.dir.Path, err
}

// also adds what went wrong while cleaning up to the reason for it, in one line.
func also(err, more error) error {
	switch {
	case more == nil:
		return err
	case err == nil:
		return more
	}
	return fmt.Errorf("%w; then %w", err, more)
}

func (rt *Runtime) launch(ctx context.Context, p *prepared, c *created) error {
	cfg := launch.Config{
		Plan:     p.plan,
		Stage:    p.stage,
		Trace:    p.trace,
		Announce: func() (string, error) { return rt.announce(p, c) },
		Born:     func(pid int) { c.born(p, pid) },
		Save:     c.save,
		HookState: func(status string, pid int) ([]byte, error) {
			return hookStateJSON(hookState(c.rec, status, pid)), nil
		},
		Agent: func(path, metadata string, listener, pid int) error {
			return agent(c.rec, creating)(path, metadata, listener, pid)
		},
	}
	if p.units != nil {
		cfg.Units = p.units
	}
	if cfg.Trace != nil {
		defer func() {
			if err := cfg.Trace.WriteFile(p.opts.Trace, p.plan); err != nil {
				rt.warn("--trace: " + err.Error())
			}
		}()
	}
	var err error
	c.proc, err = launch.Run(ctx, cfg)
	if err == nil {
		return nil
	}
	err = explain(err, p.plan, state.Dir(rt.Root, p.opts.ID))
	if hookFailed(err) {
		rt.poststop(ctx, c.rec)
	}
	return err
}

// agent hands a seccomp listener over with the state of the container.
func agent(rec *state.Record, st string) func(path, metadata string, listener, pid int) error {
	return func(path, metadata string, listener, pid int) error {
		init := rec.Pid
		if init == 0 { // the process is the container's init, and not recorded yet
			init = pid
		}
		data, err := seccomp.ProcessState(hookState(rec, st, init), pid, metadata)
		if err != nil {
			return err
		}
		return seccomp.Send(path, data, listener)
	}
}

// record is what is known about a container before anything is done.
func (p *prepared) record() (*state.Record, error) {
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	pid := os.Getpid()
	stat, err := sys.ReadProcStat(pid)
	if err != nil {
		return nil, err
	}
	rec := &state.Record{
		Schema: state.Schema, OCIVersion: p.spec.Version, ID: p.opts.ID, Status: "creating",
		BootID: boot, Creator: pid, CreatorTime: stat.Start,
		Bundle: p.bundle, Rootfs: p.rootfs, Created: time.Now().UTC(), Owner: os.Getuid(),
		Annotations: p.spec.Annotations, Notify: p.notify, PidFile: p.pidFile,
		OwnPidNS: ownPidNS(p.spec), Late: late(p.plan),
	}
	if h := p.spec.Hooks; h != nil {
		rec.Poststart, rec.Poststop = h.Poststart, h.Poststop
	}
	if p.unit != nil {
		rec.Unit, rec.UserUnit = p.unit.Unit.Name, p.unit.User
	}
	if p.set != nil {
		for _, d := range p.set.Dirs {
			rec.Cgroups = append(rec.Cgroups, d.Path)
		}
	}
	if g := p.resctrl; g != nil {
		rec.Resctrl = state.Resctrl{Dir: g.Dir, Monitor: g.Monitor, Remove: g.Remove()}
	}
	return rec, nil
}

// ownPidNS reports whether the container's processes all die with its init.
func ownPidNS(s *specs.Spec) bool {
	if s.Linux == nil {
		return false
	}
	for _, ns := range s.Linux.Namespaces {
		if ns.Type == specs.PIDNamespace {
			return ns.Path == ""
		}
	}
	return false
}

// late lists what can fail behind the gate.
func late(p *plan.Plan) []state.Late {
	var list []state.Late
	gate := false
	for i := range p.Ops {
		op := &p.Ops[i]
		if gate && op.Lane == plan.Init {
			list = append(list, state.Late{Op: i, Text: doing(p, op)})
		}
		gate = gate || op.Code == plan.OpGate
	}
	return list
}

// born uses the time that init takes for its mounts to find out what the record tells of
// it, and to keep the configuration, which exec starts from.
func (c *created) born(p *prepared, pid int) {
	c.unsaved = c.identify(pid)
	if c.unsaved == nil {
		c.unsaved = c.dir.SaveFile(ConfigFile, p.text)
	}
}

// identify puts on the record which process is init.
func (c *created) identify(pid int) error {
	stat, err := sys.ReadProcStat(pid)
	if err != nil {
		return fmt.Errorf("init is gone: %w", err)
	}
	c.rec.Pid, c.rec.StartTime = pid, stat.Start
	return nil
}

// save records init once it is there.
func (c *created) save(status string, pid int) error {
	if c.unsaved != nil {
		return c.unsaved
	}
	if c.rec.Pid != pid {
		if err := c.identify(pid); err != nil {
			return err
		}
	}
	c.rec.Status = status
	return c.dir.Save(c.rec)
}

// hookState is the state as hooks read it: runtime.md, "State".
func hookState(rec *state.Record, status string, pid int) *specs.State {
	return &specs.State{
		Version: rec.OCIVersion, ID: rec.ID, Status: specs.ContainerState(status), Pid: pid,
		Bundle: rec.Bundle, Annotations: rec.Annotations,
	}
}

func hookStateJSON(s *specs.State) []byte {
	var w jsonw.Writer
	w.Begin('{')
	for _, kv := range [][2]string{{"ociVersion", s.Version}, {"id", s.ID}, {"status", string(s.Status)}, {"bundle", s.Bundle}} {
		w.Key(kv[0])
		w.String(kv[1])
	}
	if s.Pid != 0 {
		w.Key("pid")
		w.Int(int64(s.Pid))
	}
	if len(s.Annotations) > 0 {
		w.Key("annotations")
		state.WriteMap(&w, s.Annotations)
	}
	w.End('}')
	return w.Bytes()
}

// bootID identifies the time since the kernel started.
var bootID = sync.OnceValues(func() (string, error) {
	data, err := sys.ReadFile("/proc/sys/kernel/random/boot_id", 4096)
	return strings.TrimSpace(string(data)), err
})

// programOf identifies the program that a process runs.
func programOf(pid int) (dev, ino uint64, err error) {
	f, err := identify(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("the program of process %d: %w", pid, err)
	}
	return f.dev, f.ino, nil
}

// file identifies one.
type file struct{ dev, ino uint64 }

// identify does not ask a server that the file may come from: a container can have a
// file system in user space that never answers.
func identify(path string) (file, error) {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_INO, &st)
	return file{unix.Mkdev(st.Dev_major, st.Dev_minor), st.Ino}, err
}
