package state

import (
	"slices"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/internal/jsonw"
	"rt/libcontainer/spec"
)

// encode writes the record as JSON. Every verb reads or writes one, so neither
// direction uses reflection; a test compares both with encoding/json.
func (rec *Record) encode() []byte {
	var w jsonw.Writer
	text := func(key, v string) { w.Key(key); w.String(v) }
	number := func(key string, v int) { w.Key(key); w.Int(int64(v)) }
	unsigned := func(key string, v uint64) { w.Key(key); w.Uint(v) }
	w.Begin('{')
	number("schema", rec.Schema)
	text("ociVersion", rec.OCIVersion)
	text("id", rec.ID)
	text("status", rec.Status)
	number("pid", rec.Pid)
	unsigned("startTime", rec.StartTime)
	unsigned("stageDev", rec.StageDev)
	unsigned("stageIno", rec.StageIno)
	text("bootID", rec.BootID)
	number("creator", rec.Creator)
	unsigned("creatorTime", rec.CreatorTime)
	text("bundle", rec.Bundle)
	text("rootfs", rec.Rootfs)
	text("created", rec.Created.Format(time.RFC3339Nano))
	number("owner", rec.Owner)
	if len(rec.Annotations) > 0 {
		w.Key("annotations")
		WriteMap(&w, rec.Annotations)
	}
	w.Key("cgroups")
	w.Strings(rec.Cgroups)
	if rec.Unit != "" {
		text("unit", rec.Unit)
		w.Key("userUnit")
		w.Bool(rec.UserUnit)
	}
	if r := &rec.Resctrl; r.Dir != "" {
		w.Key("resctrl")
		w.Begin('{')
		text("dir", r.Dir)
		text("monitor", r.Monitor)
		w.Key("remove")
		w.Strings(r.Remove)
		w.End('}')
	}
	text("pidFile", rec.PidFile)
	w.Key("ownPidNS")
	w.Bool(rec.OwnPidNS)
	writeHooks(&w, "poststart", rec.Poststart)
	writeHooks(&w, "poststop", rec.Poststop)
	w.Key("late")
	w.Begin('[')
	for _, l := range rec.Late {
		w.Begin('{')
		number("op", l.Op)
		text("text", l.Text)
		w.End('}')
	}
	w.End(']')
	text("notify", rec.Notify)
	if rec.Checkpointed {
		w.Key("checkpointed")
		w.Bool(true)
	}
	if rec.Restored {
		w.Key("restored")
		w.Bool(true)
	}
	text("error", rec.Error)
	w.End('}')
	return w.Bytes()
}

// WriteMap writes an object of strings with its keys in order.
func WriteMap(w *jsonw.Writer, m map[string]string) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	w.Begin('{')
	for _, k := range keys {
		w.Key(k)
		w.String(m[k])
	}
	w.End('}')
}

func writeHooks(w *jsonw.Writer, key string, hooks []specs.Hook) {
	if len(hooks) == 0 {
		return
	}
	w.Key(key)
	w.Begin('[')
	for i := range hooks {
		h := &hooks[i]
		w.Begin('{')
		w.Key("path")
		w.String(h.Path)
		if h.Args != nil {
			w.Key("args")
			w.Strings(h.Args)
		}
		if h.Env != nil {
			w.Key("env")
			w.Strings(h.Env)
		}
		if h.Timeout != nil {
			w.Key("timeout")
			w.Int(int64(*h.Timeout))
		}
		w.End('}')
	}
	w.End(']')
}

// decode reads what encode wrote. Keys that it does not know are skipped.
func decode(data []byte) (*Record, error) {
	rec := new(Record)
	r := spec.NewReader(data)
	r.Object(func(key string) {
		switch key {
		case "schema":
			rec.Schema = r.Int()
		case "ociVersion":
			rec.OCIVersion = r.String()
		case "id":
			rec.ID = r.String()
		case "status":
			rec.Status = r.String()
		case "pid":
			rec.Pid = r.Int()
		case "startTime":
			rec.StartTime = r.Uint()
		case "stageDev":
			rec.StageDev = r.Uint()
		case "stageIno":
			rec.StageIno = r.Uint()
		case "bootID":
			rec.BootID = r.String()
		case "creator":
			rec.Creator = r.Int()
		case "creatorTime":
			rec.CreatorTime = r.Uint()
		case "bundle":
			rec.Bundle = r.String()
		case "rootfs":
			rec.Rootfs = r.String()
		case "created":
			rec.Created, _ = time.Parse(time.RFC3339Nano, r.String())
		case "owner":
			rec.Owner = r.Int()
		case "annotations":
			rec.Annotations = r.Map()
		case "cgroups":
			rec.Cgroups = r.Strings()
		case "unit":
			rec.Unit = r.String()
		case "userUnit":
			rec.UserUnit = r.Bool()
		case "resctrl":
			rec.Resctrl = readResctrl(r)
		case "pidFile":
			rec.PidFile = r.String()
		case "ownPidNS":
			rec.OwnPidNS = r.Bool()
		case "poststart":
			rec.Poststart = r.Hooks()
		case "poststop":
			rec.Poststop = r.Hooks()
		case "late":
			rec.Late = readLate(r)
		case "notify":
			rec.Notify = r.String()
		case "checkpointed":
			rec.Checkpointed = r.Bool()
		case "restored":
			rec.Restored = r.Bool()
		case "error":
			rec.Error = r.String()
		default:
			r.Skip()
		}
	})
	return rec, r.Close()
}

func readResctrl(r *spec.Reader) (group Resctrl) {
	r.Object(func(key string) {
		switch key {
		case "dir":
			group.Dir = r.String()
		case "monitor":
			group.Monitor = r.String()
		case "remove":
			group.Remove = r.Strings()
		default:
			r.Skip()
		}
	})
	return group
}

func readLate(r *spec.Reader) (list []Late) {
	next := func() { list = append(list, Late{}) }
	r.Objects(next, func(key string) {
		l := &list[len(list)-1]
		switch key {
		case "op":
			l.Op = r.Int()
		case "text":
			l.Text = r.String()
		default:
			r.Skip()
		}
	})
	return list
}
