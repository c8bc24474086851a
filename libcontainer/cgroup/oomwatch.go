package cgroup

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrNoMemory says that a group has no memory controller to watch.
var ErrNoMemory = errors.New("the container has no cgroup with the memory controller")

// WatchOOM calls found each time that the kernel reports the group out of memory,
// until the context is done or the group is removed; neither is an error. It calls
// ready, which may be nil, when nothing can be missed from then on.
//
// On v2 the kernel wakes a poll of memory.events for every change, so that no
// inotify instance is taken, of which a host has few (fs.inotify.max_user_instances).
func (g *Group) WatchOOM(ctx context.Context, ready, found func()) error {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	defer unix.Close(wake)
	// The descriptor must outlive a wake-up that is under way.
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_, _ = unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 1})
	})
	defer func() {
		if !stop() {
			<-woken
		}
	}()
	if ready == nil {
		ready = func() {}
	}
	if dir := g.find("memory.events"); dir != "" {
		return watchV2(dir, wake, ready, found)
	}
	if dir := g.find("memory.oom_control"); dir != "" {
		return watchV1(dir, wake, ready, found)
	}
	return ErrNoMemory
}

// watchV1 registers an eventfd with cgroup.event_control. The kernel signals it for
// an OOM and, once, some time after the cgroup was removed.
func watchV1(dir string, wake int, ready, found func()) error {
	control, err := open(dir+"/memory.oom_control", unix.O_RDONLY)
	if err != nil {
		return fmt.Errorf("%s/memory.oom_control: %w", dir, err)
	}
	defer unix.Close(control)
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	defer unix.Close(event)
	if err := Write(dir, "cgroup.event_control", fmt.Sprintf("%d %d", event, control), false); err != nil {
		return err
	}
	ready()
	for {
		if done, err := waitFor(event, unix.POLLIN, wake); done || err != nil {
			return err
		}
		var count [8]byte
		_, err := unix.Read(event, count[:])
		if !exists(dir + "/memory.oom_control") {
			return nil
		}
		if err == nil {
			found()
		}
	}
}

// watchV2 compares a counter, because other changes of memory.events wake it too.
func watchV2(dir string, wake int, ready, found func()) error {
	path := dir + "/memory.events"
	fd, err := open(path, unix.O_RDONLY)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 1024)
	last, first := uint64(0), true
	for {
		n, err := unix.Pread(fd, buf, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ENODEV:
			return nil // removed
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		count := keyed(string(buf[:n]), "oom_kill")
		switch {
		case first:
			first = false
			ready()
		case count > last:
			found()
		}
		last = count
		if done, err := waitFor(fd, unix.POLLPRI, wake); done || err != nil {
			return err
		}
	}
}

// waitFor blocks until fd has an event, or until wake is signalled: then it is done.
// It also returns every second, because removing a v2 cgroup wakes nobody, and a busy
// kernel lets who watches a v1 cgroup wait.
func waitFor(fd int, event int16, wake int) (done bool, err error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: event}, {Fd: int32(wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, 1000)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("poll: %w", err)
		}
		return fds[1].Revents != 0, nil
	}
}
