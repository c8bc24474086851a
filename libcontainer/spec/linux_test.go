package spec

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestValidateWantsNamespacesTheKernelHas(t *testing.T) {
	add := func(ns ...specs.LinuxNamespace) func(*specs.Spec) {
		return func(s *specs.Spec) { s.Linux.Namespaces = append(s.Linux.Namespaces, ns...) }
	}
	check(t, []flaw{
		{"an unknown type", add(specs.LinuxNamespace{Type: "net"}), "linux.namespaces[8].type", `got "net", want one of pid, network, mount, ipc, uts, user, cgroup, time`},
		{"no type", add(specs.LinuxNamespace{}), "linux.namespaces[8].type", "is missing, want one of pid, "},
		{"a duplicate", add(specs.LinuxNamespace{Type: "uts", Path: "/x"}), "linux.namespaces[8].type", `got "uts" twice, want each type once`},
		{"a relative path", func(s *specs.Spec) { join(s, "network", "netns/a") }, "linux.namespaces[1].path", `got "netns/a", want an absolute path`},
	})
}

func TestValidateProtectsTheMountsOfTheHost(t *testing.T) {
	// only is a container without a mount namespace that changes no mounts.
	only := func(change func(*specs.Spec)) func(*specs.Spec) {
		return func(s *specs.Spec) {
			without(s, "mount")
			s.Root.Readonly, s.Mounts = false, nil
			s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil
			change(s)
		}
	}
	const want = "would change the mounts of the host, want a namespace of type mount in linux.namespaces"
	check(t, []flaw{
		{"a read-only root", only(func(s *specs.Spec) { s.Root.Readonly = true }), "root.readonly", want},
		{"mounts", only(func(s *specs.Spec) { s.Mounts = defaultMounts() }), "mounts", want},
		{"propagation", only(func(s *specs.Spec) { s.Linux.RootfsPropagation = "slave" }), "linux.rootfsPropagation", want},
		{"masked paths", only(func(s *specs.Spec) { s.Linux.MaskedPaths = []string{"/x"} }), "linux.maskedPaths", want},
		{"read-only paths", only(func(s *specs.Spec) { s.Linux.ReadonlyPaths = []string{"/x"} }), "linux.readonlyPaths", want},
	})
	accept(t, map[string]func(*specs.Spec){"nothing to mount": only(func(*specs.Spec) {})})
}

func TestValidateWantsIDMappingsForAUserNamespace(t *testing.T) {
	check(t, []flaw{
		{"no uid map", func(s *specs.Spec) { s.Linux.UIDMappings = nil }, "linux.uidMappings", "is missing, want the ids of the host that the new user namespace maps"},
		{"no gid map", func(s *specs.Spec) { s.Linux.GIDMappings = []specs.LinuxIDMapping{} }, "linux.gidMappings", "is missing"},
		{"a uid map without a namespace", func(s *specs.Spec) { without(s, "user"); s.Linux.GIDMappings = nil }, "linux.uidMappings", "is given, want a user namespace"},
		{"a gid map without a namespace", func(s *specs.Spec) { without(s, "user"); s.Linux.UIDMappings = nil }, "linux.gidMappings", "is given, want a user namespace"},
		{"a map without id 0", func(s *specs.Spec) { s.Linux.UIDMappings[0].ContainerID = 1; s.Process.User.UID = 1 },
			"linux.uidMappings", "does not map id 0 of the container"},
	})
	accept(t, map[string]func(*specs.Spec){
		"a namespace to join, with maps": func(s *specs.Spec) { join(s, "user", "/proc/1/ns/user") },
		"a namespace to join, without maps": func(s *specs.Spec) {
			join(s, "user", "/proc/1/ns/user")
			s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
		},
	})
}

