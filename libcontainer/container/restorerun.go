package container

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/criu"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/launch"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// run has criu make the processes, in a mount namespace that only it sees.
func (r *restore) run(ctx context.Context) error {
	t, err := newMountThread()
	if err != nil {
		return err
	}
	defer t.close()
	if r.options.CgroupYard, err = makeYard(r.c.dir.Path, r.p.facts); err != nil {
		return err
	}
	if err := t.do(func() error { return bindYard(r.options.CgroupYard, r.p.facts) }); err != nil {
		return err
	}
	st := &stage{p: r.p, saved: &r.saved, opts: r.options, dir: r.c.dir.Path, used: map[int]bool{}}
	st.at = filepath.Join(st.dir, criuDir)
	if err := os.Mkdir(st.at, 0o711); err != nil {
		return err
	}
	if err := t.do(st.build); err != nil {
		return err
	}
	if err := t.do(r.reopen); err != nil {
		return err
	}
	if r.p.spec.Process.NoNewPrivileges {
		// criu 3.17 does not restore it. What it makes inherits it.
		if err := t.do(noNewPrivs); err != nil {
			return err
		}
	}
	for _, text := range st.unused() {
		r.rt.warn(text)
	}
	call := criu.Call{
		Program: r.program, Kind: criu.Restore, Options: r.options, Files: r.files,
		On: t.do, Started: func(pid int) error {
			if err := r.started(pid); err != nil {
				return err
			}
			return t.do(st.cgroups)
		},
		Notify: func(e criu.Event) error { return r.notify(ctx, e) },
	}
	if err := call.Do(ctx); err != nil {
		err = explain(err, r.p.plan, r.c.dir.Path)
		return criuFailed("restore of container "+r.o.ID, err, r.images, r.work, restoreLog)
	}
	if r.c.rec.Pid == 0 {
		return errors.New("criu has restored no process")
	}
	return nil
}

func noNewPrivs() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
}

// reopen opens the directories of criu again, in its mount namespace: criu makes a
// mount below the one that it works in.
func (r *restore) reopen() error {
	for _, d := range [...]struct {
		f  **os.File
		fd *int
	}{{&r.images, &r.options.ImagesDir}, {&r.work, &r.options.WorkDir}} {
		if *d.f == nil {
			continue
		}
		again, err := os.OpenFile((*d.f).Name(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		r.others = append(r.others, *d.f)
		*d.f, *d.fd = again, int(again.Fd())
	}
	return nil
}

// started puts criu into the container's cgroup: what it makes is born there.
func (r *restore) started(pid int) error {
	r.criu = pid
	if err := r.part.Enter(pid); err != nil {
		return err
	}
	data, err := sys.ReadFile("/proc/"+strconv.Itoa(pid)+"/cgroup", 1<<16)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(f[1], ",") {
			r.options.CgroupRoots = append(r.options.CgroupRoots, criu.CgroupRoot{Controller: controller, Path: f[2]})
		}
	}
	return nil
}

// leave takes criu to the cgroup of this process if the number of processes is limited:
// it would count for the moment that it outlives the restore.
func (r *restore) leave() error {
	pids := r.p.facts.Cgroups.Find("pids")
	if pids < 0 || !limitsPids(r.p.spec.Linux) {
		return nil
	}
	h := &r.p.facts.Cgroups.Hierarchies[pids]
	return cgroup.Write(h.Mountpoint+h.Own, "cgroup.procs", strconv.Itoa(r.criu), false)
}

func limitsPids(l *specs.Linux) bool {
	return l != nil && l.Resources != nil && (l.Resources.Pids != nil || l.Resources.Unified["pids.max"] != "")
}

// notify is what happens at the points where criu waits.
func (r *restore) notify(ctx context.Context, e criu.Event) error {
	if e.Script == "orphan-pts-master" && e.Fd >= 0 {
		if r.o.ConsoleSocket == "" && !r.o.Detach && r.console == nil {
			r.console = os.NewFile(uintptr(e.Fd), "console")
			r.others = append(r.others, r.console)
			return nil
		}
		defer unix.Close(e.Fd)
		if r.o.ConsoleSocket == "" {
			return nil
		}
		return launch.SendConsole(r.o.ConsoleSocket, e.Fd)
	}
	if e.Fd >= 0 {
		unix.Close(e.Fd)
	}
	switch e.Script {
	case "setup-namespaces":
		return r.setup(ctx, e.Pid)
	case "post-restore":
		return r.c.save("created", e.Pid)
	case "pre-resume":
		if err := r.leave(); err != nil {
			return err
		}
		if err := r.part.Late(); err != nil {
			return err
		}
		if err := enforceMounts(r.p.spec, r.c.rec.Pid); err != nil {
			return err
		}
		return checkRestored(r.p.spec, r.c.rec)
	}
	return nil
}

// setup completes the namespaces before anything is in them but the first process,
// and runs the hooks that create runs then.
func (r *restore) setup(ctx context.Context, pid int) error {
	if err := r.part.Devices(pid); err != nil {
		return err
	}
	if err := setupNetwork(r.p.spec, pid); err != nil {
		return err
	}
	h := r.p.spec.Hooks
	if h == nil {
		return nil
	}
	// By this file delete finds what hooks have started if this process is killed.
	path := filepath.Join(r.c.dir.Path, launch.HookLog)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	rec := *r.c.rec
	rec.Pid = pid
	for _, kind := range [...]struct {
		name  string
		hooks []specs.Hook
	}{{"prestart", h.Prestart}, {"createRuntime", h.CreateRuntime}} { //nolint:staticcheck // older engines use prestart
		for i := range kind.hooks {
			r.hooked = true
			if err := r.rt.runHookTo(ctx, out, &rec, kind.name, i, &kind.hooks[i], creating); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish is what callers rely on when restore returns.
func (r *restore) finish(ctx context.Context) error {
	_ = os.Remove(filepath.Join(r.c.dir.Path, criuDir))
	removeYard(r.c.dir.Path)
	if err := r.part.PidFile(r.c.rec.Pid); err != nil {
		return err
	}
	for i := range r.c.rec.Poststart {
		r.hooked = true
		if err := r.rt.runHook(ctx, r.c.rec, "poststart", i, &r.c.rec.Poststart[i], running); err != nil {
			return err
		}
	}
	return nil
}
