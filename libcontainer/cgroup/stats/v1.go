package stats

import "strings"

// v1 reads whatever controllers the hierarchy of r.dir has.
func (r *reader) v1() {
	r.cpuV1()
	r.cpusetV1()
	r.memoryV1()
	r.pids()
	r.blkioV1()
	for _, size := range r.pageSizes("limit_in_bytes") {
		// What is reserved is the larger truth where the kernel counts it (5.7).
		prefix := "hugetlb." + size + "."
		if r.has(prefix + "rsvd.usage_in_bytes") {
			prefix += "rsvd."
		}
		r.stats.Hugetlb[size] = Hugetlb{
			Usage: r.number(prefix + "usage_in_bytes"), Max: r.number(prefix + "max_usage_in_bytes"), Failcnt: r.number(prefix + "failcnt"),
		}
	}
	r.rdma()
}

func (r *reader) cpuV1() {
	if r.has("cpu.shares") {
		m := r.keyed("cpu.stat")
		r.stats.CPU.Throttling = Throttling{m["nr_periods"], m["nr_throttled"], m["throttled_time"]}
	}
	if !r.has("cpuacct.usage") {
		return
	}
	u := &r.stats.CPU.Usage
	u.Total = r.number("cpuacct.usage")
	u.User = r.number("cpuacct.usage_user")
	u.Kernel = r.number("cpuacct.usage_sys")
	u.Percpu = r.numbers("cpuacct.usage_percpu")
	u.PercpuUser = r.numbers("cpuacct.usage_percpu_user")
	u.PercpuKernel = r.numbers("cpuacct.usage_percpu_sys")
}

func (r *reader) cpusetV1() {
	if !r.has("cpuset.cpu_exclusive") {
		return
	}
	level := strings.TrimSpace(r.text("cpuset.sched_relax_domain_level"))
	relax := int64(number(level))
	if level == "-1" {
		relax = -1
	}
	r.stats.CPUSet = CPUSet{
		CPUs:                  r.list("cpuset.cpus"),
		CPUExclusive:          r.number("cpuset.cpu_exclusive"),
		Mems:                  r.list("cpuset.mems"),
		MemHardwall:           r.number("cpuset.mem_hardwall"),
		MemExclusive:          r.number("cpuset.mem_exclusive"),
		MemoryMigrate:         r.number("cpuset.memory_migrate"),
		MemorySpreadPage:      r.number("cpuset.memory_spread_page"),
		MemorySpreadSlab:      r.number("cpuset.memory_spread_slab"),
		MemoryPressure:        r.number("cpuset.memory_pressure"),
		SchedLoadBalance:      r.number("cpuset.sched_load_balance"),
		SchedRelaxDomainLevel: relax,
	}
}

func (r *reader) memoryV1() {
	if !r.has("memory.usage_in_bytes") {
		return
	}
	m := &r.stats.Memory
	m.Raw = r.keyed("memory.stat")
	m.Cache = m.Raw["cache"]
	m.Usage = r.memoryEntryV1("memory.")
	m.Swap = r.memoryEntryV1("memory.memsw.")
	m.Kernel = r.memoryEntryV1("memory.kmem.")
	m.KernelTCP = r.memoryEntryV1("memory.kmem.tcp.")
}

func (r *reader) memoryEntryV1(prefix string) MemoryEntry {
	return MemoryEntry{
		Limit: r.number(prefix + "limit_in_bytes"), Usage: r.number(prefix + "usage_in_bytes"),
		Max: r.number(prefix + "max_usage_in_bytes"), Failcnt: r.number(prefix + "failcnt"),
	}
}

// blkioV1: the bfq scheduler counts the I/O that it schedules, the throttle policy
// that of every device. The former has more counters; it is used if it has any.
func (r *reader) blkioV1() {
	b := &r.stats.BlkIO
	bytes := r.blkioFile("blkio.bfq.io_service_bytes_recursive")
	if len(bytes) == 0 {
		if r.has("blkio.throttle.io_service_bytes") {
			b.ServiceBytes = r.blkioFile("blkio.throttle.io_service_bytes_recursive")
			b.Serviced = r.blkioFile("blkio.throttle.io_serviced_recursive")
		}
		return
	}
	b.ServiceBytes = bytes
	b.Serviced = r.blkioFile("blkio.bfq.io_serviced_recursive")
	b.Queued = r.blkioFile("blkio.bfq.io_queued_recursive")
	b.ServiceTime = r.blkioFile("blkio.bfq.io_service_time_recursive")
	b.WaitTime = r.blkioFile("blkio.bfq.io_wait_time_recursive")
	b.Merged = r.blkioFile("blkio.bfq.io_merged_recursive")
	b.Time = r.blkioFile("blkio.bfq.time_recursive")
	b.Sectors = r.blkioFile("blkio.bfq.sectors_recursive")
}

// blkioFile reads lines "8:0 Read 4096" or "8:0 4096"; that of the total over all
// devices has no device and is left out.
func (r *reader) blkioFile(file string) (list []BlkIOEntry) {
	for line := range strings.Lines(r.text(file)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		major, minor, ok := device(fields[0])
		if !ok {
			continue
		}
		e := BlkIOEntry{Major: major, Minor: minor, Value: number(fields[len(fields)-1])}
		if len(fields) > 2 {
			e.Op = fields[1]
		}
		list = append(list, e)
	}
	return list
}
