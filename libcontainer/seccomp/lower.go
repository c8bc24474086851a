package seccomp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// request is a profile without conditions, as the compiler reads it: compiler/request.h.
// What has conditions gets an action of its own, which link replaces.
type request struct {
	profile *profile
	data    []byte
	archs   []int    // the index in the profile by the number in data
	names   []string // by the number in data
	blocks  map[uint32]*block
}

// Bounds and layout of what the compiler reads.
const (
	requestMagic = 0x71657273
	maxRequest   = 1<<20 - 1
)

// SCMP_FLTATR_CTL_OPTIMIZE in seccomp_attr_set(3). With more rules than treeFrom a
// binary tree pays for itself; with none, libseccomp 2.5.4 makes a wrong one.
const (
	byPriority = 1
	byTree     = 2
	treeFrom   = 32
)

// verdict is what the profile says about one name.
type verdict struct {
	name    string
	plain   bool   // one action without conditions, whatever else there is
	act     uint32 // if plain
	rules   []rule // otherwise; none repeats the default action
	entries string // where rules came from: equal for equal rules
}

// group is names with equal verdicts.
type group struct {
	act   uint32
	names []string
}

// lower sorts a profile out by name.
func (p *profile) lower() (*request, error) {
	verdicts, err := p.verdicts()
	if err != nil {
		return nil, err
	}
	r := &request{profile: p, blocks: map[uint32]*block{}}
	groups, err := r.groups(verdicts)
	if err != nil {
		return nil, err
	}
	r.encode(groups)
	if len(r.data) > maxRequest {
		return nil, fmt.Errorf("linux.seccomp.syscalls: %d names take more than 1 MiB", len(r.names))
	}
	return r, nil
}

