package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/setting"
)

// infinity is how systemd writes "no limit".
const infinity = math.MaxUint64

// writes translates files and what is written to them. What systemd has no property
// for it does not touch either.
func (p *properties) writes(m *Manager, set *setting.Set, all *specs.LinuxResources) error {
	v2 := make(map[string]bool, len(set.Dirs))
	for i := range set.Dirs {
		v2[set.Dirs[i].Path] = set.Dirs[i].V2
	}
	for _, w := range set.Writes {
		unified, own := v2[w.Dir]
		var err error
		switch {
		case !own: // cgroup.subtree_control of those above
		case unified:
			err = p.writeV2(m, w.File, w.Value, all)
		default:
			err = p.writeV1(m, w.File, w.Value, all)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.Field, err)
		}
	}
	return nil
}

func (p *properties) writeV2(m *Manager, file, value string, all *specs.LinuxResources) error {
	switch file {
	case "memory.max":
		return p.limit("MemoryMax", value)
	case "memory.high":
		return p.limit("MemoryHigh", value)
	case "memory.low":
		return p.limit("MemoryLow", value)
	case "memory.min":
		return p.limit("MemoryMin", value)
	case "memory.swap.max":
		return p.limit("MemorySwapMax", value)
	case "pids.max":
		return p.tasks(value)
	case "cpu.weight":
		return p.limit("CPUWeight", value)
	case "cpu.idle":
		p.idle(m, value, all)
	case "cpu.max":
		return p.cpuMax(m, value)
	case "cpuset.cpus":
		return p.cpuset(m, "AllowedCPUs", value)
	case "cpuset.mems":
		return p.cpuset(m, "AllowedMemoryNodes", value)
	case "io.weight":
		return p.ioWeight(value)
	case "io.bfq.weight":
		return p.bfqWeight(value)
	case "io.max":
		return p.ioMax(value)
	}
	return nil
}

// writeV1: of the controllers on v1 systemd never writes swap, the cpuset, throttles
// that it was not told, and what else is missing here.
func (p *properties) writeV1(m *Manager, file, value string, all *specs.LinuxResources) error {
	switch file {
	case "memory.limit_in_bytes":
		return p.limit("MemoryLimit", value)
	case "cpu.shares":
		return p.limit("CPUShares", value)
	case "cpu.cfs_quota_us", "cpu.cfs_period_us":
		quota, period := "max", uint64(defaultPeriod)
		if c := all.CPU; c != nil {
			if c.Quota != nil && *c.Quota > 0 {
				quota = strconv.FormatInt(*c.Quota, 10)
			}
			if c.Period != nil && *c.Period != 0 {
				period = *c.Period
			}
		}
		return p.cpuMax(m, quota+" "+strconv.FormatUint(period, 10))
	case "blkio.bfq.weight":
		n, err := strconv.ParseUint(value, 10, 64)
		if err == nil {
			// What the property takes.
			p.set("BlockIOWeight", number(min(max(n, 10), 1000)))
		}
	case "pids.max":
		return p.tasks(value)
	}
	return nil
}

// limit sets a property that is a number, "max" or -1 for none.
func (p *properties) limit(name, value string) error {
	n, err := parseLimit(value)
	if err == nil {
		p.set(name, number(n))
	}
	return err
}

func parseLimit(value string) (uint64, error) {
	if value == "max" || value == "-1" {
		return infinity, nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no limit, want a number or max", value)
	}
	return n, nil
}

// tasks: TasksMax of 0 means none at all, not the kernel's "no more than there are".
func (p *properties) tasks(value string) error {
	if value == "0" {
		value = "1"
	}
	return p.limit("TasksMax", value)
}

// idle: to systemd it is a weight, of 0.
func (p *properties) idle(m *Manager, value string, all *specs.LinuxResources) {
	if m.Version < hasIdle {
		return
	}
	weight := uint64(0)
	if value != "1" {
		weight = 100
		if c := all.CPU; c != nil && c.Shares != nil && *c.Shares != 0 {
			weight = setting.Weight(*c.Shares)
		}
	}
	p.set("CPUWeight", number(weight))
}

// cpuset: AllowedCPUs is a bit mask, its lowest byte first.
func (p *properties) cpuset(m *Manager, name, value string) error {
	if m.Version < hasCpuset {
		return nil
	}
	mask, err := bits(value)
	if err != nil {
		return err
	}
	list := make([]string, len(mask))
	for i, b := range mask {
		list[i] = fmt.Sprintf("0x%02x", b)
	}
	p.set(name, "@ay ["+strings.Join(list, ", ")+"]")
	return nil
}

// maxCPU bounds the numbers in lists of CPUs and memory nodes, CONFIG_NR_CPUS.
const maxCPU = 8192

func bits(list string) ([]byte, error) {
	var mask []byte
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		low, high, isRange := strings.Cut(item, "-")
		if !isRange {
			high = low
		}
		from, err1 := strconv.ParseUint(low, 10, 32)
		to, err2 := strconv.ParseUint(high, 10, 32)
		if err1 != nil || err2 != nil || from > to || to >= maxCPU {
			return nil, fmt.Errorf("%q is no list of numbers and ranges, want for instance 0-2,4", list)
		}
		for n := from; n <= to; n++ {
			for uint64(len(mask)) <= n/8 {
				mask = append(mask, 0)
			}
			mask[n/8] |= 1 << (n % 8)
		}
	}
	return mask, nil
}

// ioWeight reads "N", "default N" and "MAJOR:MINOR N".
func (p *properties) ioWeight(value string) error {
	device, weight, found := strings.Cut(value, " ")
	if !found || device == "default" {
		if !found {
			weight = device
		}
		return p.limit("IOWeight", weight)
	}
	return p.perDevice("IODeviceWeight", device, weight)
}

// bfqWeight is for systemd the same as ioWeight, on that scale.
func (p *properties) bfqWeight(value string) error {
	rest := strings.TrimPrefix(value, "default ")
	device, weight, found := strings.Cut(rest, " ")
	if !found {
		device, weight = "", rest
	}
	n, err := strconv.ParseUint(weight, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no weight", value)
	}
	return p.ioWeight(strings.TrimSpace(device + " " + strconv.FormatUint(setting.IOWeight(uint16(n)), 10)))
}

// ioMax reads "MAJOR:MINOR KEY=N...".
func (p *properties) ioMax(value string) error {
	device, rest, _ := strings.Cut(value, " ")
	for pair := range strings.FieldsSeq(rest) {
		key, n, _ := strings.Cut(pair, "=")
		name := ""
		switch key {
		case "rbps":
			name = "IOReadBandwidthMax"
		case "wbps":
			name = "IOWriteBandwidthMax"
		case "riops":
			name = "IOReadIOPSMax"
		case "wiops":
			name = "IOWriteIOPSMax"
		default:
			continue
		}
		if err := p.perDevice(name, device, n); err != nil {
			return err
		}
	}
	return nil
}

func (p *properties) perDevice(name, device, value string) error {
	n, err := parseLimit(value)
	if err == nil {
		p.add(name, "('/dev/block/"+device+"', "+number(n)+")")
	}
	return err
}

// oomPolicy: memory.oom.group can be told systemd at the start only.
func (p *properties) oomPolicy(m *Manager, r *specs.LinuxResources) {
	if r == nil || m.Version < hasScopeOOM {
		return
	}
	switch strings.TrimSpace(r.Unified["memory.oom.group"]) {
	case "0":
		p.set("OOMPolicy", text("continue"))
	case "1":
		p.set("OOMPolicy", text("kill"))
	}
}
