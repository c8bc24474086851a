package setting

import specs "github.com/opencontainers/runtime-spec/specs-go"

// v1Devices is what the kernel keeps for a cgroup: a default and exceptions from it
// (security/device_cgroup.c). It cannot express every list of rules.
type v1Devices struct {
	allow      bool     // the default
	exceptions []Device // to the contrary
}

// devicesV1 writes the rules in their order. A new cgroup has its parent's rules,
// so the first write denies everything. Writes that would change nothing are left
// out.
func (b *builder) devicesV1(d *Dir, list rules) error {
	var state v1Devices
	b.write(d, "devices.deny", "a", "devices")
	for _, r := range list {
		if r.Type == 'a' && r.Major == Any && r.Minor == Any && r.Access == AllAccess {
			if state.allow != r.Allow || len(state.exceptions) > 0 {
				b.write(d, r.file(), "a", r.field)
			}
			state = v1Devices{allow: r.Allow}
			continue
		}
		for _, one := range r.types() {
			writes, ok := state.apply(one)
			if !ok && r.field == "devices" {
				continue // what the configuration denies is denied
			}
			if !ok {
				return bad(r.field, "cgroup v1 cannot express %q behind a rule for more devices than these, put it before that one or split that one", one.verb()+" "+one.String())
			}
			for _, w := range writes {
				b.write(d, w.file(), w.String(), r.field)
			}
		}
	}
	return nil
}

func (d Device) file() string { return "devices." + d.verb() }

func (d Device) verb() string {
	if d.Allow {
		return "allow"
	}
	return "deny"
}

// types splits a rule about both types: to the kernel "a" means every number and
// every access too, whatever follows.
func (d Device) types() []Device {
	if d.Type != 'a' {
		return []Device{d}
	}
	c, b := d, d
	c.Type, b.Type = 'c', 'b'
	return []Device{c, b}
}

// apply returns the writes that bring a rule about which is not about everything.
//
// A rule against the default becomes an exception. A rule for the default takes
// exceptions away, and the kernel finds only those with exactly the written numbers.
// An exception for more devices than the rule's cannot be split: the kernel would
// quietly go on allowing what was to be denied, so that is not ok.
func (s *v1Devices) apply(d Device) (writes []Device, ok bool) {
	if d.Allow != s.allow {
		return s.except(d), true
	}
	for i := range s.exceptions {
		e := &s.exceptions[i]
		if !e.overlaps(d) || e.Access&d.Access == 0 {
			continue
		}
		if !d.covers(*e) {
			return nil, false
		}
		writes = append(writes, Device{d.Allow, e.Type, e.Major, e.Minor, d.Access & e.Access})
		e.Access &^= d.Access
	}
	return writes, true
}

func (s *v1Devices) except(d Device) []Device {
	for i := range s.exceptions {
		e := &s.exceptions[i]
		if e.Type == d.Type && e.Major == d.Major && e.Minor == d.Minor {
			if d.Access&^e.Access == 0 {
				return nil
			}
			e.Access |= d.Access
			return []Device{d}
		}
	}
	s.exceptions = append(s.exceptions, d)
	return []Device{d}
}

// covers reports whether d is about every device that o is about.
func (d Device) covers(o Device) bool {
	return d.Type == o.Type && (d.Major == Any || d.Major == o.Major) && (d.Minor == Any || d.Minor == o.Minor)
}

func (d Device) overlaps(o Device) bool {
	match := func(a, b int64) bool { return a == b || a == Any || b == Any }
	return d.Type == o.Type && match(d.Major, o.Major) && match(d.Minor, o.Minor)
}

// DeviceRules are the configured rules with the built-in ones behind them, as they
// are in force.
func DeviceRules(list []specs.LinuxDeviceCgroup) ([]Device, error) {
	r, err := deviceRules(list)
	return r.devices(), err
}

// AllowList reduces rules to what is allowed while everything else is denied; with
// everything it is the other way round, and the list is what is denied. Rules that
// such a list cannot express are left out, and it is not exact.
func AllowList(list []Device) (devices []Device, everything, exact bool) {
	var state v1Devices
	exact = true
	for _, d := range list {
		if d.Type == 'a' && d.Major == Any && d.Minor == Any && d.Access == AllAccess {
			state = v1Devices{allow: d.Allow}
			continue
		}
		for _, one := range d.types() {
			if _, ok := state.apply(one); !ok {
				exact = false
			}
		}
	}
	for _, e := range state.exceptions {
		if e.Access != 0 {
			devices = append(devices, e)
		}
	}
	return devices, state.allow, exact
}