// verdicts are in the order in which the names come.
func (p *profile) verdicts() ([]*verdict, error) {
	var list []*verdict
	byName := map[string]*verdict{}
	for i := range p.spec.Syscalls {
		call := &p.spec.Syscalls[i]
		act, err := action("", call.Action, "", call.ErrnoRet)
		if err != nil {
			return nil, err
		}
		rules := rulesOf(act, call.Args)
		for _, name := range call.Names {
			v := byName[name]
			if v == nil {
				v = &verdict{name: name}
				byName[name] = v
				list = append(list, v)
			}
			if act == p.def {
				continue
			}
			if err := v.add(i, act, rules); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// add takes an entry of linux.seccomp.syscalls in. Of two actions without conditions
// the first holds, as in libseccomp: Podman's default profile allows setns and then
// refuses it to those without CAP_SYS_ADMIN.
func (v *verdict) add(entry int, act uint32, rules []rule) error {
	if len(rules) == 0 {
		if !v.plain {
			v.plain, v.act = true, act
		}
		return nil
	}
	for _, old := range v.rules {
		for _, r := range rules {
			if old.act != r.act && slices.Equal(old.conditions, r.conditions) {
				return fmt.Errorf("linux.seccomp.syscalls[%d]: %q has two actions on equal conditions", entry, v.name)
			}
		}
	}
	v.rules = append(v.rules, rules...)
	v.entries += fmt.Sprint(entry, " ")
	return nil
}

// rulesOf are the rules of one entry; none if it has no conditions. Conditions on
// different arguments mean all of them; as soon as two are on one argument, they
// mean any of them.
func rulesOf(act uint32, args []specs.LinuxSeccompArg) []rule {
	var conditions []condition
	seen, repeated := [maxArgs]bool{}, false
	for i := range args {
		a := &args[i]
		op, _ := lookUp(operators[:], string(a.Op))
		conditions = append(conditions, condition{index: uint32(a.Index), op: op, value: a.Value, two: a.ValueTwo}.normal())
		repeated = repeated || seen[a.Index]
		seen[a.Index] = true
	}
	if len(conditions) == 0 {
		return nil
	}
	if !repeated {
		slices.SortFunc(conditions, func(a, b condition) int { return int(a.index) - int(b.index) })
		return []rule{{act, conditions}}
	}
	var rules []rule
	for _, c := range conditions {
		rules = append(rules, rule{act, []condition{c}})
	}
	return rules
}

// groups puts names with equal verdicts together, and gives each verdict with
// conditions an action that the profile has no use for.
func (r *request) groups(verdicts []*verdict) ([]*group, error) {
	var list []*group
	byKey := map[string]*group{}
	marker := r.unusedActions()
	for _, v := range verdicts {
		key := v.key(r.profile.def)
		if known := byKey[key]; known != nil {
			known.names = append(known.names, v.name)
			continue
		}
		g := &group{act: r.profile.def}
		if v.plain {
			g.act = v.act
		} else if len(v.rules) > 0 {
			var ok bool
			if g.act, ok = marker(); !ok {
				return nil, errors.New("linux.seccomp.syscalls: more than 65535 different conditions")
			}
			r.blocks[g.act] = &block{rules: v.rules, multiplexer: v.multiplexer(), start: -1}
		}
		g.names = []string{v.name}
		byKey[key] = g
		list = append(list, g)
	}
	return list, nil
}

// key is equal for verdicts that make the same code.
func (v *verdict) key(def uint32) string {
	switch {
	case v.plain:
		return fmt.Sprint("action ", v.act)
	case len(v.rules) == 0:
		return fmt.Sprint("action ", def)
	}
	return fmt.Sprint(v.entries, v.multiplexer())
}

// multiplexer tells the system calls that others come through on some architectures,
// with their arguments in memory.
func (v *verdict) multiplexer() bool { return v.name == "socketcall" || v.name == "ipc" }

// unusedActions finds actions that stand for something else until link: traces with
// data that the profile does not use.
func (r *request) unusedActions() func() (uint32, bool) {
	used := map[uint32]bool{r.profile.def: true}
	for i := range r.profile.spec.Syscalls {
		call := &r.profile.spec.Syscalls[i]
		if act, err := action("", call.Action, "", call.ErrnoRet); err == nil {
			used[act] = true
		}
	}
	next := uint32(unix.SECCOMP_RET_TRACE)
	return func() (uint32, bool) {
		for used[next] {
			next++
		}
		act := next
		next++
		return act, act <= unix.SECCOMP_RET_TRACE|unix.SECCOMP_RET_DATA
	}
}

func (r *request) encode(groups []*group) {
	rules, optimize := 0, uint32(byPriority)
	for _, g := range groups {
		if g.act != r.profile.def {
			rules += len(g.names)
		}
	}
	if rules > treeFrom {
		optimize = byTree
	}
	tokens := r.tokens()
	r.u32(requestMagic, r.profile.def, optimize, uint32(len(tokens)), uint32(len(groups)))
	r.u32(tokens...)
	for _, g := range groups {
		r.u32(g.act, uint32(len(g.names)))
		for _, name := range g.names {
			r.data = append(append(r.data, byte(len(name))), name...)
		}
		r.names = append(r.names, g.names...)
	}
}

// tokens are the profile's architectures, each once.
func (r *request) tokens() []uint32 {
	var list []uint32
	for i, name := range r.profile.spec.Architectures {
		token, _ := lookUp(archs[:], string(name))
		if !slices.Contains(list, token) {
			list = append(list, token)
			r.archs = append(r.archs, i)
		}
	}
	return list
}

func (r *request) u32(values ...uint32) {
	for _, v := range values {
		r.data = binary.NativeEndian.AppendUint32(r.data, v)
	}
}

// namesOf are the names with these numbers, sorted.
func (r *request) namesOf(numbers []uint32) []string {
	var list []string
	for _, n := range numbers {
		if int(n) < len(r.names) {
			list = append(list, r.names[n])
		}
	}
	slices.Sort(list)
	return list
}
