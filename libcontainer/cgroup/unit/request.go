package unit

import (
	"fmt"
	"sort"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/internal/variant"
)

// Request is what systemd is asked for to make a container's cgroup.
type Request struct {
	Unit       *Unit
	User       bool     // of a user's instance
	Properties []string // of the transient unit
	// Late are those that are set when init is born: until then the stage, which
	// init is born of, is in the unit too.
	Late []string
}

// What the versions of systemd brought that is made use of.
const (
	hasCollectMode = 236
	hasQuotaPeriod = 242
	hasCpuset      = 244
	hasIdle        = 252
	hasScopeOOM    = 253 // OOMPolicy for scopes
)

// Create decides what systemd is told about a new container. set has been made for
// the unit's directories from r; the write that only systemd can do in time, see
// Request.Late, is taken out of it, and warnings are added.
func (u *Unit) Create(m *Manager, id string, annotations map[string]string, set *setting.Set, r *specs.LinuxResources) (*Request, error) {
	req := &Request{Unit: u, User: m.User}
	var p properties
	p.set("Description", text("rt container "+id))
	if u.Slice == "" {
		p.set("Wants", "["+text(sliceAbove(u.Name))+"]")
	} else {
		p.set("Slice", text(u.Slice))
		p.set("Delegate", "true")
	}
	blockIO := "IOAccounting"
	if !anyV2(set) {
		blockIO = "BlockIOAccounting"
	}
	// Limits need their controllers, and engines read the statistics of all.
	for _, name := range []string{"MemoryAccounting", "CPUAccounting", blockIO, "TasksAccounting"} {
		p.set(name, "true")
	}
	// Nothing is to wait for the container at shutdown, nor it for anything.
	p.set("DefaultDependencies", "false")
	if m.Version >= hasCollectMode {
		// What failed is forgotten, or its name could not be used again.
		p.set("CollectMode", text("inactive-or-failed"))
	}
	if err := p.annotations(annotations); err != nil {
		return nil, err
	}
	if err := p.writes(m, set, r); err != nil {
		return nil, err
	}
	p.oomPolicy(m, r)
	if !m.User {
		if err := p.devices(set, r); err != nil {
			return nil, err
		}
	}
	req.Late = p.late(set)
	req.Properties = p.list()
	return req, nil
}

// Update decides what systemd is told about a change. writes are the change itself,
// in files of dirs, and all is what is in force afterwards.
func Update(m *Manager, set *setting.Set, all *specs.LinuxResources) ([]string, error) {
	var p properties
	if err := p.writes(m, set, all); err != nil {
		return nil, err
	}
	return p.list(), nil
}

func anyV2(set *setting.Set) bool {
	for i := range set.Dirs {
		if set.Dirs[i].V2 && len(set.Dirs[i].Controllers) > 0 {
			return true
		}
	}
	return false
}

// late moves a limit of one process behind init's birth.
func (p *properties) late(set *setting.Set) []string {
	if p.get("TasksMax") != "uint64 1" {
		return nil
	}
	p.drop("TasksMax")
	kept := set.Writes[:0:0]
	for _, w := range set.Writes {
		if w.File != "pids.max" {
			kept = append(kept, w)
		}
	}
	set.Writes = kept
	return []string{"TasksMax=uint64 1"}
}

// Annotation is what the names of annotations begin with that set a property.
const Annotation = "org.systemd.property."

// managed are the properties that no annotation sets: they say which processes are
// the container's and where, and a bundle must not move those of others.
func managed(name string) bool {
	switch name {
	case "PIDs", "PIDFDs", "Slice", "Delegate", "DelegateControllers", "Controller", "ControlGroup":
		return true
	}
	return false
}

// annotations serves annotations whose names begin with org.systemd.property. Other
// runtimes have set the form: a property's name, and its value as text. Names in
// ...Sec are written that way in unit files and are called ...USec on D-Bus, in
// microseconds.
func (p *properties) annotations(list map[string]string) error {
	var keys []string
	for key := range list {
		if strings.HasPrefix(key, Annotation) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		name, value := strings.TrimPrefix(key, Annotation), list[key]
		if !isProperty(name) {
			return fmt.Errorf("annotations[%q]: %q is no name of a property, want letters only, and three at least", key, name)
		}
		if managed(name) {
			return fmt.Errorf("annotations[%q]: the runtime sets the property %s itself", key, name)
		}
		v, err := variant.Parse(value)
		if err != nil {
			return fmt.Errorf("annotations[%q]: %w", key, err)
		}
		if base, ok := strings.CutSuffix(name, "Sec"); ok && !strings.HasSuffix(base, "U") {
			usec, ok := variant.Seconds(v)
			if !ok {
				return fmt.Errorf("annotations[%q]: %q is no number of seconds", key, value)
			}
			name, value = base+"USec", number(usec.Num)
		}
		p.set(name, value)
	}
	return nil
}

func isProperty(name string) bool {
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) || c >= '0' && c <= '9' {
			return false
		}
	}
	return len(name) >= 3
}

// properties keeps one value for each name, in the order in which they were first
// set.
type properties struct {
	names  []string
	values []string
}

func (p *properties) set(name, value string) {
	for i := range p.names {
		if p.names[i] == name {
			p.values[i] = value
			return
		}
	}
	p.names, p.values = append(p.names, name), append(p.values, value)
}

// add puts a value into a list.
func (p *properties) add(name, element string) {
	if have := p.get(name); have != "" {
		element = strings.TrimSuffix(strings.TrimPrefix(have, "["), "]") + ", " + element
	}
	p.set(name, "["+element+"]")
}

func (p *properties) get(name string) string {
	for i := range p.names {
		if p.names[i] == name {
			return p.values[i]
		}
	}
	return ""
}

func (p *properties) drop(name string) {
	for i := range p.names {
		if p.names[i] == name {
			p.names, p.values = append(p.names[:i:i], p.names[i+1:]...), append(p.values[:i:i], p.values[i+1:]...)
			return
		}
	}
}

func (p *properties) list() []string {
	list := make([]string, len(p.names))
	for i := range p.names {
		list[i] = p.names[i] + "=" + p.values[i]
	}
	return list
}

func number(n uint64) string { return fmt.Sprintf("uint64 %d", n) }

// text quotes a string.
func text(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
