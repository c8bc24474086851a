package setting

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// memory serves linux.resources.memory.
func (b *builder) memory() error {
	now := b.now.Memory
	if now == nil || *now == (specs.LinuxMemory{}) {
		return nil
	}
	if err := b.checkMemory(b.all.Memory); err != nil {
		return err
	}
	d := b.place("memory", "memory", "memory")
	if d == nil {
		return nil
	}
	if d.V2 {
		b.memoryV2(d, now, b.all.Memory)
	} else {
		b.memoryV1(d, now, b.all.Memory)
	}
	return nil
}

func (b *builder) checkMemory(all *specs.LinuxMemory) error {
	if isSet(all.Swap) && *all.Swap > 0 {
		switch {
		case !isSet(all.Limit):
			return bad("memory.swap", "%d is a limit of memory and swap together, and memory.limit is not set", *all.Swap)
		case *all.Limit < 0:
			return bad("memory.swap", "%d is less than memory.limit, which is unlimited", *all.Swap)
		case *all.Swap < *all.Limit:
			return bad("memory.swap", "%d is less than memory.limit, which is %d, and must include it", *all.Swap, *all.Limit)
		}
	}
	if s := all.Swappiness; s != nil && *s > 100 {
		return bad("memory.swappiness", "%d, want 0 to 100", *s)
	}
	return nil
}

// memoryV1: the kernel keeps memory.limit_in_bytes <= memory.memsw.limit_in_bytes
// at every moment, so an unlimited limit needs the other one first. A raised pair
// that is refused in this order is retried in the other.
func (b *builder) memoryV1(d *Dir, now, all *specs.LinuxMemory) {
	const limitFile, swapFile = "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
	switch {
	case isSet(now.Limit) && *now.Limit < 0:
		// Unlimited memory implies unlimited swap. Without swap accounting there
		// is no file, and no limit to lift.
		b.writeOptional(d, swapFile, "-1", "memory.limit")
		b.write(d, limitFile, "-1", "memory.limit")
	case isSet(now.Limit):
		b.write(d, limitFile, limit(*now.Limit, "-1"), "memory.limit")
		fallthrough
	default:
		if isSet(now.Swap) && *now.Swap < 0 {
			b.writeOptional(d, swapFile, "-1", "memory.swap")
		} else if isSet(now.Swap) {
			b.write(d, swapFile, limit(*now.Swap, "-1"), "memory.swap")
		}
	}
	if isSet(now.Reservation) {
		b.write(d, "memory.soft_limit_in_bytes", limit(*now.Reservation, "-1"), "memory.reservation")
	}
	b.memoryKernel(d, now)
	if now.Swappiness != nil {
		b.write(d, "memory.swappiness", strconv.FormatUint(*now.Swappiness, 10), "memory.swappiness")
	}
	if p := now.DisableOOMKiller; p != nil && (*p || b.update) {
		value := "0"
		if *p {
			value = "1"
		}
		b.write(d, "memory.oom_control", value, "memory.disableOOMKiller")
	}
	if p := now.UseHierarchy; p != nil && !*p {
		b.warn("memory.useHierarchy", "ignored, since Linux 5.11 memory is always accounted hierarchically")
	}
}

// memoryKernel: kernel memory is part of memory.limit since Linux 5.16, which
// refuses a limit of its own.
func (b *builder) memoryKernel(d *Dir, now *specs.LinuxMemory) {
	if isSet(now.Kernel) {
		b.warn("memory.kernel", "ignored, kernel memory has had no limit of its own since Linux 5.16")
	}
	if isSet(now.KernelTCP) {
		b.write(d, "memory.kmem.tcp.limit_in_bytes", limit(*now.KernelTCP, "-1"), "memory.kernelTCP")
	}
}

func (b *builder) memoryV2(d *Dir, now, all *specs.LinuxMemory) {
	if b.update && all.CheckBeforeUpdate != nil && *all.CheckBeforeUpdate && isSet(now.Limit) && *now.Limit > 0 {
		b.set.Checks = append(b.set.Checks, Check{d.Path, "memory.current", *now.Limit, "linux.resources.memory.limit"})
	}
	if isSet(now.Limit) || isSet(now.Swap) {
		b.swapV2(d, now, all)
	}
	if isSet(now.Limit) {
		b.write(d, "memory.max", limit(*now.Limit, "max"), "memory.limit")
	}
	if isSet(now.Reservation) {
		b.write(d, "memory.low", limit(*now.Reservation, "max"), "memory.reservation")
	}
	for _, f := range []struct {
		field string
		set   bool
	}{
		{"memory.kernel", isSet(now.Kernel)},
		{"memory.kernelTCP", isSet(now.KernelTCP)},
		{"memory.swappiness", now.Swappiness != nil},
		{"memory.disableOOMKiller", now.DisableOOMKiller != nil && *now.DisableOOMKiller},
		{"memory.useHierarchy", now.UseHierarchy != nil && !*now.UseHierarchy},
	} {
		if f.set {
			b.noV2(d, f.field)
		}
	}
}

// swapV2 converts the v1 meaning of swap, memory and swap together, to the v2 one,
// swap alone.
func (b *builder) swapV2(d *Dir, now, all *specs.LinuxMemory) {
	field := "memory.swap"
	if !isSet(now.Swap) {
		field = "memory.limit"
	}
	switch {
	case isSet(all.Swap) && *all.Swap > 0:
		b.write(d, "memory.swap.max", strconv.FormatInt(*all.Swap-*all.Limit, 10), field)
	case isSet(all.Swap), isSet(now.Limit) && *now.Limit < 0:
		b.writeOptional(d, "memory.swap.max", "max", field)
	}
}
