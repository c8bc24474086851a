package compile

import (
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
	"rt/libcontainer/plan"
)

// cgroup serves linux.cgroupsPath and linux.resources in cgroup v2: the parent
// makes the container's directory and sets its limits before init is born into it.
// Where systemd makes the cgroup, the stage is in it, and so are v1's limits set.
func (c *compiler) cgroup() error {
	c.from("linux.cgroupsPath")
	c.startUnit()
	if c.in.Unit != nil {
		c.cgroupDirsV1()
	}
	v2 := c.v2Dir()
	if v2 == "" {
		return nil
	}
	c.makeCgroup(v2)
	c.limits(true)
	if c.in.DeviceProgram != nil {
		c.from("linux.resources.devices")
		c.parent(plan.CgroupDevices(v2, c.in.DeviceProgram))
	}
	c.from("linux.cgroupsPath")
	c.delegate()
	if c.in.Unit == nil {
		c.openCgroups(nil, v2)
	}
	return nil
}

// delegate serves config-linux.md, "Cgroup ownership".
func (c *compiler) delegate() {
	dir, ok := setting.Delegate(c.spec, c.in.Cgroup.Dirs)
	if !ok {
		return
	}
	uid, gid := c.hostID(c.linux().UIDMappings, c.spec.Process.User.UID), c.hostID(c.linux().GIDMappings, c.spec.Process.User.GID)
	if euid := c.in.Host.EUID; euid == 0 || uid == uint64(euid) {
		c.parent(plan.CgroupChown(dir, uid, gid))
	} else {
		c.warn("linux.cgroupsPath: the cgroup stays user %d's and the container cannot change it: it cannot be given to user %d without privileges", euid, uid)
	}
}

// cgroupV1 serves the same in cgroup v1, where many directories take the parent
// milliseconds: that is done while init mounts. Init enters them before anything
// else runs in the container, see enter; all limits are set by then.
func (c *compiler) cgroupV1() error {
	if c.in.Unit == nil {
		c.cgroupDirsV1()
	}
	return nil
}

func (c *compiler) cgroupDirsV1() {
	set := c.in.Cgroup
	if set == nil {
		return
	}
	c.from("linux.cgroupsPath")
	var tasks []string
	for _, d := range set.Dirs {
		if !d.V2 {
			c.makeCgroup(d.Path)
			tasks = append(tasks, d.Path+"/tasks")
		}
	}
	for _, i := range set.Inherits {
		c.parent(plan.CgroupInherit(i.Top, i.Dir, i.File))
	}
	c.limits(false)
	c.openTasks(tasks)
}

// limits writes linux.resources to the container's cgroups of one version. For v2 it
// begins with the cgroups above, which hand the controllers down whose files come next.
func (c *compiler) limits(v2 bool) {
	for _, w := range c.in.Cgroup.Writes {
		if c.inV1(w.Dir) == v2 {
			continue
		}
		c.from("%s", w.Field)
		optional := uint64(0)
		if w.Optional {
			optional = 1
		}
		c.parent(plan.CgroupWrite(w.Dir, w.File, w.Value, optional))
	}
	c.from("linux.cgroupsPath")
}

func (c *compiler) inV1(dir string) bool {
	return slices.ContainsFunc(c.in.Cgroup.Dirs, func(d setting.Dir) bool { return !d.V2 && d.Path == dir })
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
func (c *compiler) makeCgroup(path string) {
	if c.in.Unit == nil {
		c.parent(plan.CgroupMkdir(path))
		return
	}
	must := uint64(0)
	if c.in.Host.Cgroups.Kind == host.KindV2 && c.in.Unit.Unit.Slice != "" {
		must = 1
	}
	c.parent(plan.CgroupAdopt(path, must))
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

// openCgroups opens what the stage enters a cgroup by and sends it over: v1 tasks
// files to write to, and the v2 directory for init to be born in. From inside a
// user namespace nobody may enter that; the parent moves init there, see fork.
func (c *compiler) openCgroups(tasks []string, v2 string) {
	if c.namespace(specs.UserNamespace) != nil && v2 != "" {
		c.joinV2, v2 = v2, ""
	}
	first := plan.Slot(len(c.plan.Slots))
	c.openTasks(tasks)
	n := len(tasks)
	if v2 != "" {
		c.cgroupDir = c.slot("cgroup")
		c.parent(plan.Open(c.cgroupDir, plan.Cwd, v2, abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0))
		n++
	}
	if n > 0 {
		c.both(plan.Release("cgroup", first, uint64(n)))
	}
}

func (c *compiler) openTasks(paths []string) {
	c.tasks, c.taskCount = c.slots("tasks", len(paths)), len(paths)
	for i, path := range paths {
		c.parent(plan.Open(c.tasks+plan.Slot(i), plan.Cwd, path, abi.OWronly|abi.OCloexec, 0, 0))
	}
}

// enter moves init into its cgroup v1 directories and makes what it is in by then
// the root of a cgroup namespace. It comes before the first mount of cgroups and
// the first hook; once is enough.
func (c *compiler) enter() {
	if c.entered {
		return
	}
	c.entered = true
	scope := c.scope
	c.from("linux.cgroupsPath")
	if c.taskCount > 0 {
		c.both(plan.Release("cgroup v1", c.tasks, uint64(c.taskCount)))
	}
	c.enterTasks()
	if c.isNew(specs.CgroupNamespace) {
		c.from("linux.namespaces")
		c.init(plan.Unshare(abi.CloneNewCgroup))
	}
	c.scope = scope
}

// enterTasks: a task that writes itself into a v1 tasks file takes no global lock,
// unlike with cgroup.procs.
func (c *compiler) enterTasks() {
	for i := range c.taskCount {
		fd := c.tasks + plan.Slot(i)
		c.init(plan.Write(fd, []byte("0")), plan.Close(fd))
	}
}

// inCgroup is the step at which init is in its cgroup at the latest.
func (c *compiler) inCgroup() error {
	c.enter()
	return nil
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
