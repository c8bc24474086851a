package unit

import (
	"math"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// defaultPeriod is the kernel's period of a CPU quota, in microseconds.
const defaultPeriod = 100000

// step is the finest quota that systemd keeps in a unit's file, one percent of a CPU,
// in microseconds of CPU time for each second.
const step = 10000

// perSecond is a quota as systemd has it: microseconds for each second, rounded up
// to a whole percent. No quota is infinity.
func perSecond(quota int64, period uint64) uint64 {
	if quota <= 0 || period == 0 || quota > math.MaxInt64/1000000 {
		return infinity
	}
	n := uint64(quota) * 1000000 / period
	if rest := n % step; rest != 0 {
		n += step - rest
	}
	return n
}

// rounded is a quota for each period of the same share as perSecond.
func rounded(quota int64, period uint64) int64 {
	n := perSecond(quota, period)
	if n == infinity || period > math.MaxUint64/n {
		return quota
	}
	return int64(n * period / 1000000)
}

// cpuMax reads "QUOTA [PERIOD]", where the quota may be max.
func (p *properties) cpuMax(m *Manager, value string) error {
	first, second, _ := strings.Cut(strings.TrimSpace(value), " ")
	period := uint64(defaultPeriod)
	if second != "" {
		n, err := parseLimit(strings.TrimSpace(second))
		if err != nil {
			return err
		}
		period = n
	}
	quota, err := parseLimit(first)
	if err != nil {
		return err
	}
	if m.Version >= hasQuotaPeriod {
		p.set("CPUQuotaPeriodUSec", number(period))
	}
	share := uint64(infinity)
	if quota <= math.MaxInt64 {
		share = perSecond(int64(quota), period)
	}
	p.set("CPUQuotaPerSecUSec", number(share))
	return nil
}

// Round returns resources with the CPU quota rounded up to what systemd can keep, so
// that the files say the same as its properties. change is what is asked for and all
// what is in force with it; for a new container they are the same. An update that
// changes the period alone gets the quota too. Arguments are not modified.
func Round(change, all *specs.LinuxResources) *specs.LinuxResources {
	if change == nil {
		return nil
	}
	r := *change
	if max, ok := r.Unified["cpu.max"]; ok {
		if text := roundText(max); text != max {
			r.Unified = make(map[string]string, len(change.Unified))
			for k, v := range change.Unified {
				r.Unified[k] = v
			}
			r.Unified["cpu.max"] = text
		}
	}
	if r.CPU == nil || all == nil || all.CPU == nil || all.CPU.Quota == nil || *all.CPU.Quota <= 0 {
		return &r
	}
	quota, period := change.CPU.Quota != nil && *change.CPU.Quota != 0, change.CPU.Period != nil && *change.CPU.Period != 0
	if !quota && !period {
		return &r
	}
	whole := uint64(defaultPeriod)
	if all.CPU.Period != nil && *all.CPU.Period != 0 {
		whole = *all.CPU.Period
	}
	cpu := *change.CPU
	share := rounded(*all.CPU.Quota, whole)
	cpu.Quota = &share
	r.CPU = &cpu
	return &r
}

// roundText is Round for the text of cpu.max; what is none stays as it is.
func roundText(value string) string {
	fields := strings.Fields(value)
	if len(fields) == 0 || len(fields) > 2 {
		return value
	}
	period := uint64(defaultPeriod)
	if len(fields) == 2 {
		n, err := strconv.ParseUint(fields[1], 10, 63)
		if err != nil {
			return value
		}
		period = n
	}
	quota, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return value
	}
	return strconv.FormatInt(rounded(quota, period), 10) + " " + strconv.FormatUint(period, 10)
}
