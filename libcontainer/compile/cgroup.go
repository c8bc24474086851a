package compile

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
	"rt/libcontainer/plan"
)

// cgroup serves linux.cgroupsPath and linux.resources: the parent makes the
// container's directory in every hierarchy and sets its limits before init is in
// it, so that they hold from the first instruction. Init enters by itself: into
// v2 as it is born, into v1 by writing to descriptors the parent opened.
func (c *compiler) cgroup() error {
	set := c.in.Cgroup
	if set == nil {
		return nil
	}
	c.from("linux.cgroupsPath")
	c.startUnit()
	v2 := ""
	var tasks []string
	for _, d := range set.Dirs {
		c.makeCgroup(&d)
		if d.V2 {
			v2 = d.Path
		} else {
			tasks = append(tasks, d.Path+"/tasks")
		}
	}
	for _, i := range set.Inherits {
		c.parent(plan.CgroupInherit(i.Top, i.Dir, i.File))
	}
	for _, w := range set.Writes {
		c.from("%s", w.Field)
		optional := uint64(0)
		if w.Optional {
			optional = 1
		}
		c.parent(plan.CgroupWrite(w.Dir, w.File, w.Value, optional))
	}
	if c.in.DeviceProgram != nil && v2 != "" {
		c.from("linux.resources.devices")
		c.parent(plan.CgroupDevices(v2, c.in.DeviceProgram))
	}
	if dir, ok := setting.Delegate(c.spec, set.Dirs); ok {
		c.from("linux.cgroupsPath")
		uid, gid := c.hostID(c.linux().UIDMappings, c.spec.Process.User.UID), c.hostID(c.linux().GIDMappings, c.spec.Process.User.GID)
		if euid := c.in.Host.EUID; euid == 0 || uid == uint64(euid) {
			c.parent(plan.CgroupChown(dir, uid, gid))
		} else {
			c.warn("linux.cgroupsPath: the cgroup stays user %d's and the container cannot change it: it cannot be given to user %d without privileges", euid, uid)
		}
	}
	c.from("linux.cgroupsPath")
	if c.in.Unit != nil {
		v2 = "" // the stage is there, and init is born where it is
	}
	c.enterCgroup(tasks, v2)
	return nil
}

// startUnit has systemd make the cgroup, with the stage in it: a scope cannot be
// without a process. What systemd knows of the limits is set with it.
//
// A user's instance may move the user's processes only, so it is asked before the
// stage becomes somebody else; the system's is asked late, so that what the new
// namespaces take is not on the container's account.
func (c *compiler) startUnit() {
	u := c.in.Unit
	if u == nil || c.started {
		return
	}
	c.started = true
	c.from("linux.cgroupsPath")
	c.parent(plan.SystemdStart(u.Unit.Name, u.Properties))
}

// makeCgroup: systemd makes the directory on a v2 host, and those of the controllers
// that it knows on others.
func (c *compiler) makeCgroup(d *setting.Dir) {
	if c.in.Unit == nil {
		c.parent(plan.CgroupMkdir(d.Path))
		return
	}
	must := uint64(0)
	if c.in.Host.Cgroups.Kind == host.KindV2 && c.in.Unit.Unit.Slice != "" {
		must = 1
	}
	c.parent(plan.CgroupAdopt(d.Path, must))
}

// lateLimits sets what must wait for init's birth. The stage is ending by then.
func (c *compiler) lateLimits() {
	u := c.in.Unit
	if u == nil || len(u.Late) == 0 {
		return
	}
	c.from("linux.resources.pids.limit")
	c.both(plan.Arrive("born", plan.None))
	c.parent(plan.SystemdSet(u.Unit.Name, u.Late))
	c.both(plan.Release("limited", plan.None, 0))
}

// enterCgroup opens what init enters its cgroup by and sends it over: v1 tasks
// files to write to, and the v2 directory to be born in. From inside a user
// namespace nobody may enter that; the parent moves init there, see fork.
func (c *compiler) enterCgroup(tasks []string, v2 string) {
	if c.namespace(specs.UserNamespace) != nil && v2 != "" {
		c.joinV2, v2 = v2, ""
	}
	n := len(tasks)
	if v2 != "" {
		n++
	}
	if n == 0 {
		return
	}
	c.tasks, c.taskCount = c.slots("tasks", len(tasks)), len(tasks)
	for i, path := range tasks {
		c.parent(plan.Open(c.tasks+plan.Slot(i), plan.Cwd, path, abi.OWronly|abi.OCloexec, 0, 0))
	}
	if v2 != "" {
		c.cgroupDir = c.slot("cgroup")
		c.parent(plan.Open(c.cgroupDir, plan.Cwd, v2, abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
	}
	c.both(plan.Release("cgroup", c.tasks, uint64(n)))
}

// hostID is what an id of the container is on the host.
func (c *compiler) hostID(maps []specs.LinuxIDMapping, id uint32) uint64 {
	for _, m := range maps {
		if id >= m.ContainerID && id-m.ContainerID < m.Size {
			return uint64(m.HostID) + uint64(id-m.ContainerID)
		}
	}
	return uint64(id)
}

// v2Dir is the container's directory in the unified hierarchy, or "".
func (c *compiler) v2Dir() string {
	if c.in.Cgroup == nil {
		return ""
	}
	for _, d := range c.in.Cgroup.Dirs {
		if d.V2 {
			return d.Path
		}
	}
	return ""
}

// dirIn is the container's directory in the host's i-th hierarchy, or "".
func (c *compiler) dirIn(i int) string {
	if c.in.Cgroup == nil {
		return ""
	}
	for _, d := range c.in.Cgroup.Dirs {
		if d.Hierarchy == i {
			return d.Path
		}
	}
	return ""
}
