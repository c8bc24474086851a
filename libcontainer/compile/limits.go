package compile

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/plan"
)

// resources of setrlimit(2) by name, in the kernel's order.
var rlimitNames = [...]string{
	"RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS",
	"RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS",
	"RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
}

// RlimitName is the name of a resource by its number.
func RlimitName(number int) string {
	if number < 0 || number >= len(rlimitNames) {
		return "resource limit"
	}
	return rlimitNames[number]
}

// rlimits serves process.rlimits. Init sets its own limits, after everything
// that opens a descriptor. In a user namespace it cannot raise a hard limit; the
// parent does that from outside, which takes CAP_SYS_RESOURCE.
func (c *compiler) rlimits() error {
	inUser := c.namespace(specs.UserNamespace) != nil
	for i, r := range c.spec.Process.Rlimits {
		c.from("process.rlimits[%d]", i)
		number := -1
		for n, name := range rlimitNames {
			if name == r.Type {
				number = n
			}
		}
		if number < 0 {
			return fmt.Errorf("process.rlimits[%d].type: got %q, want one of %s", i, r.Type, strings.Join(rlimitNames[:], ", "))
		}
		op := plan.Rlimit(uint64(number), r.Soft, r.Hard)
		op.Origin = c.scope
		if c.in.Host.Unprivileged() && r.Hard > c.in.Host.Rlimits[number].Hard {
			return fmt.Errorf("process.rlimits[%d].hard: got %d for %s; the caller has %d and no privilege to raise it", i, r.Hard, r.Type, c.in.Host.Rlimits[number].Hard)
		}
		if inUser && r.Hard > c.in.Host.Rlimits[number].Hard {
			c.last = append(c.last, op)
		} else {
			c.init(op)
		}
	}
	return nil
}

// oomScoreAdj serves process.oomScoreAdj: proc_pid_oom_score_adj(5).
func (c *compiler) oomScoreAdj() []plan.Op {
	adj := c.spec.Process.OOMScoreAdj
	if adj == nil {
		return nil
	}
	op := plan.ProcWrite("oom_score_adj", strconv.Itoa(*adj))
	op.Origin = "process.oomScoreAdj"
	return []plan.Op{op}
}

// scoreFirst: without privileges the score of a process that is not dumpable cannot
// be written, so the stage's is, before it enters anything. Init inherits it.
func (c *compiler) scoreFirst() bool {
	return c.in.Host.EUID != 0 && !c.userNamespaceFirst() && c.spec.Process.OOMScoreAdj != nil
}

// lateScore is oomScoreAdj for a caller that can write it at any time.
func (c *compiler) lateScore() []plan.Op {
	if c.in.Host.EUID != 0 {
		return nil
	}
	return c.oomScoreAdj()
}

// scheduling serves process.scheduler and process.ioPriority. execCPUAffinity is
// for processes that join the container, not for the first one.
func (c *compiler) scheduling() error {
	if s := c.spec.Process.Scheduler; s != nil {
		c.from("process.scheduler")
		attr, err := schedAttr(s)
		if err != nil {
			return err
		}
		c.init(plan.Scheduler(attr))
	}
	if p := c.spec.Process.IOPriority; p != nil {
		c.from("process.ioPriority")
		value, err := ioprio(p)
		if err != nil {
			return err
		}
		c.init(plan.Ioprio(value))
	}
	return nil
}

