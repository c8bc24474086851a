package compile_test

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/compile"
	"rt/libcontainer/host"
)

const allCaps = 1<<41 - 1

// v2Host is root on a host with the unified hierarchy only.
func v2Host() *host.Facts {
	return &host.Facts{
		Kernel: host.Version{Major: 6, Minor: 1}, Caps: allCaps,
		Cgroups: host.Cgroups{
			Kind: host.KindV2, Mount: "/sys/fs/cgroup",
			Hierarchies: []host.Hierarchy{{
				Controllers: []string{"cpuset", "cpu", "io", "memory", "pids"},
				Mountpoint:  "/sys/fs/cgroup", Own: "/user.slice", V2: true,
			}},
		},
	}
}

// hybridHost is root on a host with v1 hierarchies, one of them named and one with
// two controllers, and a unified one without controllers.
func hybridHost() *host.Facts {
	return &host.Facts{
		Kernel: host.Version{Major: 6, Minor: 1}, Caps: allCaps,
		Cgroups: host.Cgroups{
			Kind: host.KindHybrid, Mount: "/sys/fs/cgroup",
			Hierarchies: []host.Hierarchy{
				{Controllers: []string{"cpu", "cpuacct"}, Mountpoint: "/sys/fs/cgroup/cpu,cpuacct", Own: "/"},
				{Controllers: []string{"cpuset"}, Mountpoint: "/sys/fs/cgroup/cpuset", Own: "/"},
				{Name: "systemd", Mountpoint: "/sys/fs/cgroup/systemd", Own: "/init.scope"},
				{Mountpoint: "/sys/fs/cgroup/unified", Own: "/init.scope", V2: true},
			},
		},
	}
}

// v1Host is hybridHost without the unified hierarchy.
func v1Host() *host.Facts {
	f := hybridHost()
	f.Cgroups.Kind = host.KindV1
	f.Cgroups.Hierarchies = f.Cgroups.Hierarchies[:3]
	return f
}

// userHost is v2Host as an unprivileged user sees it.
func userHost() *host.Facts {
	f := v2Host()
	f.EUID, f.EGID, f.Caps = 1000, 1000, 0
	f.ForeignMounts, f.ForeignNet = true, true
	for i := range f.Rlimits {
		f.Rlimits[i] = host.Rlimit{Soft: 1024, Hard: 524288}
	}
	return f
}

// v2Set is a cgroup with one limit on v2Host.
func v2Set() *setting.Set {
	const dir = "/sys/fs/cgroup/box/c1"
	return &setting.Set{
		Dirs: []setting.Dir{{Path: dir, Mountpoint: "/sys/fs/cgroup", Controllers: []string{"memory"}, V2: true}},
		Writes: []setting.Write{
			{Dir: "/sys/fs/cgroup", File: "cgroup.subtree_control", Value: "+memory", Optional: true, Field: "linux.cgroupsPath"},
			{Dir: dir, File: "memory.max", Value: "1048576", Field: "linux.resources.memory.limit"},
		},
	}
}

// hybridSet is a cgroup with one limit on hybridHost.
func hybridSet() *setting.Set {
	s := &setting.Set{}
	for i, h := range hybridHost().Cgroups.Hierarchies {
		s.Dirs = append(s.Dirs, setting.Dir{
			Path: h.Mountpoint + "/box/c1", Mountpoint: h.Mountpoint,
			Controllers: h.Controllers, Name: h.Name, V2: h.V2, Hierarchy: i,
		})
	}
	const cpuset = "/sys/fs/cgroup/cpuset"
	s.Inherits = []setting.Inherit{{Top: cpuset, Dir: cpuset + "/box/c1", File: "cpuset.mems"}}
	s.Writes = []setting.Write{
		{Dir: "/sys/fs/cgroup/cpu,cpuacct/box/c1", File: "cpu.shares", Value: "512", Field: "linux.resources.cpu.shares"},
	}
	return s
}

// v1Set is hybridSet on v1Host.
func v1Set() *setting.Set {
	s := hybridSet()
	s.Dirs = s.Dirs[:3]
	return s
}

// input is the smallest sound one: a program in a rootfs with a mount namespace,
// started by root on v2Host, without a cgroup.
func input() *compile.Input {
	return &compile.Input{
		Spec: &specs.Spec{
			Version: specs.Version,
			Root:    &specs.Root{Path: "rootfs"},
			Process: &specs.Process{
				Args: []string{"/bin/true"}, Cwd: "/",
				Env: []string{"PATH=/bin", "HOME=/"},
			},
			Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.MountNamespace}}},
		},
		Host: v2Host(),
		ID:   "c1", Bundle: "/bundle", Rootfs: "/bundle/rootfs",
	}
}

// with adds namespaces to what the input has.
func with(in *compile.Input, types ...specs.LinuxNamespaceType) {
	for _, t := range types {
		in.Spec.Linux.Namespaces = append(in.Spec.Linux.Namespaces, specs.LinuxNamespace{Type: t})
	}
}

// join adds a namespace that exists.
func join(in *compile.Input, t specs.LinuxNamespaceType, path string) {
	in.Spec.Linux.Namespaces = append(in.Spec.Linux.Namespaces, specs.LinuxNamespace{Type: t, Path: path})
}

// userns gives the container a user namespace as an engine run by root does it.
func userns(in *compile.Input) {
	with(in, specs.UserNamespace)
	in.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
	in.Spec.Linux.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
}

// rootless makes the caller a user, with the one mapping a user may write.
func rootless(in *compile.Input) {
	in.Host = userHost()
	with(in, specs.UserNamespace)
	in.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
	in.Spec.Linux.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
}

// mounts adds entries with what would be found out about them.
func mounts(in *compile.Input, list ...specs.Mount) {
	for _, m := range list {
		in.Spec.Mounts = append(in.Spec.Mounts, m)
		facts := compile.MountFacts{}
		if m.Type == "bind" || m.Type == "none" {
			facts.Source = m.Source
		}
		in.Mounts = append(in.Mounts, facts)
	}
}

func bind(source, destination string, options ...string) specs.Mount {
	return specs.Mount{Type: "bind", Source: source, Destination: destination, Options: append([]string{"rbind"}, options...)}
}

func tmpfs(destination string, options ...string) specs.Mount {
	return specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: destination, Options: options}
}

func ptr[T any](v T) *T { return &v }
