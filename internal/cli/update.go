package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/container"
	"rt/libcontainer/spec"
)

var updateCommand = command{
	name:     "update",
	synopsis: "ID",
	brief:    "change the resources of a container",
	help: `Changes limits and weights of the container ID, which is created, running or paused;
what is not named stays. SIZE is a number of bytes, or one with K, M, G, T or P, or
-1 for no limit. With --resources the other options about resources are ignored;
devices are never changed. If the kernel refuses one change, none is made.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		u := new(updateFlags)
		u.declare(f)
		return func(c *call) (int, error) {
			o := container.UpdateOptions{ID: c.args[0], L3CacheSchema: u.l3Cache, MemBwSchema: u.memBw}
			var err error
			if u.file == "" {
				o.Resources, err = u.resources()
			} else {
				o.Resources, err = c.readResources(u.file)
			}
			if err != nil {
				return 0, err
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, interruptibly(func(ctx context.Context) error { return r.Update(ctx, o) })
		}
	},
}

// updateFlags are the options of update. An empty text is an option that is not
// given, also if it is given empty.
type updateFlags struct {
	file                      string
	blkioWeight               string
	cpuPeriod, cpuQuota       string
	cpuBurst, cpuShare        string
	cpuIdle                   string
	cpuRtPeriod, cpuRtRuntime string
	cpus, mems                string
	memory, reservation, swap string
	kernelMemory, kernelTCP   string
	pidsLimit, l3Cache, memBw string
}

func (u *updateFlags) declare(f *flagSet) {
	f.text(&u.file, "resources", "r", "FILE", "read linux.resources as JSON from FILE, or from stdin if it is -")
	f.text(&u.blkioWeight, "blkio-weight", "", "N", "weight of block I/O, 10 to 1000")
	f.text(&u.cpuPeriod, "cpu-period", "", "USEC", "period of the CPU quota in microseconds")
	f.text(&u.cpuQuota, "cpu-quota", "", "USEC", "CPU time in each period in microseconds; -1 for no limit")
	f.text(&u.cpuBurst, "cpu-burst", "", "USEC", "unused quota that may be used later, in microseconds")
	f.text(&u.cpuShare, "cpu-share", "", "N", "weight of CPU time, 2 to 262144")
	f.text(&u.cpuIdle, "cpu-idle", "", "0|1", "1 to run only when the CPU is idle otherwise")
	f.text(&u.cpuRtPeriod, "cpu-rt-period", "", "USEC", "period of realtime scheduling in microseconds")
	f.text(&u.cpuRtRuntime, "cpu-rt-runtime", "", "USEC", "realtime CPU time in each period in microseconds")
	f.text(&u.cpus, "cpuset-cpus", "", "LIST", "CPUs to run on, such as 0-2,4")
	f.text(&u.mems, "cpuset-mems", "", "LIST", "memory nodes to use, such as 0")
	f.text(&u.memory, "memory", "", "SIZE", "limit of memory")
	f.text(&u.reservation, "memory-reservation", "", "SIZE", "soft limit of memory")
	f.text(&u.swap, "memory-swap", "", "SIZE", "limit of memory and swap together")
	f.text(&u.pidsLimit, "pids-limit", "", "N", "limit of processes; -1 for none")
	f.text(&u.l3Cache, "l3-cache-schema", "", "TEXT", "schema of Intel RDT for the L3 cache")
	f.text(&u.memBw, "mem-bw-schema", "", "TEXT", "schema of Intel RDT for memory bandwidth")
	f.text(&u.kernelMemory, "kernel-memory", "", "SIZE", "accepted for older callers and ignored with a warning")
	f.text(&u.kernelTCP, "kernel-memory-tcp", "", "SIZE", "limit of memory for TCP buffers, cgroup v1 only")
}

// resources is what the options say.
func (u *updateFlags) resources() (*specs.LinuxResources, error) {
	r := &specs.LinuxResources{
		CPU:    &specs.LinuxCPU{Cpus: u.cpus, Mems: u.mems},
		Memory: &specs.LinuxMemory{}, Pids: &specs.LinuxPids{}, BlockIO: &specs.LinuxBlockIO{},
	}
	for _, o := range []struct {
		name, text string
		to         **uint64
	}{
		{"cpu-period", u.cpuPeriod, &r.CPU.Period},
		{"cpu-burst", u.cpuBurst, &r.CPU.Burst},
		{"cpu-share", u.cpuShare, &r.CPU.Shares},
		{"cpu-rt-period", u.cpuRtPeriod, &r.CPU.RealtimePeriod},
	} {
		if o.text == "" {
			continue
		}
		n, err := strconv.ParseUint(o.text, 10, 64)
		if err != nil {
			return nil, notValid(o.name, o.text, "a number that is not negative")
		}
		*o.to = &n
	}
	for _, o := range []struct {
		name, text string
		to         **int64
	}{
		{"cpu-quota", u.cpuQuota, &r.CPU.Quota},
		{"cpu-idle", u.cpuIdle, &r.CPU.Idle},
		{"cpu-rt-runtime", u.cpuRtRuntime, &r.CPU.RealtimeRuntime},
		{"pids-limit", u.pidsLimit, &r.Pids.Limit},
	} {
		if o.text == "" {
			continue
		}
		n, err := strconv.ParseInt(o.text, 10, 64)
		if err != nil {
			return nil, notValid(o.name, o.text, "a number")
		}
		*o.to = &n
	}
	if err := u.sizes(r.Memory); err != nil {
		return nil, err
	}
	if u.blkioWeight != "" {
		n, err := strconv.ParseUint(u.blkioWeight, 10, 16)
		if err != nil {
			return nil, notValid("blkio-weight", u.blkioWeight, "10 to 1000")
		}
		weight := uint16(n)
		r.BlockIO.Weight = &weight
	}
	return r, nil
}

func (u *updateFlags) sizes(m *specs.LinuxMemory) error {
	for _, o := range []struct {
		name, text string
		to         **int64
	}{
		{"memory", u.memory, &m.Limit},
		{"memory-reservation", u.reservation, &m.Reservation},
		{"memory-swap", u.swap, &m.Swap},
		{"kernel-memory", u.kernelMemory, &m.Kernel},
		{"kernel-memory-tcp", u.kernelTCP, &m.KernelTCP},
	} {
		if o.text == "" {
			continue
		}
		n, ok := parseSize(o.text)
		if !ok {
			return notValid(o.name, o.text, "bytes, a number with K, M, G, T or P, or -1")
		}
		*o.to = &n
	}
	return nil
}

func notValid(option, text, want string) error {
	return usageError{fmt.Sprintf("invalid value for --%s: %q, want %s", option, text, want)}
}

// maxResources bounds a file of resources, in bytes.
const maxResources = 16 << 20

// readResources reads linux.resources from a file, or from stdin.
func (c *call) readResources(path string) (*specs.LinuxResources, error) {
	in, name := io.Reader(os.Stdin), "stdin"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("--resources: %w", err)
		}
		defer f.Close()
		in, name = f, path
	}
	data, err := io.ReadAll(io.LimitReader(in, maxResources+1))
	if err != nil {
		return nil, fmt.Errorf("--resources: %w", err)
	}
	if len(data) > maxResources {
		return nil, fmt.Errorf("--resources: %s has more than %d bytes", name, maxResources)
	}
	r, skipped, err := spec.ParseResources(data)
	if err != nil {
		return nil, fmt.Errorf("--resources: %s: %w", name, err)
	}
	for _, key := range skipped {
		c.log.warn(key + ": ignored, it is no key of linux.resources")
	}
	return r, nil
}
