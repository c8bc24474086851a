package unit

import (
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/setting"
)

// devices serves linux.resources.devices. systemd knows lists of what is allowed.
//
// On v2 its program and the runtime's both have to allow a device, and it never
// removes that of others. So where it cannot say the same it says nothing. On v1
// there is one list in the kernel, which systemd may write again: then it has to be
// no longer than the rules allow.
func (p *properties) devices(set *setting.Set, r *specs.LinuxResources) error {
	v1 := v1Devices(set)
	if !v1 && set.Devices == nil {
		return nil
	}
	var list []specs.LinuxDeviceCgroup
	if r != nil {
		list = r.Devices
	}
	rules, err := setting.DeviceRules(list)
	if err != nil {
		return err
	}
	allowed, everything, exact := setting.AllowList(rules)
	paths := make([]string, 0, len(allowed))
	for _, d := range allowed {
		path, ok := devicePath(&d)
		exact = exact && ok
		if ok {
			paths = append(paths, fmt.Sprintf("('%s', '%s')", path, d.Access))
		}
	}
	switch {
	case everything && len(allowed) == 0:
		return nil // what a unit may by default
	case everything:
		exact, paths = false, nil
	}
	if !exact && !v1 {
		return nil
	}
	if !exact {
		set.Warnings = append(set.Warnings, "linux.resources.devices: systemd cannot be told some of these rules; when it is reloaded it may deny what they allow")
	}
	p.set("DevicePolicy", text("strict"))
	for _, path := range paths {
		p.add("DeviceAllow", path)
	}
	return nil
}

// v1Devices reports whether files limit devices.
func v1Devices(set *setting.Set) bool {
	for _, w := range set.Writes {
		if w.File == "devices.deny" || w.File == "devices.allow" {
			return true
		}
	}
	return false
}

// devicePath is how DeviceAllow= names devices by number: one, all of a major number
// or all of a type. All majors with one minor cannot be named.
func devicePath(d *setting.Device) (string, bool) {
	kind := "char"
	if d.Type == 'b' {
		kind = "block"
	}
	switch {
	case d.Major == setting.Any && d.Minor == setting.Any:
		return kind + "-*", true
	case d.Major == setting.Any:
		return "", false
	case d.Minor == setting.Any:
		return fmt.Sprintf("%s-%d", kind, d.Major), true
	}
	return fmt.Sprintf("/dev/%s/%d:%d", kind, d.Major, d.Minor), true
}
