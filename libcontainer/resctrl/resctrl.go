// Package resctrl serves linux.intelRdt: groups of the resctrl file system, by which
// the kernel shares out caches and memory bandwidth (Intel RDT, AMD QoS, Arm MPAM)
// and counts their use. See config-linux.md, "IntelRdt", and the kernel's
// filesystems/resctrl.rst.
package resctrl

import (
	"fmt"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Group is where a container's processes are in resctrl.
type Group struct {
	Dir     string // the class of service: a directory of the file system, or its root
	Monitor string // the container's own monitoring group below Dir; "" for none
	Make    bool   // Dir is not there and is to be made
	Own     bool   // Dir is the container's alone and goes with it
	Lines   []Line // what to write to Dir's schemata, in this order
}

// Line is one line of a schemata file and the field that it comes from.
type Line struct{ Field, Text string }

// Host is what a decision depends on: what is in the file system.
type Host struct {
	Root     string // where resctrl is mounted; "" if it is not
	Exists   bool   // the directory of the container's class is there
	Schemata string // its schemata, if it is
}

// Class is the directory of the class of service that a container gets.
func Class(root, id string, r *specs.LinuxIntelRdt) string {
	switch r.ClosID {
	case "":
		return root + "/" + id
	case "/":
		return root
	}
	return root + "/" + r.ClosID
}

// Decide says what is to be made and written for a container.
//
// A class that the configuration names and that is there already belongs to
// somebody else too: its shares of cache and bandwidth have to be those that the
// configuration asks for. One that it names without saying what it is has to be
// there. Errors name the configuration field.
func Decide(h Host, id string, r *specs.LinuxIntelRdt) (*Group, error) {
	if h.Root == "" {
		return nil, errNotMounted
	}
	g := &Group{Dir: Class(h.Root, id, r), Make: !h.Exists, Own: r.ClosID == "" && !h.Exists, Lines: lines(r)}
	if r.EnableMonitoring {
		g.Monitor = g.Dir + "/mon_groups/" + id
	}
	switch {
	case r.ClosID == "" || !h.Exists && len(g.Lines) > 0:
		return g, nil
	case !h.Exists:
		return nil, fmt.Errorf("linux.intelRdt.closID: %q: %s does not exist; make it, or say by schemata what it is", r.ClosID, g.Dir)
	}
	for _, l := range g.Lines {
		if strings.HasPrefix(l.Field, "linux.intelRdt.schemata") {
			continue
		}
		if have, ok := differs(h.Schemata, l.Text); ok {
			return nil, fmt.Errorf("%s: %q, but the class %s exists with %q", l.Field, l.Text, g.Dir, have)
		}
	}
	return g, nil
}

// lines are what the configuration has for the schemata file, the general field
// last.
func lines(r *specs.LinuxIntelRdt) (list []Line) {
	if r.L3CacheSchema != "" {
		list = append(list, Line{"linux.intelRdt.l3CacheSchema", r.L3CacheSchema})
	}
	if r.MemBwSchema != "" {
		list = append(list, Line{"linux.intelRdt.memBwSchema", r.MemBwSchema})
	}
	for i, s := range r.Schemata {
		list = append(list, Line{"linux.intelRdt.schemata[" + strconv.Itoa(i) + "]", s})
	}
	return list
}

// Schemata is the content of one write to a schemata file: the kernel takes all of
// its lines or none.
func (g *Group) Schemata() string {
	var b strings.Builder
	for _, l := range g.Lines {
		b.WriteString(l.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Remove lists what goes with the container, in this order.
func (g *Group) Remove() (dirs []string) {
	if g.Monitor != "" {
		dirs = append(dirs, g.Monitor)
	}
	if g.Own {
		dirs = append(dirs, g.Dir)
	}
	return dirs
}

// differs compares a line "RESOURCE:DOMAIN=VALUE;..." with a schemata file, domain by
// domain: the file has all of them, in the order of their numbers, padded with blanks
// and zeros. It returns the file's line.
func differs(file, line string) (have string, differs bool) {
	resource, values, _ := strings.Cut(strings.TrimSpace(line), ":")
	now := map[string]string{}
	for l := range strings.Lines(file) {
		l = strings.TrimSpace(l)
		if name, rest, ok := strings.Cut(l, ":"); ok && name == resource {
			have, now = l, domains(rest)
		}
	}
	for domain, value := range domains(values) {
		if now[domain] != value {
			return have, true
		}
	}
	return have, false
}

// domains splits "0=f0;1=ff". Masks are hexadecimal and bandwidths decimal; for
// neither does it matter how many zeros there are in front.
func domains(text string) map[string]string {
	m := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		domain, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if ok {
			m[plain(domain)] = plain(value)
		}
	}
	return m
}

func plain(number string) string {
	s := strings.TrimLeft(strings.ToLower(strings.TrimSpace(number)), "0")
	if s == "" {
		return "0"
	}
	return s
}
