package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/container"
)

// recordVerbs are the ways to damage state.json.
var recordVerbs = []string{"cut", "flip", "replace", "in process"}

// A sample is deleted by force, which needs a container each; the rest is only read.
const (
	deletedCuts  = 25
	deletedFlips = 25
	readFlips    = 10000
)

// records damages state.json: every verb ends soon and without a panic, list shows
// the other containers, and delete --force removes everything of this one and
// nothing of theirs.
func (w *worker) records(b *bundle, verb string) (r result) {
	other := w.id()
	if err := w.started(b, other); err != nil {
		return result{Bad: []string{err.Error()}}
	}
	otherInit := children(os.Getpid())
	switch verb {
	case "cut":
		for i := range deletedCuts {
			w.damaged(b, &r, other, func(_ string, data []byte) []byte { return data[:len(data)*i/deletedCuts] })
		}
	case "flip":
		for i := range deletedFlips {
			w.damaged(b, &r, other, func(_ string, data []byte) []byte {
				data[len(data)*i/deletedFlips] ^= 1 << (i % 7)
				return data
			})
		}
	case "replace":
		for _, c := range contents() {
			w.damaged(b, &r, other, func(string, []byte) []byte { return c })
		}
		for _, f := range w.inodes(other) {
			w.damaged(b, &r, other, f)
		}
	case "in process":
		w.read(b, &r)
	}
	if now := children(os.Getpid()); len(now) != len(otherInit) || now[0] != otherInit[0] {
		r.Bad = append(r.Bad, "the other container's process is gone")
	}
	r.Bad = append(r.Bad, w.deleted(w.release, other)...)
	if len(r.Bad) > 0 {
		w.oracle.clear(other)
	}
	return r
}

// contents are what a file of its name might hold.
func contents() [][]byte {
	return [][]byte{
		{}, []byte("null"), []byte("{}"), []byte("[]"), []byte(`"x"`), []byte("1"), []byte("garbage"), {0}, {0xff, 0xfe},
		[]byte(`{"id":1}`), []byte(`{"schema":1}`), []byte(`{"schema":99,"id":"x"}`), []byte(`{"cgroups":["/"]}`),
		bytes.Repeat([]byte("["), 200000), bytes.Repeat([]byte(`{"a":`), 100000), make([]byte, 17<<20),
	}
}

// inodes replace the file by something else; they return nil.
func (w *worker) inodes(other string) []func(path string, data []byte) []byte {
	rename := func(make func(path string) error) func(string, []byte) []byte {
		return func(path string, _ []byte) []byte {
			if err := os.Remove(path); err == nil {
				err = make(path)
				if err != nil {
					panic(err)
				}
			}
			return nil
		}
	}
	record := filepath.Join(w.dir, "state", other, "state.json")
	return []func(string, []byte) []byte{
		rename(func(string) error { return nil }),
		rename(func(path string) error { return unix.Mkfifo(path, 0o600) }),
		rename(func(path string) error { return os.Mkdir(path, 0o700) }),
		rename(func(path string) error { return os.Symlink(record, path) }),
		rename(func(path string) error { return os.Symlink(path, path) }),
		rename(func(path string) error { return os.Symlink("/dev/zero", path) }),
		rename(func(path string) error {
			data, err := os.ReadFile(record)
			if err == nil {
				err = os.WriteFile(path, data, 0o600)
			}
			return err
		}),
	}
}

// damaged makes a running container, damages its record and calls every verb.
func (w *worker) damaged(b *bundle, r *result, other string, damage func(path string, data []byte) []byte) {
	id := w.id()
	if err := w.started(b, id); err != nil {
		r.note([]string{err.Error()}, func() string { return "a new container" })
		return
	}
	path := filepath.Join(w.dir, "state", id, "state.json")
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	content := damage(path, data)
	if content != nil {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			panic(err)
		}
	}
	bad := w.everyVerb(id, other)
	if o := w.rt("", w.release, "delete", "--force", id); !o.ok() || o.took > time.Second {
		bad = append(bad, "delete --force: "+o.String())
	}
	for _, l := range w.oracle.left(id) {
		if !strings.Contains(l, other) && !strings.HasPrefix(l, "process") {
			bad = append(bad, "after delete --force: "+l)
		}
	}
	if n := len(children(os.Getpid())); n != 1 {
		bad = append(bad, fmt.Sprintf("after delete --force: %d processes, want that of the other container", n))
	}
	r.note(bad, func() string { return fmt.Sprintf("%.60q (%d bytes)", content, len(content)) })
	if len(bad) > 0 {
		w.oracle.clear(id)
	}
}

// everyVerb calls those that read a record.
func (w *worker) everyVerb(id, other string) (bad []string) {
	for _, args := range [][]string{
		{"state", id}, {"start", id}, {"kill", id, "0"}, {"kill", "--all", id, "0"}, {"exec", id, "true"}, {"ps", id},
		{"delete", id}, {"list"}, {"list", "--format", "json"}, {"list", "-q"},
	} {
		o := w.rt("", w.release, args...)
		if o.hung || o.took > time.Second || o.status.Signaled() ||
			strings.Contains(o.stderr, "panic") || strings.Contains(o.stderr, "goroutine") {
			bad = append(bad, fmt.Sprintf("%s: %v", args[0], o))
		}
	}
	if out, _ := output(w.variant, w.release, "--root", w.dir+"/state", "list", "-q"); !strings.Contains(string(out), other) {
		bad = append(bad, "list does not show the other container")
	}
	return bad
}

// read cuts a record at every offset and flips bits all over it, and reads it in
// this process: a panic ends the worker.
func (w *worker) read(b *bundle, r *result) {
	id := w.id()
	if err := w.started(b, id); err != nil {
		r.note([]string{err.Error()}, func() string { return "a new container" })
		return
	}
	rt := container.Runtime{Root: w.dir + "/state"}
	path := filepath.Join(w.dir, "state", id, "state.json")
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	try := func(content []byte, where string) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			panic(err)
		}
		start := time.Now()
		_, err := rt.State(id)
		_ = rt.Kill(id, 0, false)
		_ = rt.Kill(id, 0, true)
		deleted := rt.Delete(context.Background(), id, false)
		states, _ := rt.List()
		var bad []string
		if len(content) < len(data) && err == nil {
			bad = append(bad, "state shows it")
		}
		if deleted == nil {
			bad = append(bad, "it was deleted without --force")
		}
		if len(states) == 0 {
			bad = append(bad, "list shows nothing")
		}
		if took := time.Since(start); took > time.Second {
			bad = append(bad, "took "+took.String())
		}
		r.note(bad, func() string { return where })
	}
	for n := range data {
		try(data[:n], fmt.Sprintf("the first %d of %d bytes", n, len(data)))
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same ones each time
	for range readFlips {
		i, bit := random.IntN(len(data)), random.IntN(8)
		changed := bytes.Clone(data)
		changed[i] ^= 1 << bit
		try(changed, fmt.Sprintf("bit %d of byte %d of %d", bit, i, len(data)))
	}
	if err := rt.Delete(context.Background(), id, true); err != nil {
		r.Bad = append(r.Bad, "delete --force: "+err.Error())
	}
	reap()
}
