package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/criu"
	"rt/libcontainer/launch"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// RestoreOptions are the flags of restore.
type RestoreOptions struct {
	CriuOptions
	Bundle          string
	PidFile         string
	ConsoleSocket   string
	Detach          bool
	NoSubreaper     bool
	NoPivot         bool
	LsmProfile      string // TYPE:NAME
	LsmMountContext string
}

const restoreLog = "restore.log"

// Restore makes a container whose processes go on from where checkpoint saved them.
// Unless it is detached, Restore stays until the first of them ends, forwards signals
// to it and returns its exit code, 128+n for signal n.
func (rt *Runtime) Restore(ctx context.Context, o RestoreOptions) (int, error) {
	program, err := criu.Find(o.Program)
	if err != nil {
		return 0, err
	}
	if err := checkLsmProfile(o.LsmProfile); err != nil {
		return 0, err
	}
	p, err := rt.prepare(context.Background(), CreateOptions{
		ID: o.ID, Bundle: o.Bundle, PidFile: o.PidFile, ConsoleSocket: o.ConsoleSocket, NoPivot: o.NoPivot,
	}, false)
	if err != nil {
		return 0, err
	}
	defer p.close()
	if err := restorable(p, &o); err != nil {
		return 0, err
	}
	if !o.Detach && !o.NoSubreaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return 0, os.NewSyscallError("prctl", err)
		}
	}
	ctx, started, err := foreground(ctx, !o.Detach)
	if err != nil {
		return 0, err
	}
	r := &restore{rt: rt, p: p, o: &o, program: program}
	defer r.close()
	c, err := r.all(ctx)
	if err != nil {
		return 0, err
	}
	forwarded := started()
	c.dir.Close()
	if o.Detach {
		return 0, nil
	}
	var tty *terminalProxy
	if r.console != nil {
		if tty, err = proxyTerminal(r.console); err != nil {
			return 0, also(err, rt.forget(c))
		}
		defer tty.restore()
	}
	code, err := attend(c.rec.Pid, forwarded, tty)
	if err != nil {
		return code, err
	}
	return code, rt.forget(c)
}

func checkLsmProfile(profile string) error {
	kind, name, ok := strings.Cut(profile, ":")
	if profile == "" || ok && name != "" && (kind == "apparmor" || kind == "selinux") {
		return nil
	}
	return fmt.Errorf("--lsm-profile: %q, want apparmor:NAME or selinux:LABEL", profile)
}

// restorable refuses what cannot be restored.
func restorable(p *prepared, o *RestoreOptions) error {
	terminal := p.spec.Process.Terminal
	switch {
	case p.facts.Unprivileged():
		return errCriuRoot
	case o.Detach && terminal && o.ConsoleSocket == "":
		return errors.New("process.terminal is true: restore --detach needs a console socket to send the terminal to, given by --console-socket")
	case !o.Detach && o.ConsoleSocket != "":
		return errors.New("--console-socket is for --detach; in the foreground the terminal is the caller's")
	}
	return criuRefuses(p.spec)
}

// restore is a container being restored.
type restore struct {
	rt           *Runtime
	p            *prepared
	o            *RestoreOptions
	program      string
	images, work *os.File
	saved        saved
	options      *criu.Options
	files        []*os.File // for criu
	others       []*os.File
	part         *launch.Part
	c            *created
	console      *os.File
	criu         int  // its pid
	hooked       bool // a hook has run
}

func (r *restore) close() {
	for _, f := range slices.Concat(r.files, r.others, []*os.File{r.images, r.work}) {
		if f != nil {
			f.Close()
		}
	}
}

// all makes the container. On failure nothing is left behind.
func (r *restore) all(ctx context.Context) (*created, error) {
	if err := r.read(); err != nil {
		return nil, err
	}
	if err := r.replaceOld(ctx); err != nil {
		return nil, err
	}
	dir, err := state.Create(r.rt.Root, r.o.ID)
	if err != nil {
		return nil, err
	}
	r.c = &created{dir: dir}
	r.part = launch.NewPart(ctx, r.config())
	err = r.announce()
	if err == nil {
		err = r.run(ctx)
	}
	if err == nil {
		err = r.finish(ctx)
	}
	if err == nil {
		return r.c, nil
	}
	return nil, r.undo(context.WithoutCancel(ctx), err)
}

func (r *restore) config() launch.Config {
	cfg := launch.Config{Plan: r.p.plan, StateDir: r.c.dir.Path}
	if r.p.units != nil {
		cfg.Units = r.p.units
	}
	return cfg
}

// undo takes back what a restore that failed has made.
func (r *restore) undo(ctx context.Context, err error) error {
	if r.c.rec != nil {
		err = also(err, killInit(ctx, r.c.rec))
	}
	left := r.part.Undo()
	err = also(err, left)
	if r.hooked {
		r.rt.poststop(ctx, r.c.rec)
	}
	if left == nil {
		err = also(err, r.c.dir.Remove())
	}
	r.c.dir.Close()
	return err
}

