// Package stats reads what a container uses, in the form in which engines' clients
// decode "events --stats". Times are nanoseconds and sizes bytes, both unsigned.
package stats

import "rt/libcontainer/resctrl"

// Stats is the value of "data" in an event of type "stats".
type Stats struct {
	CPU               CPU                `json:"cpu"`
	CPUSet            CPUSet             `json:"cpuset"`
	Memory            Memory             `json:"memory"`
	Pids              Pids               `json:"pids"`
	BlkIO             BlkIO              `json:"blkio"`
	Hugetlb           map[string]Hugetlb `json:"hugetlb"` // by page size, as in "2MB"
	Rdma              *Rdma              `json:"rdma,omitempty"`
	IntelRdt          resctrl.Stats      `json:"intel_rdt"`
	NetworkInterfaces []NetworkInterface `json:"network_interfaces"`
}

// PSI is pressure stall information: for how much of the time some, or all,
// processes waited for a resource.
type PSI struct {
	Some PSILine `json:"some"`
	Full PSILine `json:"full"`
}

// PSILine has averages in percent and the total in microseconds.
type PSILine struct {
	Avg10  float64 `json:"avg10"`
	Avg60  float64 `json:"avg60"`
	Avg300 float64 `json:"avg300"`
	Total  uint64  `json:"total"`
}

// CPU is the time used and the time not given.
type CPU struct {
	Usage      CPUUsage   `json:"usage"`
	Throttling Throttling `json:"throttling"`
	PSI        *PSI       `json:"psi,omitempty"`
}

// CPUUsage has the times by CPU on cgroup v1 only.
type CPUUsage struct {
	Total        uint64   `json:"total,omitempty"`
	Percpu       []uint64 `json:"percpu,omitempty"`
	PercpuKernel []uint64 `json:"percpu_kernel,omitempty"`
	PercpuUser   []uint64 `json:"percpu_user,omitempty"`
	Kernel       uint64   `json:"kernel"`
	User         uint64   `json:"user"`
}

// Throttling counts periods of the quota.
type Throttling struct {
	Periods          uint64 `json:"periods,omitempty"`
	ThrottledPeriods uint64 `json:"throttledPeriods,omitempty"`
	ThrottledTime    uint64 `json:"throttledTime,omitempty"`
}

// CPUSet is the cpuset of cgroup v1, flags as the kernel's files have them.
type CPUSet struct {
	CPUs                  []uint16 `json:"cpus,omitempty"`
	CPUExclusive          uint64   `json:"cpu_exclusive"`
	Mems                  []uint16 `json:"mems,omitempty"`
	MemHardwall           uint64   `json:"mem_hardwall"`
	MemExclusive          uint64   `json:"mem_exclusive"`
	MemoryMigrate         uint64   `json:"memory_migrate"`
	MemorySpreadPage      uint64   `json:"memory_spread_page"`
	MemorySpreadSlab      uint64   `json:"memory_spread_slab"`
	MemoryPressure        uint64   `json:"memory_pressure"`
	SchedLoadBalance      uint64   `json:"sched_load_balance"`
	SchedRelaxDomainLevel int64    `json:"sched_relax_domain_level"`
}

// Memory has, as on cgroup v1, memory and swap together in Swap.
type Memory struct {
	Cache     uint64            `json:"cache,omitempty"`
	Usage     MemoryEntry       `json:"usage"`
	Swap      MemoryEntry       `json:"swap"`
	Kernel    MemoryEntry       `json:"kernel"`
	KernelTCP MemoryEntry       `json:"kernelTCP"`
	Raw       map[string]uint64 `json:"raw,omitempty"` // memory.stat
	PSI       *PSI              `json:"psi,omitempty"`
}

// MemoryEntry is one counter with its limit. Unlimited is the kernel's own large
// number on cgroup v1 and the largest uint64 on v2.
type MemoryEntry struct {
	Limit   uint64 `json:"limit"`
	Usage   uint64 `json:"usage,omitempty"`
	Max     uint64 `json:"max,omitempty"`
	Failcnt uint64 `json:"failcnt"`
}

// Pids has no limit if that is 0.
type Pids struct {
	Current uint64 `json:"current,omitempty"`
	Limit   uint64 `json:"limit,omitempty"`
}

// BlkIO has what was done by device and kind of operation.
type BlkIO struct {
	ServiceBytes []BlkIOEntry `json:"ioServiceBytesRecursive,omitempty"`
	Serviced     []BlkIOEntry `json:"ioServicedRecursive,omitempty"`
	Queued       []BlkIOEntry `json:"ioQueueRecursive,omitempty"`
	ServiceTime  []BlkIOEntry `json:"ioServiceTimeRecursive,omitempty"`
	WaitTime     []BlkIOEntry `json:"ioWaitTimeRecursive,omitempty"`
	Merged       []BlkIOEntry `json:"ioMergedRecursive,omitempty"`
	Time         []BlkIOEntry `json:"ioTimeRecursive,omitempty"`
	Sectors      []BlkIOEntry `json:"sectorsRecursive,omitempty"`
	PSI          *PSI         `json:"psi,omitempty"`
}

// BlkIOEntry is one counter of one device.
type BlkIOEntry struct {
	Major uint64 `json:"major,omitempty"`
	Minor uint64 `json:"minor,omitempty"`
	Op    string `json:"op,omitempty"`
	Value uint64 `json:"value,omitempty"`
}

// Hugetlb is the use of one huge page size.
type Hugetlb struct {
	Usage   uint64 `json:"usage,omitempty"`
	Max     uint64 `json:"max,omitempty"`
	Failcnt uint64 `json:"failcnt"`
}

// Rdma is use and limit by device.
type Rdma struct {
	Limit   []RdmaEntry `json:"rdmaLimit,omitempty"`
	Current []RdmaEntry `json:"rdmaCurrent,omitempty"`
}

// RdmaEntry has the largest uint32 for no limit.
type RdmaEntry struct {
	Device     string `json:"device"`
	HcaHandles uint32 `json:"hcaHandles"`
	HcaObjects uint32 `json:"hcaObjects"`
}

// NetworkInterface is one interface of the container's network namespace.
type NetworkInterface struct {
	Name      string
	RxBytes   uint64
	RxPackets uint64
	RxErrors  uint64
	RxDropped uint64
	TxBytes   uint64
	TxPackets uint64
	TxErrors  uint64
	TxDropped uint64
}
