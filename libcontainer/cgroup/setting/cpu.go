package setting

import (
	"math"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// defaultPeriod is the kernel's period of cpu.max, in microseconds.
const defaultPeriod = 100000

// The shares that v1 accepts; it takes what is outside for the nearest.
const (
	minShares = 2
	maxShares = 262144
)

// cpu serves linux.resources.cpu except the cpuset.
func (b *builder) cpu() error {
	now := b.now.CPU
	if now == nil || *now == (specs.LinuxCPU{Cpus: now.Cpus, Mems: now.Mems}) {
		return nil
	}
	if err := b.checkCPU(); err != nil {
		return err
	}
	d := b.place("cpu", "cpu", "cpu")
	if d == nil {
		return nil
	}
	b.cpuRealtime(d, now)
	// A cgroup with cpu.idle 1 refuses a weight, so the weight goes first when idle
	// is about to be set and last when it is about to be cleared.
	idle := now.Idle
	if idle != nil && *idle == 0 {
		b.write(d, "cpu.idle", "0", "cpu.idle")
	}
	b.cpuWeight(d, now)
	if idle != nil && *idle != 0 {
		b.write(d, "cpu.idle", strconv.FormatInt(*idle, 10), "cpu.idle")
	}
	if d.V2 {
		b.cpuMaxV2(d, now)
	} else {
		b.cpuMaxV1(d, now)
	}
	return nil
}

func (b *builder) checkCPU() error {
	all := b.all.CPU
	if isSet(all.Quota) && *all.Quota > 0 && all.Burst != nil && *all.Burst > uint64(*all.Quota) {
		return bad("cpu.burst", "%d is more than cpu.quota, which is %d", *all.Burst, *all.Quota)
	}
	if all.Idle != nil && *all.Idle != 0 && *all.Idle != 1 {
		return bad("cpu.idle", "%d, want 0 or 1", *all.Idle)
	}
	return nil
}

func (b *builder) cpuRealtime(d *Dir, now *specs.LinuxCPU) {
	if isSet(now.RealtimePeriod) && !b.noV2(d, "cpu.realtimePeriod") {
		b.write(d, "cpu.rt_period_us", strconv.FormatUint(*now.RealtimePeriod, 10), "cpu.realtimePeriod")
	}
	if isSet(now.RealtimeRuntime) && !b.noV2(d, "cpu.realtimeRuntime") {
		b.write(d, "cpu.rt_runtime_us", strconv.FormatInt(*now.RealtimeRuntime, 10), "cpu.realtimeRuntime")
	}
}

func (b *builder) cpuWeight(d *Dir, now *specs.LinuxCPU) {
	if !isSet(now.Shares) {
		return
	}
	shares := *now.Shares
	if now.Idle == nil && b.all.CPU.Idle != nil && *b.all.CPU.Idle == 1 {
		b.warn("cpu.shares", "ignored, a cgroup with cpu.idle 1 has no weight")
		return
	}
	if shares < minShares || shares > maxShares {
		b.warn("cpu.shares", "%d is outside %d to %d, the nearest of these is used", shares, minShares, maxShares)
		shares = min(max(shares, minShares), maxShares)
	}
	if d.V2 {
		b.write(d, "cpu.weight", strconv.FormatUint(Weight(shares), 10), "cpu.shares")
	} else {
		b.write(d, "cpu.shares", strconv.FormatUint(shares, 10), "cpu.shares")
	}
}

// cpuMaxV1 writes the period before the quota. An update that the kernel refuses in
// this order, because the two would not fit each other in between, is retried in
// the other by whoever applies it.
func (b *builder) cpuMaxV1(d *Dir, now *specs.LinuxCPU) {
	if isSet(now.Period) {
		b.write(d, "cpu.cfs_period_us", strconv.FormatUint(*now.Period, 10), "cpu.period")
	}
	if isSet(now.Quota) {
		b.write(d, "cpu.cfs_quota_us", limit(*now.Quota, "-1"), "cpu.quota")
	}
	if now.Burst != nil {
		b.write(d, "cpu.cfs_burst_us", strconv.FormatUint(*now.Burst, 10), "cpu.burst")
	}
}

func (b *builder) cpuMaxV2(d *Dir, now *specs.LinuxCPU) {
	if isSet(now.Quota) || isSet(now.Period) {
		quota, period, field := "max", uint64(defaultPeriod), "cpu.quota"
		if q := b.all.CPU.Quota; isSet(q) {
			quota = limit(*q, "max")
		}
		if p := b.all.CPU.Period; isSet(p) {
			period = *p
		}
		if !isSet(now.Quota) {
			field = "cpu.period"
		}
		b.write(d, "cpu.max", quota+" "+strconv.FormatUint(period, 10), field)
	}
	if now.Burst != nil {
		b.write(d, "cpu.max.burst", strconv.FormatUint(*now.Burst, 10), "cpu.burst")
	}
}

// Weight converts cpu.shares of v1 (2 to 262144, default 1024) to cpu.weight of v2
// (1 to 10000, default 100), by the curve through minimum, default and maximum that
// runtimes agreed on: 10^((log2(shares)^2 + 125 log2(shares)) / 612 - 7/34).
func Weight(shares uint64) uint64 {
	switch {
	case shares <= minShares:
		return 1
	case shares >= maxShares:
		return 10000
	}
	l := math.Log2(float64(shares))
	return uint64(math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34)))
}

// cpuset serves linux.resources.cpu.cpus and mems.
func (b *builder) cpuset() error {
	now := b.now.CPU
	if now == nil || now.Cpus == "" && now.Mems == "" {
		return nil
	}
	field := "cpu.cpus"
	if now.Cpus == "" {
		field = "cpu.mems"
	}
	d := b.place(field, "cpuset", "cpuset")
	if d == nil {
		return nil
	}
	if now.Cpus != "" {
		b.write(d, "cpuset.cpus", now.Cpus, "cpu.cpus")
	}
	if now.Mems != "" {
		b.write(d, "cpuset.mems", now.Mems, "cpu.mems")
	}
	return nil
}

// isSet reports whether an optional number is there and is not 0: for the limits
// whose 0 would be meaningless, engines write 0 for "not set".
func isSet[T int64 | uint64 | uint16](p *T) bool { return p != nil && *p != 0 }

// limit prints a limit of which every negative value means unlimited.
func limit(n int64, unlimited string) string {
	if n < 0 {
		return unlimited
	}
	return strconv.FormatInt(n, 10)
}
