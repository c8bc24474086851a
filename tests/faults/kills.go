package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// killVerbs are the series of kills at moments of the clock, with the release.
var killVerbs = []string{"create", "run", "start", "delete", "exec", "stopped creator", "hook", "gate"}

// kills is how many moments a series has; the first ones are 0.3 ms apart on a
// machine where the verb takes 15 ms.
const kills = 50

func (w *worker) killSeries(b *bundle, verb string) result {
	switch verb {
	case "create", "run":
		return w.killAtAnyTime(b, nil, func(id string) []string {
			return append(append([]string{verb}, b.flags(w.dir, id)...), id)
		}, nil)
	case "start":
		return w.killAtAnyTime(b, w.created, func(id string) []string { return []string{"start", id} }, w.startable)
	case "delete":
		return w.killAtAnyTime(b, w.started, func(id string) []string { return []string{"delete", "--force", id} }, nil)
	case "exec":
		return w.killAtAnyTime(b, w.started, func(id string) []string { return []string{"exec", id, "true"} }, w.noStage)
	case "stopped creator":
		return w.stoppedCreator(b)
	case "hook":
		return w.killedInHook()
	}
	return w.gate(b)
}

// killAtAnyTime kills a verb at moments from its begin to its end. before makes
// the container that it is about; after looks at what the kill made of that.
func (w *worker) killAtAnyTime(b *bundle, before func(b *bundle, id string) error, args func(id string) []string,
	after func(id string) []string) (r result) {
	whole := 15 * time.Millisecond
	for i := -1; i < kills; i++ {
		id := w.id()
		if before != nil {
			if err := before(b, id); err != nil {
				r.Bad = append(r.Bad, err.Error())
				continue
			}
		}
		at := whole * 11 / 10 * time.Duration(max(i, 0)) / kills
		p := w.call("", w.release, args(id)...)
		if i >= 0 {
			time.Sleep(at)
			_ = unix.Kill(p.pid, unix.SIGKILL)
		}
		o := p.wait(limit)
		if i < 0 {
			whole = max(o.took, whole) // the first is let alone, to know how long it takes
		}
		var bad []string
		if after != nil {
			bad = after(id)
		}
		bad = append(bad, w.deleted(w.release, id)...)
		if i%10 == 9 && len(bad) == 0 {
			bad = w.again(b, w.release, id)
		}
		r.note(bad, func() string { return fmt.Sprintf("killed after %v (%v)", at, o) })
		if len(bad) > 0 {
			w.oracle.clear(id)
		}
	}
	return r
}

// note adds what was wrong in one trial of a series.
func (r *result) note(bad []string, where func() string) {
	r.Count++
	for _, l := range bad {
		r.Bad = append(r.Bad, where()+": "+l)
	}
}

func (w *worker) created(b *bundle, id string) error {
	o := w.rt("", w.release, append(append([]string{"create"}, b.flags(w.dir, id)...), id)...)
	if !o.ok() {
		return fmt.Errorf("create: %v", o)
	}
	return nil
}

func (w *worker) started(b *bundle, id string) error {
	if err := w.created(b, id); err != nil {
		return err
	}
	if o := w.rt("", w.release, "start", id); !o.ok() {
		return fmt.Errorf("start: %v", o)
	}
	_ = os.Remove(w.dir + "/pid/file")
	return nil
}

// status asks the runtime.
func (w *worker) status(id string) string {
	out, err := output(w.variant, w.release, "--root", w.dir+"/state", "state", id)
	var state struct{ Status string }
	if err != nil || json.Unmarshal(out, &state) != nil {
		return fmt.Sprint("unknown: ", err)
	}
	return state.Status
}

// startable: the status after a killed start is true. What is created can be
// started, what is running cannot.
func (w *worker) startable(id string) (bad []string) {
	defer os.Remove(w.dir + "/pid/file")
	var before string
	for end := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		// A start that was killed after it opened the gate is still going on.
		before = w.status(id)
		if before == "running" || time.Now().After(end) {
			break
		}
		if o := w.rt("", w.release, "start", id); o.ok() {
			break
		} else if o.took > time.Second {
			return []string{"second start: " + o.String()}
		}
	}
	if now := w.status(id); now != "running" {
		bad = append(bad, fmt.Sprintf("%s after a second start of a container that was %s", now, before))
	}
	o := w.rt("", w.release, "start", id)
	if o.ok() || o.took > time.Second {
		bad = append(bad, "third start: "+o.String())
	}
	if o := w.rt("", w.release, "delete", id); o.ok() {
		bad = append(bad, "a running container was deleted without --force")
	}
	return bad
}

// noStage: an exec that was killed leaves no half-made process in the container.
func (w *worker) noStage(string) []string {
	var list []string
	for end := time.Now().Add(time.Second); ; time.Sleep(5 * time.Millisecond) {
		list = nil
		for _, pid := range descendants() {
			if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil && strings.Contains(exe, "rt-init") && !ending(pid) {
				list = append(list, fmt.Sprintf("process %d is still in the init stage", pid))
			}
		}
		if len(list) == 0 || time.Now().After(end) {
			return list
		}
	}
}

