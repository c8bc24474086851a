package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rt/libcontainer/container"
)

// fds makes creates fail at every operation inside this one process, as an engine
// that links the runtime would have it: no descriptor may be left open.
func (w *worker) fds(b *bundle, ops int) (r result) {
	defer os.Unsetenv("RT_FAULT")
	var before map[string]string
	for i := -1; i < ops; i++ {
		for _, kind := range []int{fail, killInit} {
			if i < 0 && kind != fail {
				continue // the first one only makes the process open what it keeps
			}
			id := w.id()
			os.Setenv("RT_FAULT", fmt.Sprintf("%d:%d", max(i, 0), kind))
			bad := w.within(b, id)
			if i < 0 {
				before = openFiles()
				continue
			}
			bad = append(bad, opened(before)...)
			for _, l := range bad {
				r.Bad = append(r.Bad, fmt.Sprintf("operation %d, %s: %s", i, kindNames[kind], l))
			}
			if len(bad) > 0 {
				w.oracle.clear(id)
				before = openFiles()
			}
			r.Count++
		}
	}
	return r
}

// within creates a container in this process.
func (w *worker) within(b *bundle, id string) (bad []string) {
	rt := container.Runtime{Root: w.dir + "/state"}
	o := container.CreateOptions{
		ID: id, Bundle: b.dir, PidFile: w.dir + "/pid/file", PidfdSocket: w.dir + "/pidfd.sock",
	}
	b.flags(w.dir, id) // writes the configuration
	if b.variant != "plain" {
		o.ConsoleSocket = w.dir + "/console.sock"
	}
	err := rt.Create(context.Background(), o)
	if err == nil {
		if err := rt.Delete(context.Background(), id, true); err != nil {
			bad = append(bad, "delete: "+err.Error())
		}
	}
	return append(bad, w.oracle.left(id)...)
}

// opened lists what is open now and was not before. The other ends of sockets are
// in this process too and take a moment.
func opened(before map[string]string) (list []string) {
	for end := time.Now().Add(time.Second); ; time.Sleep(5 * time.Millisecond) {
		list = nil
		now := openFiles()
		for _, fd := range slices.Sorted(maps.Keys(now)) {
			if before[fd] == "" {
				list = append(list, "descriptor "+fd+" is open: "+now[fd])
			}
		}
		if len(list) == 0 || time.Now().After(end) {
			return list
		}
	}
}

// openFiles are the descriptors of this process and what they are.
func openFiles() map[string]string {
	list := map[string]string{}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil {
			list[e.Name()] = target
		}
	}
	return list
}
