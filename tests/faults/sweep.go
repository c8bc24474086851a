package main

import (
	"fmt"
	"os"
)

// sweep makes one fault and looks at what it left.
func (w *worker) sweep(b *bundle, j job) (r result) {
	id := w.id()
	defer func() {
		if len(r.Bad) > 0 {
			w.oracle.clear(id)
		}
	}()
	fault := fmt.Sprintf("%d:%d", j.Op, j.Kind)
	if j.Side != "" {
		fault += ":" + j.Side
	}
	o := w.meet(b, j, fault, id)
	r.Bad = judge(j, o)
	// A failed create or run has undone everything; a failed start leaves a
	// stopped container to be deleted.
	if j.Verb != "start" && j.Kind != killParent && !o.ok() {
		for _, l := range w.oracle.left(id) {
			r.Bad = append(r.Bad, "before delete: "+l)
		}
	}
	if j.Verb != "create" && o.ok() {
		_ = os.Remove(w.dir + "/pid/file") // it started, so the file is the caller's
	}
	r.Bad = append(r.Bad, w.deleted(w.faulty, id)...)
	if len(r.Bad) > 0 {
		r.Bad = append(r.Bad, "the call: "+o.String())
	}
	if j.Number%20 == 0 {
		r.Bad = append(r.Bad, w.again(b, w.faulty, id)...)
	}
	return r
}

// meet calls the verb that meets the fault.
func (w *worker) meet(b *bundle, j job, fault, id string) outcome {
	switch j.Verb {
	case "start":
		if o := w.rt(fault, w.faulty, append(append([]string{"create"}, b.flags(w.dir, id)...), id)...); !o.ok() {
			return o
		}
		return w.rt(fault, w.faulty, "start", id)
	case "run":
		return w.rt(fault, w.faulty, append(append([]string{"run", "--detach"}, b.flags(w.dir, id)...), id)...)
	}
	return w.rt(fault, w.faulty, append(append([]string{"create"}, b.flags(w.dir, id)...), id)...)
}

// judge says what is wrong with how the verb ended.
func judge(j job, o outcome) []string {
	switch {
	case o.hung:
		return []string{"hung"}
	case j.Kind == killParent:
		if !o.killed() {
			return []string{"the parent was not killed"}
		}
	case j.Kind == killInit && j.Verb != "create":
		// A process that dies while it is started is a container that stopped.
	case o.ok() || !o.status.Exited():
		return []string{"did not fail"}
	case o.stderr == "":
		return []string{"failed without a word"}
	}
	return nil
}

// again uses the id once more, without a fault.
func (w *worker) again(b *bundle, exe, id string) []string {
	if o := w.rt("", exe, append(append([]string{"create"}, b.flags(w.dir, id)...), id)...); !o.ok() {
		return []string{"create again: " + o.String()}
	}
	// The pid file of a container that was created is the caller's.
	return w.deleted(exe, id)
}