func TestValidateWantsIDMappingsTheKernelTakes(t *testing.T) {
	set := func(m ...specs.LinuxIDMapping) func(*specs.Spec) {
		return func(s *specs.Spec) { s.Linux.UIDMappings = m }
	}
	many := func(n int) (m []specs.LinuxIDMapping) {
		for i := range uint32(n) {
			m = append(m, specs.LinuxIDMapping{ContainerID: i, HostID: 2 * i, Size: 1})
		}
		return m
	}
	root := specs.LinuxIDMapping{ContainerID: 0, HostID: 1000, Size: 10}
	check(t, []flaw{
		{"a size of 0", set(root, specs.LinuxIDMapping{ContainerID: 20, HostID: 5000}), "linux.uidMappings[1].size", "got 0, want at least 1"},
		{"container ids beyond 32 bits", set(root, specs.LinuxIDMapping{ContainerID: 1<<32 - 10, HostID: 5000, Size: 10}),
			"linux.uidMappings[1].containerID", "got 10 ids from 4294967286 on, want the last below 4294967295"},
		{"host ids beyond 32 bits", set(root, specs.LinuxIDMapping{ContainerID: 10, HostID: 1<<32 - 1, Size: 1<<32 - 100}),
			"linux.uidMappings[1].hostID", "got 4294967196 ids from 4294967295 on"},
		{"container ids that overlap", set(root, specs.LinuxIDMapping{ContainerID: 9, HostID: 5000, Size: 1}),
			"linux.uidMappings[1].containerID", "got 1 ids from 9 on, which overlap those of linux.uidMappings[0], want separate ranges"},
		{"host ids that overlap", set(root, specs.LinuxIDMapping{ContainerID: 50, HostID: 995, Size: 6}),
			"linux.uidMappings[1].hostID", "got 6 ids from 995 on, which overlap those of linux.uidMappings[0]"},
		{"too many", set(many(341)...), "linux.uidMappings", "got 341 mappings, want at most 340"},
	})
	accept(t, map[string]func(*specs.Spec){
		"as many as there can be": set(many(340)...),
		"adjacent ranges":         set(root, specs.LinuxIDMapping{ContainerID: 10, HostID: 990, Size: 10}),
		"the highest ids":         set(root, specs.LinuxIDMapping{ContainerID: 1<<32 - 11, HostID: 1<<32 - 11, Size: 10}),
		"all ids":                 set(specs.LinuxIDMapping{Size: 1<<32 - 1}),
	})
}

func TestValidateWantsTimeOffsetsForANewTimeNamespace(t *testing.T) {
	set := func(clock string, o specs.LinuxTimeOffset) func(*specs.Spec) {
		return func(s *specs.Spec) { s.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{clock: o} }
	}
	both := func(change func(*specs.Spec)) func(*specs.Spec) {
		return func(s *specs.Spec) { set("boottime", specs.LinuxTimeOffset{Secs: 1})(s); change(s) }
	}
	check(t, []flaw{
		{"no namespace", both(func(s *specs.Spec) { without(s, "time") }), "linux.timeOffsets", "is given, want a namespace of type time"},
		{"a namespace to join", both(func(s *specs.Spec) { join(s, "time", "/ns") }), "linux.timeOffsets", `is given for the namespace at "/ns", want a new one`},
		{"another clock", set("realtime", specs.LinuxTimeOffset{}), `linux.timeOffsets["realtime"]`, `got the clock "realtime", want monotonic or boottime`},
		{"a nanosecond too many", set("monotonic", specs.LinuxTimeOffset{Nanosecs: 1e9}), `linux.timeOffsets["monotonic"].nanosecs`, "got 1000000000, want less than 1000000000"},
		{"an offset too long", set("monotonic", specs.LinuxTimeOffset{Secs: 9223372037}), `linux.timeOffsets["monotonic"].secs`,
			"got 9223372037, want a number from -9223372036 to 9223372036"},
		{"an offset too far back", set("boottime", specs.LinuxTimeOffset{Secs: -9223372037}), `linux.timeOffsets["boottime"].secs`, "got -9223372037"},
	})
	accept(t, map[string]func(*specs.Spec){"the last nanosecond": set("boottime", specs.LinuxTimeOffset{Secs: -5, Nanosecs: 999999999})})
}

