package spec

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// capabilityNames are those of capabilities(7); the index is the number.
var capabilityNames = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
	"CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
	"CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// CapabilityNames returns the names of all capabilities; the index of a name is
// its number.
func CapabilityNames() []string { return slices.Clone(capabilityNames[:]) }

// capabilities: process.capabilities. What cannot be granted is a warning, not
// an error: the same configuration has to work where there are more.
func (k *checker) capabilities(c *specs.LinuxCapabilities) {
	if c == nil {
		return
	}
	k.known("process.capabilities.bounding", c.Bounding)
	k.known("process.capabilities.effective", c.Effective)
	k.known("process.capabilities.inheritable", c.Inheritable)
	k.known("process.capabilities.permitted", c.Permitted)
	k.known("process.capabilities.ambient", c.Ambient)

	k.subset("process.capabilities.effective", c.Effective, "permitted", c.Permitted)
	k.subset("process.capabilities.ambient", c.Ambient, "permitted", c.Permitted)
	k.subset("process.capabilities.ambient", c.Ambient, "inheritable", c.Inheritable)
}

func (k *checker) known(field string, names []string) {
	for i, name := range names {
		if !slices.Contains(capabilityNames[:], name) {
			k.warn(member(field, i, ""), "got %q, which is not a known capability and is ignored", name)
		}
	}
}

// subset warns of capabilities that the kernel only grants together with the
// same in another set (capset(2), prctl(2) PR_CAP_AMBIENT_RAISE).
func (k *checker) subset(field string, names []string, other string, in []string) {
	for i, name := range names {
		if slices.Contains(capabilityNames[:], name) && !slices.Contains(in, name) {
			k.warn(member(field, i, ""), "got %s, which cannot be granted unless process.capabilities.%s has it too", name, other)
		}
	}
}
