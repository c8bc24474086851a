package spec

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// A device number of the kernel has 12 bits of major and 20 of minor.
const (
	maxMajor = 1<<12 - 1
	maxMinor = 1<<20 - 1
)

// devices: linux.devices.
func (k *checker) devices() {
	devices := k.linux.Devices
	for i := range devices {
		d := &devices[i]
		switch {
		case !strings.HasPrefix(d.Path, "/"), d.Path == "/":
			k.fail(member("linux.devices", i, ".path"), "got %q, want an absolute path in the container", d.Path)
		case hasDotDot(d.Path):
			k.fail(member("linux.devices", i, ".path"), "got %q, want a path without '..'", d.Path)
		}
		k.length(member("linux.devices", i, ".path"), d.Path)
		for j := range i {
			if devices[j].Path == d.Path {
				k.warn(member("linux.devices", i, ".path"), "got %q twice, want each path once: the last counts", d.Path)
				break
			}
		}
		k.deviceNumber(i, d)
		// The type of file in the mode is redundant, but engines write
		// what stat(2) told them.
		if d.FileMode != nil && *d.FileMode > 0o177777 {
			k.fail(member("linux.devices", i, ".fileMode"), "got %d, want the bits of a file's mode, such as 438 (octal 0666)", *d.FileMode)
		}
	}
}

func (k *checker) deviceNumber(i int, d *specs.LinuxDevice) {
	switch d.Type {
	case "p":
		return
	case "c", "u", "b":
	default:
		oneOf(k, member("linux.devices", i, ".type"), d.Type, []string{"c", "u", "b", "p"})
		return
	}
	if d.Major == 0 && d.Minor == 0 {
		// 0:0 belongs to no driver; overlayfs takes it for a whiteout.
		k.fail(member("linux.devices", i, ".major"), "and minor are missing or 0, want the numbers of the device at %q", d.Path)
	}
	if !isNumber(d.Major, maxMajor) || !isNumber(d.Minor, maxMinor) {
		k.numbers(member("linux.devices", i, ""), d.Major, d.Minor)
	}
}

// numbers checks the major and minor number of a device.
func (k *checker) numbers(field string, major, minor int64) {
	if !isNumber(major, maxMajor) {
		k.fail(field+".major", "got %d, want a number from 0 to %d", major, maxMajor)
	}
	if !isNumber(minor, maxMinor) {
		k.fail(field+".minor", "got %d, want a number from 0 to %d", minor, maxMinor)
	}
}

func isNumber(n, most int64) bool { return 0 <= n && n <= most }

// netDevices: linux.netDevices. They are moved, so there must be another
// network namespace to move them to.
func (k *checker) netDevices() {
	devices := k.linux.NetDevices
	if len(devices) == 0 {
		return
	}
	if k.namespace(specs.NetworkNamespace) == nil {
		k.fail("linux.netDevices", "is given, want a namespace of type network in linux.namespaces to move them to")
	}
	taken := make(map[string]string, len(devices))
	for _, host := range sortedKeys(devices) {
		k.interfaceName(entry("linux.netDevices", host), host)
		name := host
		if n := devices[host].Name; n != "" {
			name = n
			k.interfaceName(entry("linux.netDevices", host)+".name", n)
		}
		if strings.Contains(name, "%") {
			k.template(entry("linux.netDevices", host), name)
			continue
		}
		if other, dup := taken[name]; dup {
			k.fail(entry("linux.netDevices", host), "is named %q in the container, as %q is, want different names", name, other)
		}
		taken[name] = host
	}
}

// interfaceName checks a name by the rules of the kernel (dev_valid_name).
func (k *checker) interfaceName(field, name string) {
	switch {
	case name == "" || len(name) > 15:
		k.fail(field, "got the name %q of %d bytes, want 1 to 15", excerpt(name, 60), len(name))
	case name == "." || name == ".." || strings.ContainsAny(name, "/: \t\n\v\f\r\x00"):
		k.fail(field, "got the name %q, want one without '/', ':' and white space, and not '.' or '..'", name)
	}
}

// template: the kernel replaces one %d in a name by the first number free.
func (k *checker) template(field, name string) {
	if strings.Count(name, "%") != 1 || !strings.Contains(name, "%d") {
		k.fail(field, "got the name %q, want no '%%' in it but one %%d", name)
	}
}