// read opens the images and checks what restore needs of them.
func (r *restore) read() (err error) {
	if r.images, err = r.o.imageDir(false); err != nil {
		return err
	}
	if err := checkImages(r.images, r.p.spec); err != nil {
		return err
	}
	if err := readImageFile(r.images, savedFile, &r.saved); err != nil {
		return err
	}
	if r.work, err = r.o.workDir(); err != nil {
		return err
	}
	if r.options, err = r.o.base(r.program, r.images, r.work, restoreLog, r.p.spec.Annotations); err != nil {
		return err
	}
	r.options.NetworkLock = criu.LockDefault // what the images say
	r.options.LsmProfile, r.options.LsmMountContext = r.o.LsmProfile, r.o.LsmMountContext
	// What is restored is compared with this.
	switch kind, name, _ := strings.Cut(r.o.LsmProfile, ":"); kind {
	case "apparmor":
		r.p.spec.Process.ApparmorProfile = name
	case "selinux":
		r.p.spec.Process.SelinuxLabel = name
	}
	for fd, key := range r.saved.Stdio {
		switch {
		case key == "":
		case !isPipe(key) && !isFileKey(key):
			return fmt.Errorf("%s: stdio: %q is the name of no pipe and no file", savedFile, key)
		case r.saved.Null[fd] && !seeks(fd):
			// criu sets the position of what is no pipe.
			f, err := os.OpenFile(os.DevNull, os.O_RDWR|unix.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			r.options.Inherit = append(r.options.Inherit, criu.InheritFd{Key: key, Fd: criu.FirstFile + len(r.files)})
			r.files = append(r.files, f)
		default:
			r.options.Inherit = append(r.options.Inherit, criu.InheritFd{Key: key, Fd: fd})
		}
	}
	return r.namespaces()
}

func seeks(fd int) bool {
	_, err := unix.Seek(fd, 0, unix.SEEK_CUR)
	return err == nil
}

// isFileKey recognises the name of a file: file[MOUNT:INODE].
func isFileKey(name string) bool {
	var mnt, ino uint64
	n, err := fmt.Sscanf(name, "file[%x:%x]", &mnt, &ino)
	return err == nil && n == 2 && name == fmt.Sprintf("file[%x:%x]", mnt, ino)
}

// namespaces opens those that the container joins.
func (r *restore) namespaces() error {
	for _, ns := range externalNS {
		path := joined(r.p.spec, ns.t)
		if path == "" {
			continue
		}
		f, _, err := namespaceFile(path)
		if err != nil {
			return fmt.Errorf("linux.namespaces: %w", err)
		}
		r.options.Inherit = append(r.options.Inherit, criu.InheritFd{Key: ns.key, Fd: criu.FirstFile + len(r.files)})
		r.files = append(r.files, f)
	}
	for _, ns := range [...]struct {
		t    specs.LinuxNamespaceType
		name string
	}{{specs.IPCNamespace, "ipc"}, {specs.UTSNamespace, "uts"}} {
		if path := joined(r.p.spec, ns.t); path != "" {
			r.options.JoinNS = append(r.options.JoinNS, criu.JoinNS{Type: ns.name, File: path})
		}
	}
	return nil
}

// replaceOld removes the container of that id if it ended by being checkpointed:
// restoring it under its own name is what that was for.
func (r *restore) replaceOld(ctx context.Context) error {
	dir, err := state.Lock(ctx, r.rt.Root, r.o.ID)
	if errors.Is(err, state.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	rec, err := state.Load(r.rt.Root, r.o.ID)
	if err != nil || rec.Changed || !rec.Checkpointed || status(rec) != stopped {
		return state.ErrExists
	}
	return r.rt.destroy(ctx, dir, rec)
}

// announce puts on disk what delete has to look for if this process is killed.
func (r *restore) announce() (err error) {
	c := r.c
	if c.rec, err = r.p.record(); err != nil {
		return err
	}
	c.rec.Restored, c.rec.Late, c.rec.Notify = true, nil, r.p.notify
	for _, dir := range c.rec.Cgroups {
		if err := launch.Unused(dir); err != nil {
			return fmt.Errorf("linux.cgroupsPath: %w", err)
		}
	}
	err = c.dir.SaveIntent(state.Intent{Cgroups: c.rec.Cgroups, Unit: c.rec.Unit, UserUnit: c.rec.UserUnit, Resctrl: c.rec.Resctrl.Remove})
	if err == nil {
		err = c.dir.Save(c.rec)
	}
	if err == nil {
		err = c.dir.SaveFile(ConfigFile, r.p.text)
	}
	return err
}
