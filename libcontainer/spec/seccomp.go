package spec

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// seccomp: linux.seccomp. Whether a system call exists depends on the
// architecture, so names are not looked up.
func (k *checker) seccomp(s *specs.LinuxSeccomp) {
	if s == nil {
		return
	}
	k.action("linux.seccomp.defaultAction", s.DefaultAction)
	k.errnoRet("linux.seccomp.defaultErrnoRet", s.DefaultAction, s.DefaultErrnoRet)
	for i, a := range s.Architectures {
		if !slices.Contains(seccompArchs, a) {
			oneOf(k, member("linux.seccomp.architectures", i, ""), a, seccompArchs)
		}
	}
	for i, f := range s.Flags {
		oneOf(k, member("linux.seccomp.flags", i, ""), f, []specs.LinuxSeccompFlag{
			"SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagLog,
			specs.LinuxSeccompFlagSpecAllow, specs.LinuxSeccompFlagWaitKillableRecv,
		})
	}
	for i := range s.Syscalls {
		k.syscalls(i, &s.Syscalls[i])
	}
	k.listener(s)
}

// syscalls: one entry of linux.seccomp.syscalls.
func (k *checker) syscalls(i int, c *specs.LinuxSyscall) {
	if len(c.Names) == 0 {
		k.fail(member("linux.seccomp.syscalls", i, ".names"), "is empty, want the name of at least one system call")
	}
	for j, name := range c.Names {
		if name == "" {
			k.fail(member("linux.seccomp.syscalls", i, member(".names", j, "")), "is empty, want the name of a system call")
		}
	}
	if !slices.Contains(seccompActions, c.Action) {
		k.action(member("linux.seccomp.syscalls", i, ".action"), c.Action)
	}
	if c.ErrnoRet != nil {
		k.errnoRet(member("linux.seccomp.syscalls", i, ".errnoRet"), c.Action, c.ErrnoRet)
	}
	for j, a := range c.Args {
		if a.Index > 5 {
			k.fail(member("linux.seccomp.syscalls", i, member(".args", j, ".index")), "got %d, want a number from 0 to 5", a.Index)
		}
		if !slices.Contains(seccompOps, a.Op) {
			oneOf(k, member("linux.seccomp.syscalls", i, member(".args", j, ".op")), a.Op, seccompOps)
		}
	}
}

func (k *checker) action(field string, a specs.LinuxSeccompAction) {
	oneOf(k, field, a, seccompActions)
}

// errnoRet: only two actions have a value. The kernel takes at most MAX_ERRNO
// for an error, and 16 bits for a tracer.
func (k *checker) errnoRet(field string, a specs.LinuxSeccompAction, value *uint) {
	if value == nil {
		return
	}
	most := uint(4095)
	switch a {
	case specs.ActErrno:
	case specs.ActTrace:
		most = 1<<16 - 1
	default:
		k.fail(field, "got %d for the action %s, want it for %s or %s only", *value, a, specs.ActErrno, specs.ActTrace)
		return
	}
	if *value > most {
		k.fail(field, "got %d, want a number from 0 to %d", *value, most)
	}
}

// listener: a filter that notifies needs someone to be notified.
func (k *checker) listener(s *specs.LinuxSeccomp) {
	if s.ListenerMetadata != "" && s.ListenerPath == "" {
		k.fail("linux.seccomp.listenerMetadata", "is given, want listenerPath with it")
	}
	if s.ListenerPath != "" {
		return
	}
	const missing = "got SCMP_ACT_NOTIFY, want linux.seccomp.listenerPath, the socket of whom to notify"
	if s.DefaultAction == specs.ActNotify {
		k.fail("linux.seccomp.defaultAction", missing)
	}
	for i := range s.Syscalls {
		if s.Syscalls[i].Action == specs.ActNotify {
			k.fail(member("linux.seccomp.syscalls", i, ".action"), missing)
		}
	}
}

var seccompActions = []specs.LinuxSeccompAction{
	specs.ActKill, specs.ActKillProcess, specs.ActKillThread, specs.ActTrap, specs.ActErrno,
	specs.ActTrace, specs.ActAllow, specs.ActLog, specs.ActNotify,
}

var seccompOps = []specs.LinuxSeccompOperator{
	specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo,
	specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpMaskedEqual,
}

var seccompArchs = []specs.Arch{
	specs.ArchX86, specs.ArchX86_64, specs.ArchX32, specs.ArchARM, specs.ArchAARCH64, specs.ArchMIPS,
	specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchMIPSEL, specs.ArchMIPSEL64, specs.ArchMIPSEL64N32,
	specs.ArchPPC, specs.ArchPPC64, specs.ArchPPC64LE, specs.ArchS390, specs.ArchS390X, specs.ArchPARISC,
	specs.ArchPARISC64, specs.ArchRISCV64, specs.ArchLOONGARCH64, specs.ArchM68K, specs.ArchSH, specs.ArchSHEB,
}
