package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// scheduler: process.scheduler, by the rules of sched_setattr(2).
func (k *checker) scheduler(s *specs.Scheduler) {
	if s == nil {
		return
	}
	policies := []specs.LinuxSchedulerPolicy{
		specs.SchedOther, specs.SchedFIFO, specs.SchedRR, specs.SchedBatch, specs.SchedIdle, specs.SchedDeadline,
	}
	if s.Policy == specs.SchedISO {
		k.fail("process.scheduler.policy", "got %q, which no Linux kernel implements, want one of %s", s.Policy, wordList(policies))
	} else {
		oneOf(k, "process.scheduler.policy", s.Policy, policies)
	}
	if s.Nice < -20 || s.Nice > 19 {
		k.fail("process.scheduler.nice", "got %d, want a number from -20 to 19", s.Nice)
	}
	flags := []specs.LinuxSchedulerFlag{
		specs.SchedFlagResetOnFork, specs.SchedFlagReclaim, specs.SchedFlagDLOverrun, specs.SchedFlagKeepPolicy,
		specs.SchedFlagKeepParams, specs.SchedFlagUtilClampMin, specs.SchedFlagUtilClampMax,
	}
	for i, f := range s.Flags {
		oneOf(k, member("process.scheduler.flags", i, ""), f, flags)
	}
	k.priority(s)
	k.deadline(s)
}

// priority: the real-time policies need one, the others must have none.
func (k *checker) priority(s *specs.Scheduler) {
	realtime := s.Policy == specs.SchedFIFO || s.Policy == specs.SchedRR
	switch {
	case realtime && (s.Priority < 1 || s.Priority > 99):
		k.fail("process.scheduler.priority", "got %d, want a number from 1 to 99 for %s", s.Priority, s.Policy)
	case !realtime && s.Priority != 0:
		k.fail("process.scheduler.priority", "got %d, want 0 for %s: only SCHED_FIFO and SCHED_RR have priorities", s.Priority, s.Policy)
	}
}

// deadline: 1024 ns <= runtime <= deadline <= period, where a period of 0 stands
// for the deadline.
func (k *checker) deadline(s *specs.Scheduler) {
	if s.Policy != specs.SchedDeadline {
		for _, f := range [...]struct {
			field string
			value uint64
		}{
			{"process.scheduler.runtime", s.Runtime},
			{"process.scheduler.deadline", s.Deadline},
			{"process.scheduler.period", s.Period},
		} {
			if f.value != 0 {
				k.fail(f.field, "got %d, want 0 for %s: it is for SCHED_DEADLINE", f.value, s.Policy)
			}
		}
		return
	}
	switch {
	case s.Runtime < 1024:
		k.fail("process.scheduler.runtime", "got %d, want at least 1024 (nanoseconds)", s.Runtime)
	case s.Deadline < s.Runtime || s.Deadline >= 1<<63:
		k.fail("process.scheduler.deadline", "got %d, want at least the runtime, %d (nanoseconds)", s.Deadline, s.Runtime)
	case s.Period != 0 && s.Period < s.Deadline || s.Period >= 1<<63:
		k.fail("process.scheduler.period", "got %d, want at least the deadline, %d (nanoseconds), or 0", s.Period, s.Deadline)
	}
}

// ioPriority: process.ioPriority, ioprio_set(2).
func (k *checker) ioPriority(p *specs.LinuxIOPriority) {
	if p == nil {
		return
	}
	oneOf(k, "process.ioPriority.class", p.Class,
		[]specs.IOPriorityClass{specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, specs.IOPRIO_CLASS_IDLE})
	if p.Priority < 0 || p.Priority > 7 {
		k.fail("process.ioPriority.priority", "got %d, want a number from 0 (highest) to 7 (lowest)", p.Priority)
	}
}

// execCPUAffinity: process.execCPUAffinity.
func (k *checker) execCPUAffinity(a *specs.CPUAffinity) {
	if a != nil {
		k.list("process.execCPUAffinity.initial", a.Initial)
		k.list("process.execCPUAffinity.final", a.Final)
	}
}

// list checks a list of CPUs or memory nodes, if there is one.
func (k *checker) list(field, list string) {
	if list == "" {
		return
	}
	if _, err := ParseList(list); err != nil {
		k.fail(field, "%v", err)
	}
}
