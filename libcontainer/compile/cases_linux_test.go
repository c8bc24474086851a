package compile_test

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/compile"
	"rt/libcontainer/host"
	"rt/libcontainer/resctrl"
)

var namespaceCases = []planCase{
	{"minimal", func(*compile.Input) {}},
	{"namespaces-new", func(in *compile.Input) {
		with(in, specs.PIDNamespace, specs.NetworkNamespace, specs.IPCNamespace, specs.UTSNamespace, specs.CgroupNamespace)
	}},
	{"namespaces-none", func(in *compile.Input) { in.Spec.Linux.Namespaces = nil }},
	{"namespaces-joined", func(in *compile.Input) {
		join(in, specs.NetworkNamespace, "/run/netns/a")
		join(in, specs.PIDNamespace, "/proc/1/ns/pid")
	}},
	{"namespaces-joined-with-user", func(in *compile.Input) {
		join(in, specs.UserNamespace, "/proc/7/ns/user")
		join(in, specs.IPCNamespace, "/proc/7/ns/ipc")
	}},
	{"namespaces-joined-mount", func(in *compile.Input) {
		in.Spec.Linux.Namespaces = nil
		join(in, specs.MountNamespace, "/proc/7/ns/mnt")
	}},
	{"namespaces-joined-rootless", func(in *compile.Input) {
		in.Host = userHost()
		join(in, specs.NetworkNamespace, "/proc/7/ns/net")
		join(in, specs.UserNamespace, "/proc/7/ns/user")
	}},
	{"userns", userns},
	{"userns-lowest-id", func(in *compile.Input) {
		with(in, specs.UserNamespace)
		in.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 9, HostID: 5, Size: 1}, {ContainerID: 0, HostID: 1000, Size: 2}}
		in.Spec.Linux.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 2}}
	}},
	{"userns-cgroup-v2", func(in *compile.Input) { userns(in); in.Cgroup = v2Set() }},
	{"userns-cgroup-hybrid", func(in *compile.Input) { userns(in); in.Host, in.Cgroup = hybridHost(), hybridSet() }},
	{"rootless-self-map", rootless},
	{"rootless-helpers", func(in *compile.Input) {
		rootless(in)
		in.Spec.Linux.UIDMappings = append(in.Spec.Linux.UIDMappings, specs.LinuxIDMapping{ContainerID: 1, HostID: 100000, Size: 65536})
		in.Spec.Linux.GIDMappings = append(in.Spec.Linux.GIDMappings, specs.LinuxIDMapping{ContainerID: 1, HostID: 100000, Size: 65536})
	}},
	{"rootless-joined-net", func(in *compile.Input) {
		rootless(in)
		join(in, specs.NetworkNamespace, "/proc/7/ns/net")
	}},
	{"rootless-oom-score", func(in *compile.Input) {
		rootless(in)
		in.Spec.Process.OOMScoreAdj = ptr(100)
	}},
	{"timens-offsets", func(in *compile.Input) {
		with(in, specs.TimeNamespace)
		in.Spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{
			"monotonic": {Secs: -5, Nanosecs: 7}, "boottime": {Secs: 86400},
		}
	}},
	{"timens-offsets-rootless", func(in *compile.Input) {
		rootless(in)
		with(in, specs.TimeNamespace)
		in.Spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"boottime": {Secs: 86400}}
	}},
	{"hostname", func(in *compile.Input) {
		with(in, specs.UTSNamespace)
		in.Spec.Hostname, in.Spec.Domainname = "box", "example.org"
	}},
	{"keyring-none", func(in *compile.Input) { in.NoNewKeyring = true }},
	{"net-devices", func(in *compile.Input) {
		with(in, specs.NetworkNamespace)
		in.Spec.Linux.NetDevices = map[string]specs.LinuxNetDevice{"eth1": {Name: "lan"}, "eth0": {}}
	}},
	{"sysctl", func(in *compile.Input) {
		with(in, specs.NetworkNamespace, specs.IPCNamespace)
		in.Spec.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}
	}},
}

