package spec

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// cgroupsPath: linux.cgroupsPath, a path below the cgroup mounts or, for
// systemd, slice:prefix:name. A ".." would leave the place meant for containers.
func (k *checker) cgroupsPath() {
	if p := k.linux.CgroupsPath; hasDotDot(p) {
		k.fail("linux.cgroupsPath", "got %q, want a path without '..'", p)
	}
}

// resources: linux.resources, one method for each controller.
func (k *checker) resources(r *specs.LinuxResources) {
	if r == nil {
		return
	}
	k.deviceRules(r.Devices)
	k.memory(r.Memory)
	k.cpu(r.CPU)
	k.blockIO(r.BlockIO)
	k.hugepages(r.HugepageLimits)
	k.network(r.Network)
	k.rdma(r.Rdma)
	k.unified(r.Unified)
}

// deviceRules: linux.resources.devices. -1 stands for any number, as if it were
// not given.
func (k *checker) deviceRules(rules []specs.LinuxDeviceCgroup) {
	const field = "linux.resources.devices"
	for i, r := range rules {
		switch r.Type {
		case "", "a", "c", "b":
		default:
			oneOf(k, member(field, i, ".type"), r.Type, []string{"a", "c", "b"})
		}
		if r.Major != nil && (*r.Major < -1 || *r.Major > maxMajor) {
			k.fail(member(field, i, ".major"), "got %d, want a number from 0 to %d, or none for any", *r.Major, maxMajor)
		}
		if r.Minor != nil && (*r.Minor < -1 || *r.Minor > maxMinor) {
			k.fail(member(field, i, ".minor"), "got %d, want a number from 0 to %d, or none for any", *r.Minor, maxMinor)
		}
		if strings.Trim(r.Access, "rwm") != "" {
			k.fail(member(field, i, ".access"), "got %q, want letters out of \"rwm\"", r.Access)
		}
	}
}

// memory: linux.resources.memory. In all limits -1 is unlimited and 0 is unset.
func (k *checker) memory(m *specs.LinuxMemory) {
	if m == nil {
		return
	}
	const field = "linux.resources.memory."
	for _, l := range [...]struct {
		name  string
		value *int64
	}{
		{"limit", m.Limit},
		{"reservation", m.Reservation},
		{"swap", m.Swap},
		{"kernel", m.Kernel}, //nolint:staticcheck // deprecated, and in use
		{"kernelTCP", m.KernelTCP},
	} {
		if l.value != nil && *l.value < -1 {
			k.fail(field+l.name, "got %d, want a number of bytes, or -1 for no limit", *l.value)
		}
	}
	if m.Swap != nil && *m.Swap > 0 {
		// swap counts memory and swap together.
		switch {
		case m.Limit == nil || *m.Limit <= 0:
			k.fail(field+"swap", "got %d, want it together with a limit: it is the sum of memory and swap", *m.Swap)
		case *m.Swap < *m.Limit:
			k.fail(field+"swap", "got %d, want at least the limit, %d: it is the sum of memory and swap", *m.Swap, *m.Limit)
		}
	}
	if m.Swappiness != nil && *m.Swappiness > 100 {
		k.fail(field+"swappiness", "got %d, want a number from 0 to 100", *m.Swappiness)
	}
}

// cpu: linux.resources.cpu. Zero is unset; times are in microseconds.
func (k *checker) cpu(c *specs.LinuxCPU) {
	if c == nil {
		return
	}
	const field = "linux.resources.cpu."
	if s := c.Shares; s != nil && *s != 0 && (*s < 2 || *s > 262144) {
		k.warn(field+"shares", "got %d, which the kernel takes as the nearest number from 2 to 262144", *s)
	}
	if q := c.Quota; q != nil && (*q < -1 || *q > 0 && *q < 1000) {
		k.fail(field+"quota", "got %d, want at least 1000 (microseconds), or -1 for no limit", *q)
	}
	if p := c.Period; p != nil && *p != 0 && (*p < 1000 || *p > 1_000_000) {
		k.fail(field+"period", "got %d, want a number from 1000 to 1000000 (microseconds)", *p)
	}
	if c.Burst != nil && c.Quota != nil && *c.Quota > 0 && *c.Burst > uint64(*c.Quota) {
		k.fail(field+"burst", "got %d, want at most the quota, %d", *c.Burst, *c.Quota)
	}
	if r := c.RealtimeRuntime; r != nil {
		if *r < -1 {
			k.fail(field+"realtimeRuntime", "got %d, want a number of microseconds, or -1 for no limit", *r)
		}
		if p := c.RealtimePeriod; p != nil && *p > 0 && *r > 0 && uint64(*r) > *p {
			k.fail(field+"realtimeRuntime", "got %d, want at most the realtimePeriod, %d", *r, *p)
		}
	}
	if c.Idle != nil && *c.Idle != 0 && *c.Idle != 1 {
		k.fail(field+"idle", "got %d, want 0 or 1", *c.Idle)
	}
	k.list(field+"cpus", c.Cpus)
	k.list(field+"mems", c.Mems)
}