func TestValidateWantsSysctlsOfANamespace(t *testing.T) {
	set := func(key, value string, gone ...specs.LinuxNamespaceType) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.Sysctl = map[string]string{key: value}
			for _, ns := range gone {
				without(s, ns)
				if ns == "user" {
					s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
				}
				if ns == "uts" {
					s.Hostname = ""
				}
			}
		}
	}
	check(t, []flaw{
		{"a parameter of the host", set("kernel.core_pattern", "x"), `linux.sysctl["kernel.core_pattern"]`, "is a parameter of the whole host, want one that a namespace has"},
		{"a parameter of the host with slashes", set("vm/swappiness", "1"), `linux.sysctl["vm/swappiness"]`, "is a parameter of the whole host"},
		{"a way out of a namespace", set("net/../vm/swappiness", "1"), `linux.sysctl["net/../vm/swappiness"]`, `got "net/../vm/swappiness", want names other than ".."`},
		{"one that only begins like a namespaced one", set("kernel.semaphore", "1"), `linux.sysctl["kernel.semaphore"]`, "is a parameter of the whole host"},
		{"the network's without a namespace", set("net.core.somaxconn", "1", "network"), `linux.sysctl["net.core.somaxconn"]`,
			"is a parameter of the host here, want a namespace of type network"},
		{"System V IPC without a namespace", set("kernel.shm_rmid_forced", "1", "ipc"), `linux.sysctl["kernel.shm_rmid_forced"]`, "want a namespace of type ipc"},
		{"message queues without a namespace", set("fs/mqueue/msg_max", "1", "ipc"), `linux.sysctl["fs/mqueue/msg_max"]`, "want a namespace of type ipc"},
		{"user limits without a namespace", set("user.max_user_namespaces", "1", "user"), `linux.sysctl["user.max_user_namespaces"]`, "want a namespace of type user"},
		{"the domain name without a namespace", set("kernel.domainname", "x", "uts"), `linux.sysctl["kernel.domainname"]`, "want a namespace of type uts"},
		{"the hostname", set("kernel.hostname", "x"), `linux.sysctl["kernel.hostname"]`, "conflicts with the container's hostname, want the field hostname instead"},
		{"two lines", set("net.core.somaxconn", "1\n2"), `linux.sysctl["net.core.somaxconn"]`, `got "1\n2", want one line`},
		{"a NUL byte", set("net.core.somaxconn", "1\x00"), `linux.sysctl["net.core.somaxconn"]`, "want one line"},
		{"one parameter in two ways", func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"net.a.b": "1", "net/a/b": "2"} },
			`linux.sysctl["net/a/b"]`, `is the same parameter as "net.a.b", want it once`},
	})
	accept(t, map[string]func(*specs.Spec){
		"one of each": func(s *specs.Spec) {
			s.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "fs.mqueue.msg_max": "1", "user.max_mnt_namespaces": "3", "kernel.domainname": "d"}
			for _, name := range strings.Fields("msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced auto_msgmni msg_next_id sem_next_id shm_next_id") {
				s.Linux.Sysctl["kernel."+name] = "1"
			}
		},
		"a network namespace to join": func(s *specs.Spec) { set("net.core.somaxconn", "1")(s); join(s, "network", "/ns") },
	})
}

