package compile

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// cgroupMount serves a mount of type cgroup or cgroup2. On a v2 host it is the
// unified hierarchy; on v1 and hybrid hosts a tmpfs with one directory for each
// hierarchy. Inside a cgroup namespace of its own the container mounts the file
// system and sees its cgroup as the root; otherwise it gets a clone of just its
// own directory.
func (c *compiler) cgroupMount(m *mount) error {
	own := c.isNew(specs.CgroupNamespace)
	host := &c.in.Host.Cgroups
	c.enter()
	if host.Kind == "v2" || m.Type == "cgroup2" {
		if own || m.Type == "cgroup2" && c.in.Cgroup == nil {
			m.Type, m.Source = "cgroup2", "cgroup2"
			c.attach(m, c.newFilesystem(m))
			return nil
		}
		return c.cgroupBind(m, c.v2Dir())
	}
	if host.Kind == "none" {
		c.warn("%s: no cgroup hierarchy is mounted on this host; nothing is mounted at %s", c.scope, m.Destination)
		return nil
	}
	if !own && c.in.Cgroup == nil {
		return c.cgroupBind(m, "")
	}
	c.cgroupV1Mount(m, own)
	return nil
}

// cgroupV1Mount builds /sys/fs/cgroup as a v1 or hybrid host has it.
func (c *compiler) cgroupV1Mount(m *mount, own bool) {
	top := c.slot("cgroup-root")
	c.init(plan.Fsopen(c.fs, "tmpfs"), plan.Fsset(c.fs, "source", "tmpfs"), plan.Fsset(c.fs, "mode", "755"))
	c.mountLabel(c.init, c.fs)
	c.init(plan.Fsmount(top, c.fs, m.attr()&^abi.MountAttrRdonly))
	c.init(c.mkpath(c.target, m.Destination, 0o755, abi.MkpathNoSymlinks))
	c.init(plan.MoveMount(top, c.target, ""))
	c.init(m.propagation(top)...)
	if own {
		c.cgroupFilesystems(m, top)
	} else {
		c.cgroupBinds(m, top)
	}
	for i := range c.in.Host.Cgroups.Hierarchies {
		h := &c.in.Host.Cgroups.Hierarchies[i]
		name := baseName(h.Mountpoint)
		for _, controller := range h.Controllers {
			if controller != name && len(h.Controllers) > 1 {
				c.init(plan.Symlinkat(name, top, controller))
			}
		}
	}
	if m.attr()&abi.MountAttrRdonly != 0 {
		c.deferReadonly(top)
	} else {
		c.init(plan.Close(top))
	}
}

// cgroupFilesystems mounts each hierarchy below the tmpfs at top.
func (c *compiler) cgroupFilesystems(m *mount, top plan.Slot) {
	for i := range c.in.Host.Cgroups.Hierarchies {
		h := &c.in.Host.Cgroups.Hierarchies[i]
		c.cgroupFilesystem(h.V2, h.Controllers, h.Name, m.attr())
		c.attachCgroup(m, c.mnt, top, baseName(h.Mountpoint))
	}
}

// cgroupBinds attaches a clone of the container's own directory in each hierarchy
// below the tmpfs at top. All clones cross over at once.
func (c *compiler) cgroupBinds(m *mount, top plan.Slot) {
	var names, dirs []string
	for i := range c.in.Host.Cgroups.Hierarchies {
		name := baseName(c.in.Host.Cgroups.Hierarchies[i].Mountpoint)
		if dir := c.dirIn(i); dir != "" {
			names, dirs = append(names, name), append(dirs, dir)
		} else {
			c.warn("%s: the container has no cgroup; nothing is mounted at %s/%s", c.scope, m.Destination, name)
		}
	}
	clones := c.slots("cgroup-mount", len(dirs))
	for k, dir := range dirs {
		c.cloneCgroup(m, clones+plan.Slot(k), dir)
	}
	if len(dirs) > 0 && !c.clonesInside() {
		c.both(plan.Release("cgroup mounts", clones, uint64(len(dirs))))
	}
	for k, name := range names {
		fd := clones + plan.Slot(k)
		c.attachCgroup(m, fd, top, name)
		c.init(plan.Close(fd))
	}
}

// cloneCgroup clones a cgroup directory, with the options of the mount.
func (c *compiler) cloneCgroup(m *mount, fd plan.Slot, dir string) {
	lane := c.cloner()
	lane(plan.OpenTree(fd, plan.Cwd, dir, abi.OpenTreeClone|abi.OpenTreeCloexec))
	set, clear := m.AttrSet, m.AttrClr
	if m.RecAttrSet|m.RecAttrClr != 0 {
		set, clear = m.attr(), m.AttrClr|m.RecAttrClr&^m.AttrSet // there is nothing below it
	}
	lane(plan.MountSetattr(fd, "", abi.AtEmptyPath, set, clear, c.clonePropagation(), plan.None))
}

// attachCgroup moves the mount at fd to a new directory of the tmpfs at top, which
// is init's own: there is nothing in it that could lead elsewhere.
func (c *compiler) attachCgroup(m *mount, fd, top plan.Slot, name string) {
	c.init(
		plan.Mkpath(c.target, top, name, []string{name, name}, 0o755, abi.MkpathNoSymlinks),
		plan.MoveMount(fd, c.target, ""),
	)
	c.init(m.propagation(fd)...)
}

// cgroupFilesystem opens one hierarchy's superblock in the cgroup namespace.
func (c *compiler) cgroupFilesystem(v2 bool, controllers []string, name string, attr uint64) {
	if v2 {
		c.init(plan.Fsopen(c.fs, "cgroup2"), plan.Fsset(c.fs, "source", "cgroup2"))
	} else {
		c.init(plan.Fsopen(c.fs, "cgroup"), plan.Fsset(c.fs, "source", "cgroup"))
		for _, controller := range controllers {
			c.init(plan.Fsflag(c.fs, controller))
		}
		if name != "" {
			c.init(plan.Fsflag(c.fs, "none"), plan.Fsset(c.fs, "name", name))
		}
	}
	c.init(plan.Fsmount(c.mnt, c.fs, attr))
}

// cgroupBind attaches a clone of the container's own directory in a hierarchy.
func (c *compiler) cgroupBind(m *mount, dir string) error {
	if dir == "" {
		c.warn("%s: the container has no cgroup; nothing is mounted at %s", c.scope, m.Destination)
		return nil
	}
	fd := c.slot("cgroup-mount")
	c.cloneCgroup(m, fd, dir)
	if !c.clonesInside() {
		c.both(plan.Release("cgroup mount", fd, 1))
	}
	c.attach(m, fd)
	c.init(plan.Close(fd))
	return nil
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
