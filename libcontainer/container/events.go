package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/cgroup/stats"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/resctrl"
	"rt/libcontainer/state"
)

// Event is one line of what events prints.
type Event struct {
	Type string       `json:"type"` // "stats" or "oom"
	ID   string       `json:"id"`
	Data *stats.Stats `json:"data,omitempty"`
}

// Stats is what a container uses at this moment. One that has ended uses nothing
// and is an error.
func (rt *Runtime) Stats(id string) (*stats.Stats, error) {
	rec, err := rt.live(id)
	if err != nil {
		return nil, err
	}
	return usage(rec)
}

// Events reports what a container uses, every interval, and each time that the
// kernel finds it out of memory, until the container ends or the context is done.
// An error of emit ends it too and is returned.
func (rt *Runtime) Events(ctx context.Context, id string, interval time.Duration, emit func(Event) error) error {
	rec, err := rt.live(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended, err := endOf(ctx, rec)
	if err != nil {
		return err
	}
	oom, watched := rt.watchOOM(ctx, rec)
	told := uint64(0) // OOM events
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-oom:
			told++
			if err := emit(Event{Type: "oom", ID: id}); err != nil {
				return err
			}
		case <-tick.C:
			s, err := usage(rec)
			if err != nil {
				rt.warn(err.Error())
				continue
			}
			if err := emit(Event{Type: "stats", ID: id, Data: s}); err != nil {
				return err
			}
		case <-ended:
			return lastOOM(rec, watched, told, oom, func() error { return emit(Event{Type: "oom", ID: id}) })
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// lastOOM reports what ended the container if it was the lack of memory: its end and
// the kernel's message about the reason come at the same time.
func lastOOM(rec *state.Record, before, told uint64, oom <-chan struct{}, emit func() error) error {
	kills, err := cgroup.Open(rec.Cgroups).OOMKills()
	for len(oom) > 0 {
		<-oom
		told++
		if err := emit(); err != nil {
			return err
		}
	}
	if err == nil && kills > before+told {
		return emit()
	}
	return nil
}

// live is the record of a container whose init is there.
func (rt *Runtime) live(id string) (*state.Record, error) {
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		return nil, err
	}
	if s := status(rec); s == stopped || s == creating {
		return nil, noStats(id)
	}
	if len(rec.Cgroups) == 0 {
		return nil, errNoCgroup
	}
	return rec, nil
}

// endOf returns a channel that is closed when init has ended.
func endOf(ctx context.Context, rec *state.Record) (<-chan struct{}, error) {
	fd, err := unix.PidfdOpen(rec.Pid, 0)
	if err == unix.ESRCH || err == unix.EINVAL || err == nil && !alive(rec.Pid, rec.StartTime) {
		if err == nil {
			unix.Close(fd)
		}
		return nil, noStats(rec.ID)
	}
	if err != nil {
		return nil, os.NewSyscallError("pidfd_open", err)
	}
	ended := make(chan struct{})
	go func() {
		defer unix.Close(fd)
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for ctx.Err() == nil {
			if n, err := unix.Poll(fds, 1000); n > 0 || err != nil && err != unix.EINTR {
				close(ended)
				return
			}
		}
	}()
	return ended, nil
}

// watchOOM returns a channel that gets a value for each OOM, and how many processes
// had been killed for lack of memory when the watch began. A container without a
// memory controller is only warned about: its statistics are there all the same.
func (rt *Runtime) watchOOM(ctx context.Context, rec *state.Record) (<-chan struct{}, uint64) {
	group := cgroup.Open(rec.Cgroups)
	oom := make(chan struct{}, 64)
	ready, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		failed <- group.WatchOOM(ctx, func() { close(ready) }, func() {
			select {
			case oom <- struct{}{}:
			default: // a reader that is so far behind has been told
			}
		})
	}()
	select {
	case <-ready:
	case err := <-failed:
		if err != nil {
			rt.warn("no oom events: " + err.Error())
		}
	}
	before, err := group.OOMKills()
	if err != nil {
		rt.warn(err.Error())
	}
	return oom, before
}

// usage reads the statistics of a container's cgroup and network.
func usage(rec *state.Record) (*stats.Stats, error) {
	s, err := stats.Read(rec.Cgroups)
	if err != nil {
		return nil, err
	}
	if s.NetworkInterfaces, err = interfaces(rec); err != nil {
		return nil, err
	}
	if r := rec.Resctrl; r.Dir != "" {
		use, err := resctrl.Read(&resctrl.Group{Dir: r.Dir, Monitor: r.Monitor})
		if err != nil {
			return nil, err
		}
		s.IntelRdt = *use
	}
	return s, nil
}

// interfaces reads the counters of the network namespace of init. Without one of
// its own there are none: those of the host are not the container's.
func interfaces(rec *state.Record) ([]stats.NetworkInterface, error) {
	proc := "/proc/" + strconv.Itoa(rec.Pid)
	var own, host unix.Stat_t
	if unix.Stat(proc+"/ns/net", &own) != nil || unix.Stat("/proc/self/ns/net", &host) != nil || own.Ino == host.Ino {
		return nil, nil
	}
	data, err := sys.ReadFile(proc+"/net/dev", 16<<20)
	if !alive(rec.Pid, rec.StartTime) {
		return nil, nil // and the pid may be somebody else's
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseInterfaces(data)
}

// parseInterfaces reads /proc/PID/net/dev: two lines of titles, then "NAME: " and 16
// counters, of which those of reception come first, each group in the order bytes,
// packets, errors, dropped and four more (proc_pid_net(5)).
func parseInterfaces(data []byte) (list []stats.NetworkInterface, err error) {
	for line := range bytes.Lines(data) {
		name, rest, ok := strings.Cut(string(line), ": ")
		if !ok || strings.Contains(name, "|") {
			continue
		}
		i := stats.NetworkInterface{Name: strings.TrimSpace(name)}
		fields := strings.Fields(rest)
		if len(fields) < 16 {
			return nil, fmt.Errorf("/proc/net/dev: %s has %d counters, want 16", i.Name, len(fields))
		}
		for n, to := range map[int]*uint64{
			0: &i.RxBytes, 1: &i.RxPackets, 2: &i.RxErrors, 3: &i.RxDropped,
			8: &i.TxBytes, 9: &i.TxPackets, 10: &i.TxErrors, 11: &i.TxDropped,
		} {
			if *to, err = strconv.ParseUint(fields[n], 10, 64); err != nil {
				return nil, fmt.Errorf("/proc/net/dev: %s: %w", i.Name, err)
			}
		}
		list = append(list, i)
	}
	return list, nil
}