func TestValidateWantsMountsThatCanBeMade(t *testing.T) {
	set := func(m specs.Mount) func(*specs.Spec) { return func(s *specs.Spec) { s.Mounts = []specs.Mount{m} } }
	bind := func(options ...string) func(*specs.Spec) {
		return set(specs.Mount{Destination: "/x", Source: "x", Type: "none", Options: append(options, "bind")})
	}
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 5, Size: 1}}
	check(t, []flaw{
		{"no destination", set(specs.Mount{Type: "tmpfs"}), "mounts[0].destination", "is missing, want an absolute path"},
		{"a relative destination", set(specs.Mount{Type: "tmpfs", Destination: "tmp"}), "mounts[0].destination", `warning: got "tmp", taken as "/tmp", want an absolute path: relative ones are deprecated`},
		{"no type", set(specs.Mount{Destination: "/x", Source: "/y"}), "mounts[0].type", "is missing, want a type of filesystem, or the option bind or rbind"},
		{"the type bind without the option", set(specs.Mount{Destination: "/x", Source: "/y", Type: "bind"}), "mounts[0].options", `got a mount of type "bind" without the option bind or rbind`},
		{"a bind mount without a source", set(specs.Mount{Destination: "/x", Options: []string{"rbind"}}), "mounts[0].source", "is missing, want the path to bind"},
		{"a filesystem's option on a bind mount", bind("ro", "size=1k"), "mounts[0].options", `got "size=1k", which is no option of a bind mount`},
		{"an option with a wrong value", bind("idmap=1"), "mounts[0].options", `got "idmap=1", want idmap, which takes no value`},
		{"an option for fstab", bind("nofail"), "mounts[0].options", `warning: got "nofail", which is for /etc/fstab and is ignored`},
		{"tmpcopyup for a bind mount", bind("tmpcopyup"), "mounts[0].options", `warning: got tmpcopyup for a mount of type "none", which ignores it`},
		{"tmpcopyup for another filesystem", set(specs.Mount{Destination: "/x", Type: "proc", Options: []string{"tmpcopyup"}}), "mounts[0].options",
			`warning: got tmpcopyup for a mount of type "proc"`},
		{"uid mappings alone", set(specs.Mount{Destination: "/x", Type: "tmpfs", Options: []string{"idmap"}, UIDMappings: ids}), "mounts[0].gidMappings",
			"is missing, want it together with uidMappings"},
		{"gid mappings alone", set(specs.Mount{Destination: "/x", Type: "tmpfs", Options: []string{"idmap"}, GIDMappings: ids}), "mounts[0].uidMappings",
			"is missing, want it together with gidMappings"},
		{"mappings without idmap", set(specs.Mount{Destination: "/x", Type: "tmpfs", UIDMappings: ids, GIDMappings: ids}), "mounts[0].options",
			"warning: got mappings without the option idmap or ridmap"},
		{"idmap with nothing to map", func(s *specs.Spec) {
			without(s, "user")
			s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
			bind("ridmap")(s)
		}, "mounts[0].options", "got idmap without mappings, want uidMappings and gidMappings"},
		{"a wrong uid mapping", set(specs.Mount{Destination: "/x", Type: "tmpfs", Options: []string{"idmap"}, UIDMappings: make([]specs.LinuxIDMapping, 1), GIDMappings: ids}),
			"mounts[0].uidMappings[0].size", "got 0, want at least 1"},
		{"a wrong gid mapping", set(specs.Mount{Destination: "/x", Type: "tmpfs", Options: []string{"idmap"}, UIDMappings: ids, GIDMappings: append(ids, specs.LinuxIDMapping{ContainerID: 1, HostID: 5, Size: 1})}),
			"mounts[0].gidMappings[1].hostID", "which overlap those of mounts[0].gidMappings[0]"},
	})
	accept(t, map[string]func(*specs.Spec){
		"a mapped mount":                  set(specs.Mount{Destination: "/x", Source: "/y", Options: []string{"rbind", "ridmap"}, UIDMappings: ids, GIDMappings: ids}),
		"idmap with the container's maps": bind("idmap"),
		"a tmpfs with contents":           set(specs.Mount{Destination: "/x", Type: "tmpfs", Options: []string{"tmpcopyup", "size=1m"}}),
		"a remount":                       set(specs.Mount{Destination: "/x", Options: []string{"remount", "ro"}}),
		"a destination with dots":         set(specs.Mount{Destination: "/a/../x", Type: "tmpfs"}),
		"every option of the specification but tmpcopyup": set(specs.Mount{
			Destination: "/x", Source: "x", Type: "none",
			Options: slices.DeleteFunc(KnownMountOptions(), func(o string) bool { return o == "tmpcopyup" }),
		}),
	})
}

func TestValidateWantsPathsInTheContainer(t *testing.T) {
	check(t, []flaw{
		{"an unknown propagation", func(s *specs.Spec) { s.Linux.RootfsPropagation = "public" }, "linux.rootfsPropagation",
			`got "public", want one of shared, slave, private, unbindable, rshared, rslave, rprivate, runbindable`},
		{"a relative masked path", func(s *specs.Spec) { s.Linux.MaskedPaths[3] = "proc/keys" }, "linux.maskedPaths[3]", `got "proc/keys", want an absolute path`},
		{"an empty masked path", func(s *specs.Spec) { s.Linux.MaskedPaths[0] = "" }, "linux.maskedPaths[0]", `got "", want an absolute path`},
		{"a relative read-only path", func(s *specs.Spec) { s.Linux.ReadonlyPaths[1] = "../x" }, "linux.readonlyPaths[1]", `got "../x", want an absolute path`},
	})
	for _, p := range strings.Fields("shared slave private unbindable rshared rslave rprivate runbindable") {
		accept(t, map[string]func(*specs.Spec){p: func(s *specs.Spec) { s.Linux.RootfsPropagation = p }})
	}
}

