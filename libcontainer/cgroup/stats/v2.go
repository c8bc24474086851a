package stats

import (
	"math"
	"strings"
)

// v2 reads whatever controllers are enabled in r.dir.
func (r *reader) v2() {
	r.cpuV2()
	r.memoryV2()
	r.pids()
	r.ioV2()
	for _, size := range r.pageSizes("max") {
		prefix := "hugetlb." + size + "."
		events := r.keyed(prefix + "events")
		if r.has(prefix + "rsvd.current") {
			prefix += "rsvd."
		}
		r.stats.Hugetlb[size] = Hugetlb{Usage: r.number(prefix + "current"), Failcnt: events["max"]}
	}
	r.rdma()
	r.stats.CPU.PSI = r.psi("cpu.pressure")
	r.stats.Memory.PSI = r.psi("memory.pressure")
	r.stats.BlkIO.PSI = r.psi("io.pressure")
}

// cpuV2: the kernel counts microseconds here and nanoseconds on v1.
func (r *reader) cpuV2() {
	m := r.keyed("cpu.stat")
	u := &r.stats.CPU.Usage
	u.Total, u.User, u.Kernel = m["usage_usec"]*1000, m["user_usec"]*1000, m["system_usec"]*1000
	r.stats.CPU.Throttling = Throttling{m["nr_periods"], m["nr_throttled"], m["throttled_usec"] * 1000}
}

func (r *reader) memoryV2() {
	if !r.has("memory.current") {
		return
	}
	m := &r.stats.Memory
	m.Raw = r.keyed("memory.stat")
	m.Cache = m.Raw["file"]
	m.Usage = MemoryEntry{
		Limit: r.number("memory.max"), Usage: r.number("memory.current"),
		Max: r.number("memory.peak"), Failcnt: r.keyed("memory.events")["max"],
	}
	m.Kernel = MemoryEntry{Limit: math.MaxUint64, Usage: m.Raw["kernel"]}
	m.KernelTCP = MemoryEntry{Limit: math.MaxUint64, Usage: m.Raw["sock"]}
	if !r.has("memory.swap.current") {
		return
	}
	m.Swap = MemoryEntry{
		Limit: plus(r.number("memory.swap.max"), m.Usage.Limit),
		Usage: r.number("memory.swap.current") + m.Usage.Usage,
		Max:   r.number("memory.swap.peak") + m.Usage.Max,
	}
}

// plus adds limits, of which the largest number means unlimited.
func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// ioV2 reads lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".
func (r *reader) ioV2() {
	b := &r.stats.BlkIO
	for line := range strings.Lines(r.text("io.stat")) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		major, minor, ok := device(fields[0])
		if !ok {
			continue
		}
		for _, f := range fields[1:] {
			key, value, _ := strings.Cut(f, "=")
			e := BlkIOEntry{Major: major, Minor: minor, Value: number(value)}
			to := &b.ServiceBytes
			if strings.HasSuffix(key, "ios") {
				to = &b.Serviced
			}
			switch key {
			case "rbytes", "rios":
				e.Op = "Read"
			case "wbytes", "wios":
				e.Op = "Write"
			case "dbytes", "dios":
				e.Op = "Discard"
			default:
				continue
			}
			*to = append(*to, e)
		}
	}
}
