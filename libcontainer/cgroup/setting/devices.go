package setting

import (
	"fmt"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Any is a device number that stands for all.
const Any = -1

// Device is one rule about devices. The last rule of a list that matches decides,
// and nothing is allowed that no rule allows.
type Device struct {
	Allow        bool
	Type         byte // 'c' or 'b', or 'a' for both
	Major, Minor int64
	Access       Access
}

// Access is a set of permissions.
type Access uint8

// The permissions of device rules.
const (
	MayMknod Access = 1 << iota
	MayRead
	MayWrite
	AllAccess = MayMknod | MayRead | MayWrite
)

func (a Access) String() string {
	var s []byte
	for _, p := range [...]struct {
		bit    Access
		letter byte
	}{{MayRead, 'r'}, {MayWrite, 'w'}, {MayMknod, 'm'}} {
		if a&p.bit != 0 {
			s = append(s, p.letter)
		}
	}
	return string(s)
}

// String is the rule as devices.allow and devices.deny take it.
func (d Device) String() string {
	return string(d.Type) + " " + number(d.Major) + ":" + number(d.Minor) + " " + d.Access.String()
}

func number(n int64) string {
	if n == Any {
		return "*"
	}
	return strconv.FormatInt(n, 10)
}

// builtin is what every container may use: the devices of the specification's list
// of default devices, terminals, and tun, which VPNs in containers rely on. Making a
// node is harmless, it is opening that counts.
var builtin = [...]Device{
	{true, 'c', Any, Any, MayMknod},
	{true, 'b', Any, Any, MayMknod},
	{true, 'c', 1, 3, AllAccess},     // null
	{true, 'c', 1, 5, AllAccess},     // zero
	{true, 'c', 1, 7, AllAccess},     // full
	{true, 'c', 1, 8, AllAccess},     // random
	{true, 'c', 1, 9, AllAccess},     // urandom
	{true, 'c', 5, 0, AllAccess},     // tty
	{true, 'c', 5, 2, AllAccess},     // ptmx
	{true, 'c', 136, Any, AllAccess}, // pts
	{true, 'c', 10, 200, AllAccess},  // net/tun
}

// devices serves linux.resources.devices. In a user namespace the kernel lets
// nobody change device rules, and nobody make or open a device that was not there.
func (b *builder) devices(list []specs.LinuxDeviceCgroup, userNS bool) error {
	rules, err := deviceRules(list)
	if err != nil || userNS || len(b.set.Dirs) == 0 {
		return err
	}
	for i := range b.set.Dirs {
		if d := &b.set.Dirs[i]; !d.V2 && d.Has("devices") {
			return b.devicesV1(d, rules)
		}
	}
	for i := range b.set.Dirs {
		if b.set.Dirs[i].V2 {
			b.set.Devices = rules.devices()
			return nil
		}
	}
	b.warn("devices", "ignored, the cgroup controller devices is not mounted on this host")
	return nil
}

// rules are device rules and the field that each comes from.
type rules []struct {
	Device
	field string
}

func (r rules) devices() []Device {
	list := make([]Device, len(r))
	for i := range r {
		list[i] = r[i].Device
	}
	return list
}

// deviceRules checks the configured rules and adds the built-in ones behind them.
func deviceRules(list []specs.LinuxDeviceCgroup) (rules, error) {
	out := make(rules, 0, len(list)+len(builtin))
	for i := range list {
		field := fmt.Sprintf("devices[%d]", i)
		d, err := deviceRule(&list[i], field)
		if err != nil {
			return nil, err
		}
		out = append(out, struct {
			Device
			field string
		}{d, field})
	}
	for _, d := range builtin {
		out = append(out, struct {
			Device
			field string
		}{d, "devices"})
	}
	return out, nil
}

func deviceRule(r *specs.LinuxDeviceCgroup, field string) (Device, error) {
	d := Device{Allow: r.Allow, Type: 'a', Major: Any, Minor: Any}
	switch r.Type {
	case "", "a":
	case "b", "c":
		d.Type = r.Type[0]
	default:
		return d, bad(field+".type", "%q, want a, b or c", r.Type)
	}
	for _, n := range []struct {
		name string
		from *int64
		to   *int64
	}{{"major", r.Major, &d.Major}, {"minor", r.Minor, &d.Minor}} {
		if n.from == nil {
			continue
		}
		if *n.from < Any || *n.from > 1<<32-1 {
			return d, bad(field+"."+n.name, "%d is no device number", *n.from)
		}
		*n.to = *n.from
	}
	for _, c := range []byte(r.Access) {
		switch c {
		case 'r':
			d.Access |= MayRead
		case 'w':
			d.Access |= MayWrite
		case 'm':
			d.Access |= MayMknod
		default:
			return d, bad(field+".access", "%q, want a combination of r, w and m", r.Access)
		}
	}
	if d.Access == 0 {
		return d, bad(field+".access", "is empty, want a combination of r, w and m")
	}
	return d, nil
}