func TestValidateWantsDevicesTheKernelCanMake(t *testing.T) {
	set := func(d ...specs.LinuxDevice) func(*specs.Spec) { return func(s *specs.Spec) { s.Linux.Devices = d } }
	fuse := specs.LinuxDevice{Path: "/dev/fuse", Type: "c", Major: 10, Minor: 229, FileMode: ptr(os.FileMode(0o20666))}
	with := func(change func(*specs.LinuxDevice)) func(*specs.Spec) {
		d := fuse
		change(&d)
		return set(d)
	}
	check(t, []flaw{
		{"no path", with(func(d *specs.LinuxDevice) { d.Path = "" }), "linux.devices[0].path", `got "", want an absolute path`},
		{"a relative path", with(func(d *specs.LinuxDevice) { d.Path = "dev/x" }), "linux.devices[0].path", `got "dev/x", want an absolute path`},
		{"the root", with(func(d *specs.LinuxDevice) { d.Path = "/" }), "linux.devices[0].path", `got "/", want an absolute path`},
		{"a path with dots", with(func(d *specs.LinuxDevice) { d.Path = "/dev/../x" }), "linux.devices[0].path", `got "/dev/../x", want a path without '..'`},
		{"a path twice", set(fuse, fuse), "linux.devices[1].path", `warning: got "/dev/fuse" twice, want each path once: the last counts`},
		{"no type", with(func(d *specs.LinuxDevice) { d.Type = "" }), "linux.devices[0].type", "is missing, want one of c, u, b, p"},
		{"an unknown type", with(func(d *specs.LinuxDevice) { d.Type = "a" }), "linux.devices[0].type", `got "a", want one of c, u, b, p`},
		{"no numbers", with(func(d *specs.LinuxDevice) { d.Major, d.Minor = 0, 0 }), "linux.devices[0].major", `and minor are missing or 0, want the numbers of the device at "/dev/fuse"`},
		{"a negative major", with(func(d *specs.LinuxDevice) { d.Major = -1 }), "linux.devices[0].major", "got -1, want a number from 0 to 4095"},
		{"a major too large", with(func(d *specs.LinuxDevice) { d.Major = 4096 }), "linux.devices[0].major", "got 4096"},
		{"a minor too large", with(func(d *specs.LinuxDevice) { d.Minor = 1 << 20 }), "linux.devices[0].minor", "got 1048576, want a number from 0 to 1048575"},
		{"a mode beyond that of a file", with(func(d *specs.LinuxDevice) { d.FileMode = ptr(os.FileMode(1 << 16)) }), "linux.devices[0].fileMode", "got 65536, want the bits of a file's mode"},
	})
	accept(t, map[string]func(*specs.Spec){
		"a device":           set(fuse),
		"a FIFO":             set(specs.LinuxDevice{Path: "/fifo", Type: "p"}),
		"a disk":             set(specs.LinuxDevice{Path: "/x", Type: "b", Major: 4095, Minor: 1<<20 - 1}),
		"an unbuffered one":  set(specs.LinuxDevice{Path: "/x", Type: "u", Minor: 1}),
		"three dots in name": set(specs.LinuxDevice{Path: "/dev/...", Type: "p"}),
	})
}

