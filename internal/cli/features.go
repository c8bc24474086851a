package cli

import (
	"github.com/opencontainers/runtime-spec/specs-go/features"

	"rt/libcontainer/spec"
)

var featuresCommand = command{
	name:  "features",
	brief: "print what this build supports as JSON",
	help: `Prints the features structure of the OCI runtime specification: what this build can
do, whatever the host can.`,
	setup: func(*flagSet) action {
		return func(c *call) (int, error) {
			return 0, c.printJSON(buildFeatures(), "    ")
		}
	},
}

// buildFeatures is features.md and features-linux.md filled in. containerd and
// CRI-O read mountOptions (rro), namespaces (user) and mountExtensions.idmap, and
// containerd needs "linux" to be there.
func buildFeatures() *features.Features {
	yes, no := new(bool), new(bool)
	*yes = true
	return &features.Features{
		OCIVersionMin: "1.0.0",
		OCIVersionMax: specVersion,
		Hooks: []string{
			"prestart", "createRuntime", "createContainer",
			"startContainer", "poststart", "poststop",
		},
		MountOptions: spec.KnownMountOptions(),
		Linux: &features.Linux{
			Namespaces:   []string{"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"},
			Capabilities: spec.CapabilityNames(),
			Cgroup:       &features.Cgroup{V1: yes, V2: yes, Systemd: no, SystemdUser: no, Rdma: yes},
			Seccomp:      seccompFeatures(yes),
			Apparmor:     &features.Apparmor{Enabled: yes},
			Selinux:      &features.Selinux{Enabled: yes},
			IntelRdt:     &features.IntelRdt{Enabled: no, Schemata: no, Monitoring: no},
			MemoryPolicy: &features.MemoryPolicy{
				Modes: []string{
					"MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL",
					"MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE",
				},
				Flags: []string{"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"},
			},
			MountExtensions: &features.MountExtensions{IDMap: &features.IDMap{Enabled: yes}},
			NetDevices:      &features.NetDevices{Enabled: yes},
		},
		Annotations: map[string]string{
			"rt.version": Version,
			"rt.commit":  Commit,
			// Read by engines that probe for checkpoint support.
			"org.opencontainers.runc.checkpoint.enabled": "false",
		},
		PotentiallyUnsafeConfigAnnotations: []string{"bundle", "org.systemd.property.", "org.criu.config"},
	}
}

func seccompFeatures(enabled *bool) *features.Seccomp {
	return &features.Seccomp{
		Enabled: enabled,
		Actions: []string{
			"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
			"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
		},
		Operators: []string{
			"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE",
			"SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
		},
		Archs: []string{
			"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_MIPS",
			"SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
			"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE",
			"SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_X32",
			"SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
		},
		KnownFlags: []string{
			"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
			"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
		},
		SupportedFlags: []string{
			"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
			"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
		},
	}
}