// blockIO: linux.resources.blockIO.
func (k *checker) blockIO(b *specs.LinuxBlockIO) {
	if b == nil {
		return
	}
	const field = "linux.resources.blockIO."
	k.weight(field+"weight", b.Weight)
	k.weight(field+"leafWeight", b.LeafWeight)
	for i, d := range b.WeightDevice {
		k.numbers(member(field+"weightDevice", i, ""), d.Major, d.Minor)
		k.weight(member(field+"weightDevice", i, ".weight"), d.Weight)
		k.weight(member(field+"weightDevice", i, ".leafWeight"), d.LeafWeight)
		if d.Weight == nil && d.LeafWeight == nil {
			k.fail(member(field+"weightDevice", i, ""), "has no weight, want weight or leafWeight")
		}
	}
	for _, t := range [...]struct {
		name    string
		devices []specs.LinuxThrottleDevice
	}{
		{"throttleReadBpsDevice", b.ThrottleReadBpsDevice},
		{"throttleWriteBpsDevice", b.ThrottleWriteBpsDevice},
		{"throttleReadIOPSDevice", b.ThrottleReadIOPSDevice},
		{"throttleWriteIOPSDevice", b.ThrottleWriteIOPSDevice},
	} {
		for i, d := range t.devices {
			k.numbers(member(field+t.name, i, ""), d.Major, d.Minor)
		}
	}
}

// weight: 0 is unset.
func (k *checker) weight(field string, w *uint16) {
	if w != nil && *w != 0 && (*w < 10 || *w > 1000) {
		k.fail(field, "got %d, want a number from 10 to 1000", *w)
	}
}

// hugepages: linux.resources.hugepageLimits. The size is part of a file's name.
func (k *checker) hugepages(limits []specs.LinuxHugepageLimit) {
	for i, l := range limits {
		digits := skipDigits(l.Pagesize, 0)
		unit := l.Pagesize[digits:]
		if digits == 0 || l.Pagesize[0] == '0' || unit != "KB" && unit != "MB" && unit != "GB" {
			k.fail(member("linux.resources.hugepageLimits", i, ".pageSize"),
				"got %q, want a number and a unit, such as 64KB, 2MB or 1GB", l.Pagesize)
		}
	}
}

// network: linux.resources.network.
func (k *checker) network(n *specs.LinuxNetwork) {
	if n == nil {
		return
	}
	for i, p := range n.Priorities {
		k.interfaceName(member("linux.resources.network.priorities", i, ".name"), p.Name)
	}
}

// rdma: linux.resources.rdma, lines of a file that begin with the device.
func (k *checker) rdma(devices map[string]specs.LinuxRdma) {
	for _, name := range sortedKeys(devices) {
		field := entry("linux.resources.rdma", name)
		if name == "" || strings.ContainsAny(name, " \t\n\x00") {
			k.fail(field, "got the device %q, want a name without white space", name)
		}
		if d := devices[name]; d.HcaHandles == nil && d.HcaObjects == nil {
			k.fail(field, "has no limit, want hcaHandles or hcaObjects")
		}
	}
}

// unified: linux.resources.unified. Keys are names of files in the cgroup;
// values may have several lines.
func (k *checker) unified(files map[string]string) {
	for _, name := range sortedKeys(files) {
		if name == "" || name[0] == '.' || strings.ContainsAny(name, "/\n\x00") {
			k.fail(entry("linux.resources.unified", name), "got the file %q, want a name such as \"memory.high\", not a path", name)
		}
	}
}