func TestValidateWantsNetDevicesTheKernelCanMove(t *testing.T) {
	set := func(pairs ...string) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.NetDevices = map[string]specs.LinuxNetDevice{}
			for i := 0; i < len(pairs); i += 2 {
				s.Linux.NetDevices[pairs[i]] = specs.LinuxNetDevice{Name: pairs[i+1]}
			}
		}
	}
	const eth0 = `linux.netDevices["eth0"]`
	check(t, []flaw{
		{"no namespace", func(s *specs.Spec) { set("eth0", "")(s); without(s, "network") }, "linux.netDevices", "is given, want a namespace of type network"},
		{"a long name", set("eth0", "a234567890123456"), eth0 + ".name", `got the name "a234567890123456" of 16 bytes, want 1 to 15`},
		{"a long name on the host", set("a234567890123456", "eth0"), `linux.netDevices["a234567890123456"]`, "of 16 bytes, want 1 to 15"},
		{"an empty name on the host", set("", "eth0"), `linux.netDevices[""]`, "of 0 bytes"},
		{"a slash", set("eth0", "a/b"), eth0 + ".name", `got the name "a/b", want one without '/', ':' and white space`},
		{"a colon", set("eth0", "eth0:1"), eth0 + ".name", `got the name "eth0:1"`},
		{"white space", set("eth0", "a b"), eth0 + ".name", `got the name "a b"`},
		{"two dots", set("eth0", ".."), eth0 + ".name", `got the name ".."`},
		{"one name twice", set("eth0", "lan", "eth1", "lan"), `linux.netDevices["eth1"]`, `is named "lan" in the container, as "eth0" is`},
		{"a name that another keeps", set("eth0", "", "eth1", "eth0"), `linux.netDevices["eth1"]`, `is named "eth0" in the container`},
		{"a per cent sign", set("eth0", "a%"), eth0, "got the name \"a%\", want no '%' in it but one %d"},
		{"two templates in a name", set("eth0", "a%d%d"), eth0, "but one %d"},
	})
	accept(t, map[string]func(*specs.Spec){
		"names that change places":    set("eth0", "eth1", "eth1", "eth0"),
		"a template for several":      set("eth0", "lan%d", "eth1", "lan%d"),
		"a namespace to join":         func(s *specs.Spec) { set("eth0", "")(s); join(s, "network", "/ns") },
		"a name as long as it can be": set("eth0", "a23456789012345"),
	})
}

func TestValidateWantsAMemoryPolicyTheKernelHas(t *testing.T) {
	set := func(mode, nodes string, flags ...specs.MemoryPolicyFlagType) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MemoryPolicyModeType(mode), Nodes: nodes, Flags: flags}
		}
	}
	const static, relative, balancing = specs.MpolFStaticNodes, specs.MpolFRelativeNodes, specs.MpolFNumaBalancing
	check(t, []flaw{
		{"no mode", set("", ""), "linux.memoryPolicy.mode", "is missing, want one of MPOL_DEFAULT, "},
		{"an unknown mode", set("MPOL_X", "0"), "linux.memoryPolicy.mode", `got "MPOL_X", want one of MPOL_DEFAULT`},
		{"an unknown flag", set("MPOL_BIND", "0", "MPOL_F_X"), "linux.memoryPolicy.flags[0]", `got "MPOL_F_X", want one of MPOL_F_NUMA_BALANCING`},
		{"no list of nodes", set("MPOL_BIND", "x"), "linux.memoryPolicy.nodes", `got "x", want numbers and ranges`},
		{"nodes for the default", set("MPOL_DEFAULT", "0"), "linux.memoryPolicy.nodes", `got "0", want none for MPOL_DEFAULT`},
		{"nodes for the local node", set("MPOL_LOCAL", "0"), "linux.memoryPolicy.nodes", `got "0", want none for MPOL_LOCAL`},
		{"no nodes to bind to", set("MPOL_BIND", ""), "linux.memoryPolicy.nodes", "is missing, want at least one node for MPOL_BIND"},
		{"no nodes to prefer", set("MPOL_PREFERRED_MANY", ""), "linux.memoryPolicy.nodes", "is missing"},
		{"no nodes to interleave", set("MPOL_INTERLEAVE", ""), "linux.memoryPolicy.nodes", "is missing"},
		{"no nodes to interleave by weight", set("MPOL_WEIGHTED_INTERLEAVE", ""), "linux.memoryPolicy.nodes", "is missing"},
		{"two flags that exclude each other", set("MPOL_BIND", "0", static, relative), "linux.memoryPolicy.flags", "got both MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES"},
		{"a flag about no nodes", set("MPOL_PREFERRED", "", static), "linux.memoryPolicy.flags", "got a flag about nodes for MPOL_PREFERRED without nodes"},
		{"a flag about local nodes", set("MPOL_LOCAL", "", relative), "linux.memoryPolicy.flags", "got a flag about nodes for MPOL_LOCAL"},
		{"balancing where nothing is bound", set("MPOL_INTERLEAVE", "0", balancing), "linux.memoryPolicy.flags", "got MPOL_F_NUMA_BALANCING for MPOL_INTERLEAVE"},
	})
	accept(t, map[string]func(*specs.Spec){
		"the default":       set("MPOL_DEFAULT", ""),
		"the local node":    set("MPOL_LOCAL", ""),
		"the nearest node":  set("MPOL_PREFERRED", ""),
		"a preferred node":  set("MPOL_PREFERRED", "1", static),
		"balanced binding":  set("MPOL_BIND", "0-3,7", balancing, relative),
		"balanced wishes":   set("MPOL_PREFERRED_MANY", "0", balancing),
		"weighted interval": set("MPOL_WEIGHTED_INTERLEAVE", "0-1"),
	})
}