// schedAttr lays out struct sched_attr: sched_setattr(2).
func schedAttr(s *specs.Scheduler) ([]byte, error) {
	policies := map[specs.LinuxSchedulerPolicy]uint32{
		specs.SchedOther: 0, specs.SchedFIFO: 1, specs.SchedRR: 2, specs.SchedBatch: 3,
		specs.SchedISO: 4, specs.SchedIdle: 5, specs.SchedDeadline: 6,
	}
	bits := map[specs.LinuxSchedulerFlag]uint64{
		specs.SchedFlagResetOnFork: 0x01, specs.SchedFlagReclaim: 0x02, specs.SchedFlagDLOverrun: 0x04,
		specs.SchedFlagKeepPolicy: 0x08, specs.SchedFlagKeepParams: 0x10,
		specs.SchedFlagUtilClampMin: 0x20, specs.SchedFlagUtilClampMax: 0x40,
	}
	policy, ok := policies[s.Policy]
	if !ok {
		return nil, fmt.Errorf("process.scheduler.policy: got %q, want SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE or SCHED_DEADLINE", s.Policy)
	}
	var flags uint64
	for i, f := range s.Flags {
		bit, ok := bits[f]
		if !ok {
			return nil, fmt.Errorf("process.scheduler.flags[%d]: got %q, which is no flag of sched_setattr(2)", i, f)
		}
		flags |= bit
	}
	const size = 48
	b := make([]byte, 0, size)
	b = binary.NativeEndian.AppendUint32(b, size)
	b = binary.NativeEndian.AppendUint32(b, policy)
	b = binary.NativeEndian.AppendUint64(b, flags)
	b = binary.NativeEndian.AppendUint32(b, uint32(s.Nice))
	b = binary.NativeEndian.AppendUint32(b, uint32(s.Priority))
	for _, v := range []uint64{s.Runtime, s.Deadline, s.Period} {
		b = binary.NativeEndian.AppendUint64(b, v)
	}
	return b, nil
}

// ioprio packs class and priority: ioprio_set(2).
func ioprio(p *specs.LinuxIOPriority) (uint64, error) {
	classes := map[specs.IOPriorityClass]uint64{specs.IOPRIO_CLASS_RT: 1, specs.IOPRIO_CLASS_BE: 2, specs.IOPRIO_CLASS_IDLE: 3}
	class, ok := classes[p.Class]
	if !ok {
		return 0, fmt.Errorf("process.ioPriority.class: got %q, want IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE", p.Class)
	}
	return class<<13 | uint64(p.Priority)&0x1fff, nil
}

// memoryPolicy serves linux.memoryPolicy: set_mempolicy(2).
func (c *compiler) memoryPolicy() error {
	m := c.linux().MemoryPolicy
	if m == nil {
		return nil
	}
	c.from("linux.memoryPolicy")
	modes := map[specs.MemoryPolicyModeType]uint64{
		"MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
		"MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6,
	}
	bits := map[specs.MemoryPolicyFlagType]uint64{
		"MPOL_F_STATIC_NODES": 1 << 15, "MPOL_F_RELATIVE_NODES": 1 << 14, "MPOL_F_NUMA_BALANCING": 1 << 13,
	}
	mode, ok := modes[m.Mode]
	if !ok {
		return fmt.Errorf("linux.memoryPolicy.mode: got %q, which is no mode of set_mempolicy(2)", m.Mode)
	}
	for i, f := range m.Flags {
		bit, ok := bits[f]
		if !ok {
			return fmt.Errorf("linux.memoryPolicy.flags[%d]: got %q, which is no flag of set_mempolicy(2)", i, f)
		}
		mode |= bit
	}
	mask, err := bitmask(m.Nodes)
	if err != nil {
		return fmt.Errorf("linux.memoryPolicy.nodes: %w", err)
	}
	c.init(plan.Mempolicy(mode, mask))
	return nil
}

// maxBit bounds the numbers in a list of CPUs or memory nodes.
const maxBit = 8192

// bitmask turns a list such as "0-3,7" into a bit mask in whole 64-bit words.
func bitmask(list string) ([]byte, error) {
	words := []uint64{}
	for _, part := range strings.Split(strings.TrimSpace(list), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, isRange := strings.Cut(part, "-")
		lo, err := strconv.ParseUint(from, 10, 32)
		hi := lo
		if err == nil && isRange {
			hi, err = strconv.ParseUint(to, 10, 32)
		}
		if err != nil || hi < lo || hi >= maxBit {
			return nil, fmt.Errorf("got %q in %q, want numbers and ranges below %d, such as 0-3,7", part, list, maxBit)
		}
		for b := lo; b <= hi; b++ {
			for uint64(len(words)) <= b/64 {
				words = append(words, 0)
			}
			words[b/64] |= 1 << (b % 64)
		}
	}
	mask := make([]byte, 0, 8*len(words))
	for _, w := range words {
		mask = binary.NativeEndian.AppendUint64(mask, w)
	}
	return mask, nil
}
