package compile

import (
	"fmt"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// nsFlag is the clone(2) flag of each namespace type.
func nsFlag(t specs.LinuxNamespaceType) uint64 {
	switch t {
	case specs.PIDNamespace:
		return abi.CloneNewPID
	case specs.NetworkNamespace:
		return abi.CloneNewNet
	case specs.MountNamespace:
		return abi.CloneNewNS
	case specs.IPCNamespace:
		return abi.CloneNewIPC
	case specs.UTSNamespace:
		return abi.CloneNewUTS
	case specs.UserNamespace:
		return abi.CloneNewUser
	case specs.CgroupNamespace:
		return abi.CloneNewCgroup
	case specs.TimeNamespace:
		return abi.CloneNewTime
	}
	return 0
}

// namespaces serves linux.namespaces. Those that are given come before those that
// are new, since the new ones shall belong to the user namespace that is given.
func (c *compiler) namespaces() error {
	first, second := c.joinNamespaces, c.userNamespace
	if c.userNamespaceFirst() {
		first, second = second, first
	}
	for _, step := range []func() error{first, second, c.newNamespaces} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// userNamespaceFirst: an unprivileged parent can only write the id maps, the time
// offsets and the OOM score of a dumpable process, since the files of others are
// root's. So the stage stays dumpable in its new user namespace, where nobody else
// is, until these are written, and enters everything else afterwards.
func (c *compiler) userNamespaceFirst() bool {
	return c.in.Host.EUID != 0 && c.isNew(specs.UserNamespace)
}

// NamespaceName is the configuration's name for a clone(2) flag.
func NamespaceName(flag uint64) string {
	for _, t := range []specs.LinuxNamespaceType{
		specs.PIDNamespace, specs.NetworkNamespace, specs.MountNamespace, specs.IPCNamespace,
		specs.UTSNamespace, specs.UserNamespace, specs.CgroupNamespace, specs.TimeNamespace,
	} {
		if nsFlag(t) == flag {
			return string(t)
		}
	}
	return "unknown"
}

// joinNamespaces serves linux.namespaces[].path. The parent opens the files, so
// that a path means what it meant to the caller; setns(2) with the type refuses
// a file of another kind. With privileges the user namespace comes last, since
// the others may belong to a different one; without, it comes first, since it
// is where the privileges come from.
//
// The cgroup namespace waits until init is in its cgroup. Where cgroup v2 is mounted
// with nsdelegate, nobody in a namespace enters a cgroup from outside of it (ENOENT).
// With a user namespace the parent moves init instead, and the cgroup namespace is
// joined while there are privileges over it.
func (c *compiler) joinNamespaces() error {
	var joins, user []int
	for i, ns := range c.linux().Namespaces {
		switch {
		case ns.Path == "":
		case ns.Type == specs.UserNamespace:
			user = append(user, i)
		default:
			joins = append(joins, i)
		}
	}
	if c.in.Host.EUID == 0 {
		joins = append(joins, user...)
	} else {
		joins = append(user, joins...)
	}
	if len(joins) == 0 {
		return nil
	}
	first := c.slots("ns", len(joins))
	for k, i := range joins {
		c.from("linux.namespaces[%d].path", i)
		c.parent(plan.Open(first+plan.Slot(k), plan.Cwd, c.linux().Namespaces[i].Path, abi.OCloexec|abi.ONonblock|abi.ONoctty, 0, 0))
	}
	c.from("linux.namespaces")
	c.both(plan.Release("namespaces", first, uint64(len(joins))))
	for k, i := range joins {
		c.from("linux.namespaces[%d].path", i)
		fd := first + plan.Slot(k)
		if c.linux().Namespaces[i].Type == specs.CgroupNamespace && c.namespace(specs.UserNamespace) == nil {
			c.cgroupNS = fd
			continue
		}
		c.init(plan.Setns(fd, nsFlag(c.linux().Namespaces[i].Type)), plan.Close(fd))
		if c.linux().Namespaces[i].Type == specs.UserNamespace {
			c.becomeRoot()
		}
	}
	return nil
}

// userNamespace serves a new user namespace and linux.uidMappings, gidMappings:
// the parent writes the maps while the stage waits, then the stage takes the
// namespace's root identity, which makes it the owner of what it creates.
func (c *compiler) userNamespace() error {
	if !c.isNew(specs.UserNamespace) {
		return nil
	}
	l, first := c.linux(), c.userNamespaceFirst()
	c.from("linux.namespaces")
	flags := uint64(abi.CloneNewUser)
	if first && c.hasTimeOffsets() {
		flags |= abi.CloneNewTime
	}
	c.init(plan.Unshare(flags))
	c.both(plan.Arrive("user namespace", plan.None))
	helperUID, helperGID := "", ""
	if c.in.Host.EUID != 0 {
		if !selfMap(l.UIDMappings, c.in.Host.EUID) {
			helperUID = "newuidmap"
		}
		if selfMap(l.GIDMappings, c.in.Host.EGID) {
			c.parent(plan.ProcWrite("setgroups", "deny"))
		} else {
			helperGID = "newgidmap"
		}
	}
	c.from("linux.uidMappings")
	c.parent(plan.Idmap("uid_map", idMap(l.UIDMappings), helperUID))
	c.from("linux.gidMappings")
	c.parent(plan.Idmap("gid_map", idMap(l.GIDMappings), helperGID))
	if first {
		c.parent(c.oomScoreAdj()...)
	}
	if flags&abi.CloneNewTime != 0 {
		c.from("linux.timeOffsets")
		c.parent(plan.ProcWrite("timens_offsets", c.timeOffsets()))
	}
	c.from("linux.namespaces")
	c.both(plan.Release("id maps", plan.None, 0))
	if first {
		c.init(plan.Prctl(abi.PrSetDumpable, 0, 0, 0, 0))
	}
	c.becomeRoot()
	return nil
}

// becomeRoot takes the lowest mapped ids, 0 where it is mapped. The change of user makes
// init what fs.suid_dumpable says, and that can be dumpable, in a namespace that others
// may be in.
func (c *compiler) becomeRoot() {
	c.init(
		plan.Setresgid(lowest(c.linux().GIDMappings)),
		plan.Setresuid(lowest(c.linux().UIDMappings)),
		plan.Prctl(abi.PrSetDumpable, 0, 0, 0, 0),
	)
}

func lowest(maps []specs.LinuxIDMapping) uint64 {
	if len(maps) == 0 {
		return 0
	}
	low := maps[0].ContainerID
	for _, m := range maps {
		low = min(low, m.ContainerID)
	}
	return uint64(low)
}

// selfMap reports whether the map is the one line that a user may write for
// itself without a helper program: its own id.
func selfMap(maps []specs.LinuxIDMapping, id int) bool {
	return len(maps) == 1 && maps[0].Size == 1 && maps[0].HostID == uint32(id)
}

// idMap is the text of /proc/PID/uid_map: user_namespaces(7).
func idMap(maps []specs.LinuxIDMapping) string {
	var b strings.Builder
	for _, m := range maps {
		fmt.Fprintf(&b, "%d %d %d\n", m.ContainerID, m.HostID, m.Size)
	}
	return b.String()
}

// Ahead is what newNamespaces unshares, as flags of unshare(2), if that is certain
// whatever else there is to find out: for a privileged caller, without a user namespace,
// and where none that is entered before would make a difference. Otherwise it is 0.
func Ahead(l *specs.Linux) uint64 {
	if l == nil {
		return 0
	}
	for _, ns := range l.Namespaces {
		switch ns.Type {
		case specs.NetworkNamespace, specs.IPCNamespace, specs.UTSNamespace:
		case specs.UserNamespace:
			return 0
		default:
			if ns.Path != "" {
				return 0
			}
		}
	}
	return unshared(l)
}

// unshared are the flags of the new namespaces that unshare(2) makes at once.
func unshared(l *specs.Linux) (flags uint64) {
	for _, ns := range l.Namespaces {
		if ns.Path == "" && ns.Type != specs.UserNamespace && ns.Type != specs.CgroupNamespace {
			flags |= nsFlag(ns.Type)
		}
	}
	return flags
}

// newNamespaces unshares what is new, all at once. The cgroup namespace follows
// after init is in its cgroup, which becomes the namespace's root.
func (c *compiler) newNamespaces() error {
	c.from("linux.namespaces")
	flags := unshared(c.linux())
	offsets := c.hasTimeOffsets()
	if offsets && c.userNamespaceFirst() {
		flags, offsets = flags&^abi.CloneNewTime, false // done with the user namespace
	}
	if flags != 0 {
		c.init(plan.Unshare(flags))
	}
	if c.hasMountNamespace() {
		// From here on nothing that is mounted reaches the host's namespace, be
		// it from a new one or from one that is joined.
		c.init(plan.MountSetattr(plan.Cwd, "/", abi.AtRecursive, 0, 0, abi.MsSlave, plan.None))
	}
	if flags&abi.CloneNewNet != 0 {
		c.init(plan.Loopback())
	}
	if offsets {
		c.from("linux.timeOffsets")
		c.both(plan.Arrive("time namespace", plan.None))
		c.parent(plan.ProcWrite("timens_offsets", c.timeOffsets()))
		c.both(plan.Release("time offsets", plan.None, 0))
	}
	return nil
}

func (c *compiler) hasTimeOffsets() bool {
	return c.isNew(specs.TimeNamespace) && len(c.linux().TimeOffsets) > 0
}

// timeOffsets serves linux.timeOffsets: time_namespaces(7); the offsets can be
// written until the first process is born into the namespace.
func (c *compiler) timeOffsets() string {
	var b strings.Builder
	for _, clock := range []string{"monotonic", "boottime"} {
		if off, ok := c.linux().TimeOffsets[clock]; ok {
			b.WriteString(clock + " " + strconv.FormatInt(off.Secs, 10) + " " + strconv.FormatUint(uint64(off.Nanosecs), 10) + "\n")
		}
	}
	return b.String()
}

// identity serves hostname, domainname and the session: init leads a session and
// process group of its own, so that a signal to the caller's never reaches it.
func (c *compiler) identity() error {
	c.init(plan.Setsid())
	if !c.in.NoNewKeyring {
		c.keyringLabel()
		c.init(plan.Keyring())
	}
	if c.spec.Hostname != "" {
		c.from("hostname")
		c.init(plan.Sethostname(c.spec.Hostname))
	}
	if c.spec.Domainname != "" {
		c.from("domainname")
		c.init(plan.Setdomainname(c.spec.Domainname))
	}
	return c.netDevices()
}

// netDevices serves linux.netDevices: config-linux.md, "Network Devices".
func (c *compiler) netDevices() error {
	devices := c.linux().NetDevices
	if len(devices) == 0 {
		return nil
	}
	c.from("linux.netDevices")
	c.both(plan.Arrive("network namespace", plan.None))
	for _, name := range sortedKeys(devices) {
		c.from("linux.netDevices.%s", name)
		to := devices[name].Name
		if to == "" {
			to = name
		}
		c.parent(plan.Netdevice(name, to))
	}
	return nil
}