func TestValidateWantsAPersonalityTheSpecificationHas(t *testing.T) {
	set := func(domain string, flags ...specs.LinuxPersonalityFlag) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.Personality = &specs.LinuxPersonality{Domain: specs.LinuxPersonalityDomain(domain), Flags: flags}
		}
	}
	check(t, []flaw{
		{"no domain", set(""), "linux.personality.domain", "is missing, want one of LINUX, LINUX32"},
		{"an unknown domain", set("SOLARIS"), "linux.personality.domain", `got "SOLARIS", want one of LINUX, LINUX32`},
		{"a flag", set("LINUX", "ADDR_NO_RANDOMIZE"), "linux.personality.flags[0]", `got "ADDR_NO_RANDOMIZE", want no flags: none are defined`},
	})
	accept(t, map[string]func(*specs.Spec){"32 bits": set("LINUX32")})
}

func TestValidateWantsSchemataInLines(t *testing.T) {
	set := func(r specs.LinuxIntelRdt) func(*specs.Spec) { return func(s *specs.Spec) { s.Linux.IntelRdt = &r } }
	check(t, []flaw{
		{"a class that is the directory itself", set(specs.LinuxIntelRdt{ClosID: "."}), "linux.intelRdt.closID", `got ".", want the name of a directory`},
		{"a class that is the directory above", set(specs.LinuxIntelRdt{ClosID: ".."}), "linux.intelRdt.closID", `got ".."`},
		{"a class that is a path", set(specs.LinuxIntelRdt{ClosID: "a/b"}), "linux.intelRdt.closID", `got "a/b"`},
		{"a class of two lines", set(specs.LinuxIntelRdt{ClosID: "a\nb"}), "linux.intelRdt.closID", `got "a\nb"`},
		{"a cache schema of two lines", set(specs.LinuxIntelRdt{L3CacheSchema: "L3:0=f\nMB:0=1"}), "linux.intelRdt.l3CacheSchema", "want one line"},
		{"a cache schema for something else", set(specs.LinuxIntelRdt{L3CacheSchema: "L2:0=f"}), "linux.intelRdt.l3CacheSchema", `warning: got "L2:0=f", want it to start with "L3:"`},
		{"a bandwidth schema of two lines", set(specs.LinuxIntelRdt{MemBwSchema: "MB:0=1\n"}), "linux.intelRdt.memBwSchema", "want one line"},
		{"a bandwidth schema for something else", set(specs.LinuxIntelRdt{MemBwSchema: "L3:0=f"}), "linux.intelRdt.memBwSchema", `want one line that starts with "MB:"`},
		{"a schema of two lines", set(specs.LinuxIntelRdt{Schemata: []string{"L3:0=f", "a\nb"}}), "linux.intelRdt.schemata[1]", `got "a\nb", want one line`},
	})
	accept(t, map[string]func(*specs.Spec){
		"the default class": set(specs.LinuxIntelRdt{ClosID: "/", L3CacheSchema: "L3:0=f", MemBwSchema: "MB:0=20", Schemata: []string{"L2:0=f"}}),
		"a class by name":   set(specs.LinuxIntelRdt{ClosID: "guaranteed..group"}),
	})
}