var cgroupCases = []planCase{
	{"cgroup-v2", func(in *compile.Input) { in.Cgroup = v2Set() }},
	{"cgroup-v1", func(in *compile.Input) { in.Host, in.Cgroup = v1Host(), v1Set() }},
	{"cgroup-hybrid", func(in *compile.Input) { in.Host, in.Cgroup = hybridHost(), hybridSet() }},
	{"cgroup-namespace-v2", func(in *compile.Input) { in.Cgroup = v2Set(); with(in, specs.CgroupNamespace) }},
	{"cgroup-mount-v2", func(in *compile.Input) {
		in.Cgroup = v2Set()
		mounts(in, cgroupMount("ro", "nosuid", "relatime"))
	}},
	{"cgroup-mount-v2-namespace", func(in *compile.Input) {
		in.Cgroup = v2Set()
		with(in, specs.CgroupNamespace)
		mounts(in, cgroupMount("ro", "nosuid"))
	}},
	{"cgroup-mount-hybrid", func(in *compile.Input) {
		in.Host, in.Cgroup = hybridHost(), hybridSet()
		mounts(in, cgroupMount("ro", "noatime"))
	}},
	{"cgroup-mount-hybrid-namespace", func(in *compile.Input) {
		in.Host, in.Cgroup = hybridHost(), hybridSet()
		with(in, specs.CgroupNamespace)
		mounts(in, cgroupMount("ro", "nosuid"))
	}},
	{"cgroup-mount-v1-writable", func(in *compile.Input) {
		in.Host, in.Cgroup = v1Host(), v1Set()
		mounts(in, cgroupMount("nosuid", "rslave"))
	}},
	{"cgroup-mount-without-cgroup", func(in *compile.Input) { mounts(in, cgroupMount("ro")) }},
	{"cgroup-mount-without-hierarchy", func(in *compile.Input) {
		in.Host.Cgroups = host.Cgroups{Kind: host.KindNone}
		mounts(in, cgroupMount("ro"))
	}},
	{"resctrl", func(in *compile.Input) {
		in.Resctrl = &resctrl.Group{Dir: "/sys/fs/resctrl/c1", Make: true, Own: true}
	}},
	{"resctrl-existing-class", func(in *compile.Input) {
		in.Resctrl = &resctrl.Group{Dir: "/sys/fs/resctrl/gold", Lines: []resctrl.Line{{Field: "linux.intelRdt.memBwSchema", Text: "MB:0=50"}}}
	}},
	{"resctrl-monitor", func(in *compile.Input) {
		in.Resctrl = &resctrl.Group{
			Dir: "/sys/fs/resctrl/c1", Make: true, Own: true, Monitor: "/sys/fs/resctrl/c1/mon_groups/c1",
			Lines: []resctrl.Line{{Field: "linux.intelRdt.l3CacheSchema", Text: "L3:0=f"}, {Field: "linux.intelRdt.schemata[0]", Text: "MB:0=50"}},
		}
	}},
	{"cgroup2-mount-hybrid", func(in *compile.Input) {
		in.Host, in.Cgroup = hybridHost(), hybridSet()
		mounts(in, specs.Mount{Type: "cgroup2", Source: "cgroup2", Destination: "/cg", Options: []string{"ro"}})
	}},
}

var systemdCases = []planCase{
	{"systemd-v2", func(in *compile.Input) { in.Cgroup, in.Unit = v2Set(), request("rt-c1.scope") }},
	{"systemd-hybrid", func(in *compile.Input) {
		in.Host, in.Cgroup, in.Unit = hybridHost(), hybridSet(), request("rt-c1.scope")
	}},
	{"systemd-slice", func(in *compile.Input) {
		in.Cgroup, in.Unit = v2Set(), request("a.slice")
		in.Unit.Unit.Slice = ""
	}},
	{"systemd-one-process", func(in *compile.Input) {
		in.Cgroup, in.Unit = v2Set(), request("rt-c1.scope")
		in.Unit.Late = []string{"TasksMax=uint64 1"}
		with(in, specs.CgroupNamespace)
	}},
	{"systemd-userns", func(in *compile.Input) {
		userns(in)
		in.Cgroup, in.Unit = v2Set(), request("rt-c1.scope")
	}},
	{"systemd-rootless", func(in *compile.Input) {
		rootless(in)
		in.Cgroup, in.Unit = v2Set(), request("rt-c1.scope")
		in.Unit.User = true
	}},
}

// request asks systemd for a unit.
func request(name string) *unit.Request {
	return &unit.Request{
		Unit:       &unit.Unit{Name: name, Slice: "system.slice", Path: "/box/c1"},
		Properties: []string{"Slice='system.slice'", "MemoryMax=uint64 1048576"},
	}
}

func cgroupMount(options ...string) specs.Mount {
	return specs.Mount{Type: "cgroup", Source: "cgroup", Destination: "/sys/fs/cgroup", Options: options}
}
