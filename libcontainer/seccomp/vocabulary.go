package seccomp

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// word is a name in profiles and what libseccomp or the kernel calls it.
type word struct {
	name  string
	value uint32
}

// actions as the kernel's SECCOMP_RET_*, without data.
var actions = [...]word{
	{string(specs.ActAllow), unix.SECCOMP_RET_ALLOW},
	{string(specs.ActErrno), unix.SECCOMP_RET_ERRNO},
	{string(specs.ActKill), unix.SECCOMP_RET_KILL_THREAD},
	{string(specs.ActKillProcess), unix.SECCOMP_RET_KILL_PROCESS},
	{string(specs.ActKillThread), unix.SECCOMP_RET_KILL_THREAD},
	{string(specs.ActLog), unix.SECCOMP_RET_LOG},
	{string(specs.ActNotify), unix.SECCOMP_RET_USER_NOTIF},
	{string(specs.ActTrace), unix.SECCOMP_RET_TRACE},
	{string(specs.ActTrap), unix.SECCOMP_RET_TRAP},
}

// Operators, as the cache's keys have them.
const (
	opNotEqual = iota + 1
	opLess
	opLessEqual
	opEqual
	opGreaterEqual
	opGreater
	opMaskedEqual
)

var operators = [...]word{
	{string(specs.OpEqualTo), opEqual},
	{string(specs.OpGreaterEqual), opGreaterEqual},
	{string(specs.OpGreaterThan), opGreater},
	{string(specs.OpLessEqual), opLessEqual},
	{string(specs.OpLessThan), opLess},
	{string(specs.OpMaskedEqual), opMaskedEqual},
	{string(specs.OpNotEqual), opNotEqual},
}

// Architectures by libseccomp's tokens: those of linux/audit.h, but for x32, which
// shares the kernel's with x86_64.
const (
	archX86_64 = unix.AUDIT_ARCH_X86_64
	archX32    = 0x4000003e
	archS390   = unix.AUDIT_ARCH_S390
	archS390X  = unix.AUDIT_ARCH_S390X
)

// archs are those that libseccomp 2.5.4 knows. SCMP_ARCH_LOONGARCH64, M68K, SH and
// SHEB came with 2.6.
var archs = [...]word{
	{string(specs.ArchAARCH64), unix.AUDIT_ARCH_AARCH64},
	{string(specs.ArchARM), unix.AUDIT_ARCH_ARM},
	{string(specs.ArchMIPS), unix.AUDIT_ARCH_MIPS},
	{string(specs.ArchMIPS64), unix.AUDIT_ARCH_MIPS64},
	{string(specs.ArchMIPS64N32), unix.AUDIT_ARCH_MIPS64N32},
	{string(specs.ArchMIPSEL), unix.AUDIT_ARCH_MIPSEL},
	{string(specs.ArchMIPSEL64), unix.AUDIT_ARCH_MIPSEL64},
	{string(specs.ArchMIPSEL64N32), unix.AUDIT_ARCH_MIPSEL64N32},
	{string(specs.ArchPARISC), unix.AUDIT_ARCH_PARISC},
	{string(specs.ArchPARISC64), unix.AUDIT_ARCH_PARISC64},
	{string(specs.ArchPPC), unix.AUDIT_ARCH_PPC},
	{string(specs.ArchPPC64), unix.AUDIT_ARCH_PPC64},
	{string(specs.ArchPPC64LE), unix.AUDIT_ARCH_PPC64LE},
	{string(specs.ArchRISCV64), unix.AUDIT_ARCH_RISCV64},
	{string(specs.ArchS390), archS390},
	{string(specs.ArchS390X), archS390X},
	{string(specs.ArchX32), archX32},
	{string(specs.ArchX86), unix.AUDIT_ARCH_I386},
	{string(specs.ArchX86_64), archX86_64},
}

// flagTsync is in config-linux.md and not in specs-go.
const flagTsync = "SECCOMP_FILTER_FLAG_TSYNC"

// flags as the kernel's. TSYNC is none: it is about the other threads of the caller,
// init has none, and before Linux 5.7 the kernel refuses it next to NEW_LISTENER.
var flags = [...]word{
	{string(specs.LinuxSeccompFlagLog), unix.SECCOMP_FILTER_FLAG_LOG},
	{string(specs.LinuxSeccompFlagSpecAllow), unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{flagTsync, 0},
	{string(specs.LinuxSeccompFlagWaitKillableRecv), unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
}

func lookUp(words []word, name string) (uint32, bool) {
	for i := range words {
		if words[i].name == name {
			return words[i].value, true
		}
	}
	return 0, false
}

func names(words []word) []string {
	list := make([]string, len(words))
	for i := range words {
		list[i] = words[i].name
	}
	return list
}

// KnownActions are the values of defaultAction and syscalls[].action, sorted.
func KnownActions() []string { return names(actions[:]) }

// KnownOperators are the values of syscalls[].args[].op, sorted.
func KnownOperators() []string { return names(operators[:]) }

// KnownArchs are the values of architectures, sorted.
func KnownArchs() []string { return names(archs[:]) }

// KnownFlags are the values of flags, sorted.
func KnownFlags() []string { return names(flags[:]) }

// SupportedFlags are those of KnownFlags that the running kernel has.
func SupportedFlags() []string {
	var list []string
	for i := range flags {
		if kernelHas(uint64(flags[i].value)) {
			list = append(list, flags[i].name)
		}
	}
	return list
}

// kernelHas asks the kernel for a filter without program: EFAULT says that it got
// past the flags. WAIT_KILLABLE_RECV counts only next to NEW_LISTENER.
func kernelHas(flag uint64) bool {
	if flag == unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV {
		flag |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flag), 0)
	return errno == unix.EFAULT
}
