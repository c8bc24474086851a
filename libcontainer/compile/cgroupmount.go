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
	return c.cgroupV1Mount(m, own)
}

// cgroupV1Mount builds /sys/fs/cgroup as a v1 or hybrid host has it.
func (c *compiler) cgroupV1Mount(m *mount, own bool) error {
	if !own && c.in.Cgroup == nil {
		return c.cgroupBind(m, "")
	}
	top := c.slot("cgroup-root")
	c.init(plan.Fsopen(c.fs, "tmpfs"), plan.Fsset(c.fs, "source", "tmpfs"), plan.Fsset(c.fs, "mode", "755"))
	c.init(plan.Fsmount(top, c.fs, m.attr()&^abi.MountAttrRdonly))
	c.init(c.mkpath(c.target, m.Destination, 0o755, abi.MkpathNoSymlinks))
	c.init(plan.MoveMount(top, c.target, ""))
	c.init(m.propagation(top)...)
	for i := range c.in.Host.Cgroups.Hierarchies {
		h := &c.in.Host.Cgroups.Hierarchies[i]
		name := baseName(h.Mountpoint)
		sub := mount{Mount: m.Mount, MountOptions: m.MountOptions, kept: plan.None}
		sub.Destination = m.Destination + "/" + name
		sub.Data, sub.SBFlags = nil, nil
		if !own {
			if err := c.cgroupBind(&sub, c.dirIn(i)); err != nil {
				return err
			}
		} else {
			c.cgroupFilesystem(h.V2, h.Controllers, h.Name, m.attr())
			c.attach(&sub, c.mnt)
		}
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
	return nil
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
	fd := c.slot("cgroup-" + baseName(m.Destination))
	lane := c.cloner()
	lane(plan.OpenTree(fd, plan.Cwd, dir, abi.OpenTreeClone|abi.OpenTreeCloexec))
	lane(plan.MountSetattr(fd, "", abi.AtEmptyPath, 0, 0, c.clonePropagation(), plan.None))
	lane(m.attributes(fd)...)
	if !c.clonesInside() {
		c.both(plan.Release("cgroup mount", fd, 1))
	}
	c.attach(m, fd)
	c.init(plan.Close(fd))
	return nil
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
