package compile

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// clonesInside reports whether init clones the mounts of the host, and not the
// parent: open_tree(2) takes CAP_SYS_ADMIN over the mount namespace, which the
// caller does not have over its own. Init has it over the new one, where the host's
// paths still lead to copies of the same mounts.
func (c *compiler) clonesInside() bool {
	return c.in.Host.ForeignMounts && c.hasMountNamespace()
}

// cloner is the lane that clones the mounts of the host.
func (c *compiler) cloner() func(...plan.Op) {
	if c.clonesInside() {
		return c.init
	}
	return c.parent
}

// withoutPrivileges refuses what the kernel grants to root of the initial user
// namespace alone, before anything is done.
func (c *compiler) withoutPrivileges() error {
	f := c.in.Host
	if c.clonesInside() && !c.isNew(specs.MountNamespace) {
		return fmt.Errorf("linux.namespaces: the mount namespace at %s is given, and a caller without privileges can mount the root file system in a new one only; want no path",
			c.namespace(specs.MountNamespace).Path)
	}
	if f.EUID != 0 && len(c.linux().NetDevices) > 0 {
		return fmt.Errorf("linux.netDevices: moving a network device of the host takes CAP_NET_ADMIN, which user %d does not have", f.EUID)
	}
	return c.groupsDenied()
}

// groupsDenied refuses process.user.additionalGids where they cannot be set.
func (c *compiler) groupsDenied() error {
	list := c.spec.Process.User.AdditionalGids
	if len(list) > 0 && !c.maySetgroups() {
		return fmt.Errorf("process.user.additionalGids: got %v, but setgroups(2) is denied in a user namespace whose map of groups is the caller's own id; want none, or linux.gidMappings with more ids, for which there have to be newgidmap and a range in /etc/subgid", list)
	}
	if c.in.MadeUserNS {
		for _, gid := range list {
			if !mapped(c.linux().GIDMappings, gid) {
				return fmt.Errorf("process.user.additionalGids: group %d is not mapped: the range of the caller in /etc/subgid is too small", gid)
			}
		}
	}
	return nil
}

// adapt makes an entry of mounts one that a caller without privileges can mount.
func (c *compiler) adapt(m *mount) error {
	if m.Type == "sysfs" && !m.Remount && c.sysIsForeign() {
		m.facts.Source = "/sys"
		m.Bind, m.Rbind, m.Data, m.SBFlags = true, true, nil, nil
	}
	// What is mounted below the host's /sys, cgroups first of all, is the caller's to
	// write to and would stay so: CVE-2023-25809.
	if m.Rbind && below("/sys", m.facts.Source) && m.AttrSet&abi.MountAttrRdonly != 0 && c.in.Host.Unprivileged() {
		m.RecAttrSet |= m.AttrSet & (abi.MountAttrRdonly | abi.MountAttrNosuid | abi.MountAttrNodev | abi.MountAttrNoexec)
	}
	return c.mappedOptions(m)
}

func below(top, p string) bool {
	p = path.Clean(p)
	return p == top || strings.HasPrefix(p, top+"/")
}

// sysIsForeign reports whether the network namespace belongs to another user
// namespace than init's: sysfs shows the devices of a network namespace, and can only
// be mounted by its owner. Then the host's is bound.
func (c *compiler) sysIsForeign() bool {
	ns, user := c.namespace(specs.NetworkNamespace), c.namespace(specs.UserNamespace)
	switch {
	case !c.in.Host.Unprivileged():
		return false
	case ns == nil && user == nil:
		return c.in.Host.ForeignNet
	case ns == nil:
		return true
	}
	return ns.Path != "" && c.isNew(specs.UserNamespace)
}

