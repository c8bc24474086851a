package cli

import (
	"github.com/opencontainers/runtime-spec/specs-go/features"

	"rt/libcontainer/seccomp"
	"rt/libcontainer/spec"
)

var featuresCommand = command{
	name:  "features",
	brief: "print what this build supports as JSON",
	help: `Prints the features structure of the OCI runtime specification: what this build can
do. Only the supported seccomp flags depend on the host.`,
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
	yes := new(bool)
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
			Cgroup:       &features.Cgroup{V1: yes, V2: yes, Systemd: yes, SystemdUser: yes, Rdma: yes},
			Seccomp:      seccompFeatures(yes),
			Apparmor:     &features.Apparmor{Enabled: yes},
			Selinux:      &features.Selinux{Enabled: yes},
			IntelRdt:     &features.IntelRdt{Enabled: yes, Schemata: yes, Monitoring: yes},
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
			"org.opencontainers.runc.checkpoint.enabled": "true",
		},
		PotentiallyUnsafeConfigAnnotations: []string{"bundle", "org.systemd.property.", "org.criu.config"},
	}
}

func seccompFeatures(enabled *bool) *features.Seccomp {
	return &features.Seccomp{
		Enabled:        enabled,
		Actions:        seccomp.KnownActions(),
		Operators:      seccomp.KnownOperators(),
		Archs:          seccomp.KnownArchs(),
		KnownFlags:     seccomp.KnownFlags(),
		SupportedFlags: seccomp.SupportedFlags(),
	}
}