// stoppedCreator: while create is stopped half-way delete cannot succeed with
// something left, and when its process is gone delete does its work.
func (w *worker) stoppedCreator(b *bundle) (r result) {
	for _, at := range []time.Duration{0, 2, 6} {
		at *= time.Millisecond
		id := w.id()
		p := w.call("", w.release, append(append([]string{"create"}, b.flags(w.dir, id)...), id)...)
		for end := time.Now().Add(limit); !exists(w.dir+"/state/"+id+"/state.json") && time.Now().Before(end); {
			time.Sleep(50 * time.Microsecond)
		}
		time.Sleep(at)
		_ = unix.Kill(p.pid, unix.SIGSTOP)
		var bad []string
		first := w.call("", w.release, "delete", "--force", id).wait(20 * time.Second)
		switch {
		case first.hung:
			bad = append(bad, "delete --force hung")
		case first.ok():
			bad = append(bad, "delete --force succeeded while the container was being made")
		}
		_ = unix.Kill(p.pid, unix.SIGKILL)
		o := p.wait(limit)
		bad = append(bad, w.deleted(w.release, id)...)
		r.note(bad, func() string { return fmt.Sprintf("stopped after %v (%v), delete %v", at, o, first) })
		if len(bad) > 0 {
			w.oracle.clear(id)
		}
	}
	return r
}

// killedInHook kills the creator while a hook runs that has a child of its own.
func (w *worker) killedInHook() (r result) {
	for _, variant := range []string{"host", "plain"} {
		for _, kind := range []string{"createRuntime", "createContainer"} {
			b, err := w.bundle(variant)
			if err != nil {
				return result{Bad: []string{err.Error()}}
			}
			id := w.id()
			flags := b.flags(w.dir, id)
			mark := w.dir + "/pid/hook"
			if err := b.slowHook(kind, id, w.dir, mark); err != nil {
				return result{Bad: []string{err.Error()}}
			}
			p := w.call("", w.release, append(append([]string{"create"}, flags...), id)...)
			for end := time.Now().Add(limit); !exists(mark) && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			_ = unix.Kill(p.pid, unix.SIGKILL)
			o := p.wait(limit)
			var bad []string
			if os.Remove(mark) != nil {
				bad = append(bad, "the hook did not run")
			}
			bad = append(bad, w.deleted(w.release, id)...)
			r.note(bad, func() string { return fmt.Sprintf("%s, killed in %s (%v)", variant, kind, o) })
			if len(bad) > 0 {
				w.oracle.clear(id)
			}
		}
	}
	return r
}

// slowHook gives the configuration a hook that starts a child and does not end.
func (b *bundle) slowHook(kind, id, dir, mark string) error {
	c := b.config(id, dir)
	slow := []specs.Hook{{
		Path: "/bin/sh", Args: []string{"sh", "-c", "sleep 100 & : >" + mark + "; sleep 100; :"},
	}}
	if kind == "createRuntime" {
		c.Hooks.CreateRuntime = slow
	} else {
		c.Hooks.CreateContainer = slow
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, "config.json"), data, 0o644)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// gate: someone else has the fifo that init waits at open, reads it or writes it.
func (w *worker) gate(b *bundle) (r result) {
	for _, how := range []string{"holds", "reads", "writes"} {
		for range 5 {
			id := w.id()
			if err := w.created(b, id); err != nil {
				r.note([]string{err.Error()}, func() string { return how })
				continue
			}
			bad := w.meddle(how, id)
			_ = os.Remove(w.dir + "/pid/file")
			bad = append(bad, w.deleted(w.release, id)...)
			r.note(bad, func() string { return "someone " + how + " exec.fifo" })
			if len(bad) > 0 {
				w.oracle.clear(id)
			}
		}
	}
	return r
}

func (w *worker) meddle(how, id string) (bad []string) {
	fifo, err := os.OpenFile(filepath.Join(w.dir, "state", id, "exec.fifo"), os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return []string{err.Error()}
	}
	defer fifo.Close()
	switch how {
	case "reads":
		stop := make(chan bool)
		defer close(stop)
		go func() {
			buf := make([]byte, 1)
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = unix.Read(int(fifo.Fd()), buf)
				}
			}
		}()
	case "writes":
		_, _ = fifo.Write([]byte{1})
		time.Sleep(50 * time.Millisecond)
	}
	was := w.status(id)
	o := w.rt("", w.release, "start", id)
	if o.took > time.Second {
		bad = append(bad, "start: "+o.String())
	}
	now := w.status(id)
	switch {
	case was == "created" && o.ok() && now != "running":
		bad = append(bad, "started and is "+now)
	case was == "running" && (o.ok() || now != "running"):
		bad = append(bad, "was running, is "+now+" after start: "+o.String())
	case was != "created" && was != "running":
		bad = append(bad, "was "+was)
	case how == "holds" && !o.ok():
		bad = append(bad, "start: "+o.String())
	}
	if now == "running" {
		if o := w.rt("", w.release, "delete", id); o.ok() {
			bad = append(bad, "a running container was deleted without --force")
		}
	}
	return bad
}