// mappedOptions checks the ids in the options of a file system: the kernel's EINVAL
// does not tell which option it means. The group of terminals that every usual
// configuration asks for may be missing in a map that the caller did not choose.
func (c *compiler) mappedOptions(m *mount) error {
	if !c.isNew(specs.UserNamespace) || m.Type != "tmpfs" && m.Type != "devpts" {
		return nil
	}
	for i, kv := range m.Data {
		maps, field := c.linux().UIDMappings, "linux.uidMappings"
		switch kv.Key {
		case "uid":
		case "gid":
			maps, field = c.linux().GIDMappings, "linux.gidMappings"
		default:
			continue
		}
		id, err := strconv.ParseUint(kv.Value, 10, 32)
		if err != nil || mapped(maps, uint32(id)) {
			continue
		}
		if c.in.MadeUserNS && m.Type == "devpts" && kv.Key == "gid" {
			c.warn("mounts: the option %s of %s is ignored, because only one group is mapped: there is no newgidmap or no range in /etc/subgid", kv, m.Destination)
			m.Data = slices.Delete(slices.Clone(m.Data), i, i+1)
			return c.mappedOptions(m)
		}
		return fmt.Errorf("options has %s, an id of the container that %s does not map", kv, field)
	}
	return nil
}

func mapped(maps []specs.LinuxIDMapping, id uint32) bool {
	for _, m := range maps {
		if id >= m.ContainerID && id-m.ContainerID < m.Size {
			return true
		}
	}
	return false
}

// makeInside makes the tree of an entry that the parent would otherwise send over.
func (c *compiler) makeInside(m *mount) {
	if m.TmpCopyUp {
		c.copyupInside(m)
		return
	}
	m.fd = c.mnt
	c.bindSource(m)
}

// copyupInside serves the option tmpcopyup where init makes the tmpfs: the parent
// fills it while init waits, with the rights of its user.
func (c *compiler) copyupInside(m *mount) {
	fd, root := c.slot("copyup"), c.slot("copyup-root")
	clean := cleaned(m.Destination)
	c.filesystem(c.init, m, c.fs)
	c.init(plan.Fsmount(fd, c.fs, 0))
	c.both(plan.Arrive("tmpfs", fd))
	c.parent(
		plan.Open(root, plan.Cwd, c.in.Rootfs, abi.OPath|abi.ODirectory|abi.OCloexec, 0, 0),
		plan.Copyup(root, clean, fd),
		plan.Close(root), plan.Close(fd),
	)
	c.both(plan.Release("copied", plan.None, 0))
	c.init(m.copiedAttributes(fd)...)
	m.fd = fd
}

// masksByInit reports whether masks are not the parent's: they are made by who mounts
// everything, or have a label.
func (c *compiler) masksByInit() bool {
	return c.clonesInside() || c.linux().MountLabel != ""
}

// masksInside makes what the parent's masks makes, operation by operation.
func (c *compiler) masksInside() {
	c.init(
		plan.Fsopen(c.fs, "tmpfs"),
		plan.Fsset(c.fs, "source", "rt-masks"), plan.Fsset(c.fs, "mode", "755"), plan.Fsset(c.fs, "size", "4096"),
	)
	c.mountLabel(c.init, c.fs)
	c.init(
		plan.Fsmount(c.masks, c.fs, abi.MountAttrNosuid|abi.MountAttrNodev|abi.MountAttrNoexec),
		plan.Mkpath(c.target, c.masks, "dir", []string{"dir", "dir"}, 0o755, 0),
		plan.Mkpath(c.target, c.masks, "file", []string{"file", "file"}, 0o444, abi.MkpathFile),
		plan.MountSetattr(c.masks, "", abi.AtEmptyPath, abi.MountAttrRdonly, 0, 0, plan.None),
	)
}

// locked reports whether the mounts that the new mount namespace starts with cannot
// be taken apart there: it belongs to another user namespace than the one they come
// from (mount_namespaces(7), "Restrictions on mount namespaces").
func (c *compiler) locked() bool {
	return c.in.Host.ForeignMounts || c.namespace(specs.UserNamespace) != nil
}

// cover hides a directory of the old root that cannot be unmounted.
func (c *compiler) cover(path string) {
	c.init(
		plan.Fsopen(c.fs, "tmpfs"), plan.Fsset(c.fs, "source", "tmpfs"), plan.Fsset(c.fs, "mode", "0"),
		plan.Fsmount(c.mnt, c.fs, abi.MountAttrRdonly),
		plan.MoveMount(c.mnt, plan.Cwd, path),
	)
}
