package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/criu"
	"rt/libcontainer/host"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// CheckpointOptions are the flags of checkpoint.
type CheckpointOptions struct {
	CriuOptions
	LeaveRunning    bool
	TCPSkipInFlight bool // connections that are not accepted yet are left out
	LinkRemap       bool
	PreDump         bool // memory only; the container goes on
	PageServer      string
	PagePort        int
	StatusFd        int // told when lazy pages can be asked for; -1 for none
}

const dumpLog = "dump.log"

// Checkpoint saves a container's processes as images. They end with that, unless they
// are left running; the container is stopped then.
func (rt *Runtime) Checkpoint(ctx context.Context, o CheckpointOptions) error {
	program, err := criu.Find(o.Program)
	if err != nil {
		return err
	}
	facts, err := host.Probe()
	if err != nil {
		return err
	}
	if facts.Unprivileged() {
		return errCriuRoot
	}
	dir, rec, err := rt.lock(ctx, o.ID)
	if err != nil {
		return err
	}
	defer dir.Close()
	if rec.Changed {
		return fmt.Errorf("container %s: %w", o.ID, state.ErrCorrupt)
	}
	if s := status(rec); s != running && s != paused || s == paused && atGate(rec) {
		return cannotCheckpoint(o.ID, s)
	}
	if err := statusFd(&o); err != nil {
		return err
	}
	d, err := newDump(program, facts, dir, rec, &o)
	if err != nil {
		return err
	}
	defer d.close()
	if o.PreDump || o.LazyPages {
		if err := criu.Check(program, o.PreDump, o.LazyPages); err != nil {
			return err
		}
	}
	call := criu.Call{Program: program, Kind: criu.Dump, Options: d.options, Notify: d.notify}
	if o.PreDump {
		call.Kind = criu.PreDump
	}
	err = call.Do(ctx)
	var f *criu.Failure
	if errors.As(err, &f) && f.Errno == unix.EBADRQC && d.options.NetworkLock == criu.LockNone {
		// This criu does not know it; nothing has been done yet.
		d.options.NetworkLock = criu.LockDefault
		err = call.Do(ctx)
	}
	if err != nil {
		return criuFailed("checkpoint of container "+o.ID, err, d.images, d.work, dumpLog)
	}
	if o.LeaveRunning || o.PreDump {
		return nil
	}
	rec.Checkpointed = true
	return also(dir.Save(rec), killInit(context.WithoutCancel(ctx), rec))
}

// statusFd checks --status-fd before anything is done.
func statusFd(o *CheckpointOptions) error {
	if o.StatusFd < 0 {
		return nil
	}
	flags, err := unix.FcntlInt(uintptr(o.StatusFd), unix.F_GETFL, 0)
	if err != nil {
		return fmt.Errorf("--status-fd: descriptor %d: %w", o.StatusFd, err)
	}
	if flags&unix.O_ACCMODE == unix.O_RDONLY {
		return fmt.Errorf("--status-fd: descriptor %d cannot be written to", o.StatusFd)
	}
	if !o.LazyPages {
		return errors.New("--status-fd: there is nothing to tell without --lazy-pages")
	}
	return nil
}

// dump is a checkpoint being made.
type dump struct {
	program      string
	facts        *host.Facts
	dir          string // the container's, once the yard is there
	o            *CheckpointOptions
	rec          *state.Record
	proc         int // descriptor of /proc/PID of init
	images, work *os.File
	options      *criu.Options
	saved        saved
}

func (d *dump) close() {
	if d.proc >= 0 {
		unix.Close(d.proc)
	}
	if d.dir != "" {
		removeYard(d.dir)
	}
	for _, f := range [...]*os.File{d.images, d.work} {
		if f != nil {
			f.Close()
		}
	}
}

