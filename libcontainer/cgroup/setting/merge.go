package setting

import specs "github.com/opencontainers/runtime-spec/specs-go"

// Merge returns what is in force after an update: old with what change sets. The
// absent, the empty string and, for limits without a meaning for it, 0 change
// nothing. Neither argument is modified; either may be nil.
func Merge(old, change *specs.LinuxResources) *specs.LinuxResources {
	if old == nil {
		old = &specs.LinuxResources{}
	}
	r := *old
	if change == nil {
		return &r
	}
	r.Memory = mergeMemory(old.Memory, change.Memory)
	r.CPU = mergeCPU(old.CPU, change.CPU)
	r.BlockIO = mergeBlockIO(old.BlockIO, change.BlockIO)
	r.Network = mergeNetwork(old.Network, change.Network)
	if change.Pids != nil && change.Pids.Limit != nil {
		r.Pids = &specs.LinuxPids{Limit: change.Pids.Limit}
	}
	r.HugepageLimits = mergeList(old.HugepageLimits, change.HugepageLimits,
		func(l specs.LinuxHugepageLimit) string { return l.Pagesize })
	r.Rdma = mergeMap(old.Rdma, change.Rdma)
	r.Unified = mergeMap(old.Unified, change.Unified)
	return &r
}

func mergeMemory(old, change *specs.LinuxMemory) *specs.LinuxMemory {
	if change == nil {
		return old
	}
	var m specs.LinuxMemory
	if old != nil {
		m = *old
	}
	takeSet(&m.Limit, change.Limit)
	takeSet(&m.Swap, change.Swap)
	// Unlimited memory includes the swap, unless that is said otherwise.
	if isSet(change.Limit) && *change.Limit < 0 && !isSet(change.Swap) {
		m.Swap = change.Limit
	}
	takeSet(&m.Reservation, change.Reservation)
	takeSet(&m.Kernel, change.Kernel)
	takeSet(&m.KernelTCP, change.KernelTCP)
	take(&m.Swappiness, change.Swappiness)
	take(&m.DisableOOMKiller, change.DisableOOMKiller)
	take(&m.UseHierarchy, change.UseHierarchy)
	take(&m.CheckBeforeUpdate, change.CheckBeforeUpdate)
	return &m
}

func mergeCPU(old, change *specs.LinuxCPU) *specs.LinuxCPU {
	if change == nil {
		return old
	}
	var c specs.LinuxCPU
	if old != nil {
		c = *old
	}
	takeSet(&c.Shares, change.Shares)
	takeSet(&c.Quota, change.Quota)
	takeSet(&c.Period, change.Period)
	takeSet(&c.RealtimeRuntime, change.RealtimeRuntime)
	takeSet(&c.RealtimePeriod, change.RealtimePeriod)
	take(&c.Burst, change.Burst)
	take(&c.Idle, change.Idle)
	if change.Cpus != "" {
		c.Cpus = change.Cpus
	}
	if change.Mems != "" {
		c.Mems = change.Mems
	}
	return &c
}

func mergeBlockIO(old, change *specs.LinuxBlockIO) *specs.LinuxBlockIO {
	if change == nil {
		return old
	}
	var b specs.LinuxBlockIO
	if old != nil {
		b = *old
	}
	takeSet(&b.Weight, change.Weight)
	takeSet(&b.LeafWeight, change.LeafWeight)
	b.WeightDevice = mergeList(b.WeightDevice, change.WeightDevice,
		func(d specs.LinuxWeightDevice) specs.LinuxBlockIODevice { return d.LinuxBlockIODevice })
	for _, l := range []struct{ to, from *[]specs.LinuxThrottleDevice }{
		{&b.ThrottleReadBpsDevice, &change.ThrottleReadBpsDevice},
		{&b.ThrottleWriteBpsDevice, &change.ThrottleWriteBpsDevice},
		{&b.ThrottleReadIOPSDevice, &change.ThrottleReadIOPSDevice},
		{&b.ThrottleWriteIOPSDevice, &change.ThrottleWriteIOPSDevice},
	} {
		*l.to = mergeList(*l.to, *l.from,
			func(d specs.LinuxThrottleDevice) specs.LinuxBlockIODevice { return d.LinuxBlockIODevice })
	}
	return &b
}

func mergeNetwork(old, change *specs.LinuxNetwork) *specs.LinuxNetwork {
	if change == nil {
		return old
	}
	var n specs.LinuxNetwork
	if old != nil {
		n = *old
	}
	take(&n.ClassID, change.ClassID)
	n.Priorities = mergeList(n.Priorities, change.Priorities,
		func(p specs.LinuxInterfacePriority) string { return p.Name })
	return &n
}

// take replaces an optional value if there is a new one.
func take[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// takeSet replaces an optional number if there is a new one that is not 0.
func takeSet[T int64 | uint64 | uint16](to **T, from *T) {
	if isSet(from) {
		*to = from
	}
}

// mergeList replaces entries that have the same key and adds the others.
func mergeList[T any, K comparable](old, change []T, key func(T) K) []T {
	if len(change) == 0 {
		return old
	}
	out := append([]T(nil), old...)
next:
	for _, c := range change {
		for i := range out {
			if key(out[i]) == key(c) {
				out[i] = c
				continue next
			}
		}
		out = append(out, c)
	}
	return out
}

func mergeMap[V any](old, change map[string]V) map[string]V {
	if len(change) == 0 {
		return old
	}
	out := make(map[string]V, len(old)+len(change))
	for k, v := range old {
		out[k] = v
	}
	for k, v := range change {
		out[k] = v
	}
	return out
}