// newDump finds out what criu has to be told, and saves what restore will need.
func newDump(program string, facts *host.Facts, dir *state.Locked, rec *state.Record, o *CheckpointOptions) (*dump, error) {
	d := &dump{program: program, facts: facts, o: o, rec: rec, proc: -1}
	err := d.prepare(dir)
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *dump) prepare(dir *state.Locked) (err error) {
	s, err := savedConfig(dir.Path)
	if err != nil {
		return err
	}
	if err := criuRefuses(s); err != nil {
		return err
	}
	if d.images, err = d.o.imageDir(true); err != nil {
		return err
	}
	if err := giveImages(d.images, s); err != nil {
		return err
	}
	if d.work, err = d.o.workDir(); err != nil {
		return err
	}
	if err := d.o.parent(d.images); err != nil {
		return err
	}
	if d.options, err = d.o.base(d.program, d.images, d.work, dumpLog, d.rec.Annotations); err != nil {
		return err
	}
	// The directory is opened first and the start time compared after: from then on its
	// files are init's or nobody's.
	d.proc, err = unix.Open("/proc/"+strconv.Itoa(d.rec.Pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil || !alive(d.rec.Pid, d.rec.StartTime) {
		return errNotRunning
	}
	d.fill()
	d.dir = dir.Path
	if d.options.CgroupYard, err = makeYard(dir.Path, d.facts); err != nil {
		return err
	}
	if err := d.namespaces(s); err != nil {
		return err
	}
	if d.o.PreDump {
		return nil // memory only
	}
	if err := d.mounts(s); err != nil {
		return err
	}
	if err := d.files(); err != nil {
		return err
	}
	if err := writeImageFile(d.images, savedFile, &d.saved); err != nil {
		return err
	}
	return writeImageFile(d.images, descriptorsFile, stdio(d.rec.Pid))
}

// fill sets what only a dump has.
func (d *dump) fill() {
	o, c := d.o, d.options
	c.Pid = d.rec.Pid
	c.Root = d.rec.Rootfs
	c.LeaveRunning, c.TCPSkip, c.LinkRemap = o.LeaveRunning, o.TCPSkipInFlight, o.LinkRemap
	c.ParentImage, c.TrackMem = o.ParentPath, o.ParentPath != "" || o.PreDump
	c.PageServer, c.PagePort = o.PageServer, o.PagePort
	c.Freeze = cgroup.Open(d.rec.Cgroups).Freezer()
}

// namespaces names those that are not the container's own. What they are is asked of
// the process: the file that it joined them by may be another's by now.
func (d *dump) namespaces(s *specs.Spec) error {
	for _, ns := range externalNS {
		if joined(s, ns.t) == "" {
			continue
		}
		f, inode, err := namespaceFile(d.file("ns/" + ns.name))
		if err != nil {
			return err
		}
		f.Close()
		d.options.External = append(d.options.External, fmt.Sprintf("%s[%d]:%s", ns.name, inode, ns.key))
	}
	return nil
}

// file is the path of a file in init's directory of /proc.
func (d *dump) file(name string) string {
	return "/proc/self/fd/" + strconv.Itoa(d.proc) + "/" + name
}

// files declares what stdin, stdout and stderr are if they come from outside the
// container: restore puts the caller's in their place.
func (d *dump) files() error {
	table, err := d.table()
	if err != nil {
		return err
	}
	known := map[int]bool{}
	for i := range table {
		known[table[i].ID] = true
	}
	declared := map[string]bool{}
	for fd, name := range stdio(d.rec.Pid) {
		if isPipe(name) {
			d.saved.Stdio[fd] = name
			continue
		}
		var st unix.Statx_t
		path := d.file("fd/" + strconv.Itoa(fd))
		if unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_TYPE|unix.STATX_MNT_ID, &st) != nil {
			continue // closed
		}
		kind := st.Mode & unix.S_IFMT
		if known[int(st.Mnt_id)] || kind != unix.S_IFREG && kind != unix.S_IFIFO && kind != unix.S_IFCHR || isTerminal(&st) {
			continue
		}
		key := fmt.Sprintf("file[%x:%x]", st.Mnt_id, st.Ino)
		d.saved.Stdio[fd] = key
		d.saved.Null[fd] = kind == unix.S_IFCHR && st.Rdev_major == 1 && st.Rdev_minor == 3
		if !declared[key] {
			declared[key] = true
			d.options.External = append(d.options.External, key)
		}
	}
	return nil
}

// isTerminal recognises a pseudoterminal, which criu knows how to save.
func isTerminal(st *unix.Statx_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev_major >= 136 && st.Rdev_major <= 143
}

// notify answers criu. Everything is in place before it starts, so there is little to
// do: it waits while the network is to be locked by others, for instance.
func (d *dump) notify(e criu.Event) error {
	if e.Fd >= 0 {
		unix.Close(e.Fd)
	}
	if e.Script == "status-ready" && d.o.StatusFd >= 0 {
		_, err := unix.Write(d.o.StatusFd, []byte{0})
		unix.Close(d.o.StatusFd)
		d.o.StatusFd = -1
		return os.NewSyscallError("--status-fd: write", err)
	}
	return nil
}

// source is where a bind mount comes from on the host.
func source(bundle string, m *specs.Mount) string {
	if filepath.IsAbs(m.Source) {
		return filepath.Clean(m.Source)
	}
	return filepath.Join(bundle, m.Source)
}
