package compile

import (
	"fmt"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
	"rt/libcontainer/spec"
)

// mount is one entry of mounts with its options understood.
type mount struct {
	specs.Mount
	spec.MountOptions
	facts MountFacts
	fd    plan.Slot // of the detached tree, if the parent makes it
	kept  plan.Slot // where hidePaths finds the mount; none if it need not
}

// byParent reports whether the parent makes the tree: what is cloned from the
// host's mounts, and what is filled with files of the rootfs.
func (m *mount) byParent() bool { return !m.Remount && (m.Bind || m.TmpCopyUp) }

// parseMounts understands every entry of mounts.
func (c *compiler) parseMounts() ([]mount, error) {
	list := make([]mount, len(c.spec.Mounts))
	for i, m := range c.spec.Mounts {
		opts, err := spec.ParseMountOptions(m.Options)
		if err != nil {
			return nil, fmt.Errorf("mounts[%d].options: %w", i, err)
		}
		list[i] = mount{Mount: m, MountOptions: opts, fd: plan.None, kept: plan.None}
		if i < len(c.in.Mounts) {
			list[i].facts = c.in.Mounts[i]
		}
		if list[i].facts.DestMode != 0 && coveredBefore(c.spec.Mounts[:i], m.Destination) {
			list[i].facts.DestMode = 0 // of a directory that nobody sees
		}
		err = c.adapt(&list[i])
		if err == nil {
			err = c.checkMount(&list[i])
		}
		if err != nil {
			return nil, fmt.Errorf("mounts[%d]: %w", i, err)
		}
	}
	return list, nil
}

// coveredBefore reports whether one of the mounts hides what the rootfs has at the
// destination, by covering a directory above it.
func coveredBefore(mounts []specs.Mount, destination string) bool {
	clean := cleaned(destination)
	for i := range mounts {
		above := cleaned(mounts[i].Destination)
		if strings.HasPrefix(clean, above+"/") {
			return true
		}
	}
	return false
}

func (c *compiler) checkMount(m *mount) error {
	bind := m.Bind || m.Rbind
	idmapped := m.IDMap || m.RIDMap || len(m.UIDMappings) > 0
	clean := cleaned(m.Destination)
	switch {
	case clean == ".":
		return fmt.Errorf("destination is %q, the root itself; want a path below it", m.Destination)
	case bind && len(m.Data) > 0:
		return fmt.Errorf("options has %q, which a bind mount does not have", m.Data[0].Key)
	case m.Remount && m.TmpCopyUp:
		return fmt.Errorf("options has tmpcopyup and remount, and there is nothing to copy to what is mounted already")
	case bind && m.TmpCopyUp, m.TmpCopyUp && m.Type != "tmpfs":
		return fmt.Errorf("options has tmpcopyup, which only a mount of type tmpfs has; type is %q", m.Type)
	case !bind && !m.Remount && m.Type == "":
		return fmt.Errorf("type is empty and options has neither bind nor rbind")
	case !bind && m.Type == "bind":
		return fmt.Errorf("type is bind but options has neither bind nor rbind")
	case idmapped && c.clonesInside():
		return fmt.Errorf("id mappings of a mount take CAP_SYS_ADMIN in the user namespace of its file system, which the caller does not have")
	case idmapped && !bind:
		return fmt.Errorf("id mappings are for bind mounts; type is %q", m.Type)
	case idmapped && len(m.UIDMappings) == 0 && c.namespace(specs.UserNamespace) == nil:
		return fmt.Errorf("options has idmap, but there are neither uidMappings and gidMappings nor a namespace of type user to take them from")
	case strings.HasPrefix(clean, "proc/") && !procMountAllowed(clean):
		return fmt.Errorf("destination %q is inside /proc, where a mount could fake what the kernel says", m.Destination)
	}
	return nil
}

// procMountAllowed lists what may be mounted below /proc: files that programs
// like lxcfs provide per container, and nothing that a write relies on.
func procMountAllowed(clean string) bool {
	switch clean {
	case "proc/cpuinfo", "proc/diskstats", "proc/meminfo", "proc/stat", "proc/swaps",
		"proc/uptime", "proc/loadavg", "proc/slabinfo", "proc/sys/kernel/ns_last_pid",
		"proc/sys/crypto/fips_enabled", "proc/sys/fs/binfmt_misc":
		return true
	}
	return false
}

// mounts serves mounts, in order. What the parent makes crosses over in batches
// just before the first mount of a batch is attached.
func (c *compiler) mounts() error {
	if !c.hasMountNamespace() {
		return nil
	}
	list, err := c.parseMounts()
	if err != nil {
		return err
	}
	c.keepKernel(list)
	sent := 0
	for i := range list {
		if !c.clonesInside() && i >= sent && list[i].byParent() {
			sent = c.sendSources(list, i)
		}
		c.from("mounts[%d]", i)
		if err := c.mount(&list[i]); err != nil {
			return fmt.Errorf("mounts[%d]: %w", i, err)
		}
	}
	return nil
}

// attr are the attributes of a new mount, which has no others below it: the
// recursive options first, as in attributes.
func (m *mount) attr() uint64 { return m.RecAttrSet&^m.AttrClr | m.AttrSet }

// attributes are the operations that set a tree's mount attributes: the
// recursive ones on all of it, then the plain ones on its top.
func (m *mount) attributes(fd plan.Slot) (ops []plan.Op) {
	if m.RecAttrSet|m.RecAttrClr != 0 {
		ops = append(ops, plan.MountSetattr(fd, "", abi.AtEmptyPath|abi.AtRecursive, m.RecAttrSet, m.RecAttrClr, 0, plan.None))
	}
	if m.AttrSet|m.AttrClr != 0 {
		ops = append(ops, plan.MountSetattr(fd, "", abi.AtEmptyPath, m.AttrSet, m.AttrClr, 0, plan.None))
	}
	return ops
}

// propagation are the operations for the propagation options, in their order.
func (m *mount) propagation(fd plan.Slot) (ops []plan.Op) {
	for _, p := range m.Propagation {
		at := uint64(abi.AtEmptyPath)
		if p&abi.MsRec != 0 {
			at |= abi.AtRecursive
		}
		ops = append(ops, plan.MountSetattr(fd, "", at, 0, 0, p&^uint64(abi.MsRec), plan.None))
	}
	return ops
}

// mount attaches one entry.
func (c *compiler) mount(m *mount) error {
	switch {
	case m.Remount:
		return c.remount(m)
	case m.byParent():
		if c.clonesInside() {
			c.makeInside(m)
		}
		c.attach(m, m.fd)
	case m.Type == "cgroup" || m.Type == "cgroup2":
		return c.cgroupMount(m)
	default:
		fd := c.newFilesystem(m)
		c.queueLabel(m, fd)
		c.attach(m, fd)
	}
	return nil
}

// dest is the path to make: the destination, or where its dangling link points.
func (m *mount) dest() string {
	if m.facts.Dest != "" {
		return m.facts.Dest
	}
	return m.Destination
}

// attach resolves the destination, making what is missing, and moves the tree
// there. A procfs or sysfs must land on an ordinary directory: a symbolic link
// would make it the image's choice where the kernel's files are.
func (c *compiler) attach(m *mount, fd plan.Slot) {
	flags := uint64(0)
	if m.facts.SourceFile {
		flags |= abi.MkpathFile
	}
	if m.Type == "proc" || m.Type == "sysfs" {
		flags |= abi.MkpathNoSymlinks
	}
	c.init(c.mkpath(c.target, m.dest(), 0o755, flags))
	c.init(plan.MoveMount(fd, c.target, ""))
	c.init(m.propagation(fd)...)
	if m.kept != plan.None && m.kept != fd {
		c.init(plan.OpenTree(m.kept, fd, "", abi.AtEmptyPath|abi.OpenTreeCloexec))
	}
	switch {
	case m.readonlyLast():
		c.deferReadonly(fd)
	case m.byParent() && fd != c.mnt:
		c.init(plan.Close(fd))
	}
}

// newFilesystem makes a detached mount of a new or shared superblock. Its slot is
// a scratch one unless deferReadonly needs it later.
func (c *compiler) newFilesystem(m *mount) plan.Slot {
	c.filesystem(c.init, m, c.fs)
	if !m.readonlyLast() {
		mnt := c.mnt
		if m.kept != plan.None {
			mnt = m.kept
		}
		c.init(plan.Fsmount(mnt, c.fs, m.attr()))
		return mnt
	}
	mnt := c.slot("tmpfs")
	c.init(plan.Fsmount(mnt, c.fs, m.attr()&^abi.MountAttrRdonly))
	return mnt
}

// readonlyLast reports whether the mount is read-only, but only when everything
// that goes into it exists: mount points, devices, directories.
func (m *mount) readonlyLast() bool {
	return m.Type == "tmpfs" && !m.Bind && m.attr()&abi.MountAttrRdonly != 0
}

// deferReadonly makes a tmpfs read-only in the end. Its descriptor is kept until
// then: by its path, something else might be found that covers it.
func (c *compiler) deferReadonly(fd plan.Slot) {
	for _, op := range []plan.Op{
		plan.MountSetattr(fd, "", abi.AtEmptyPath, abi.MountAttrRdonly, 0, 0, plan.None),
		plan.Close(fd),
	} {
		op.Origin = c.scope
		c.late = append(c.late, op)
	}
}

// filesystem configures a superblock: fsconfig(2). The read-only flag is given
// to the superblock only where there is a device behind it; pseudo file systems
// share theirs and take it as a mount attribute.
func (c *compiler) filesystem(lane func(...plan.Op), m *mount, fs plan.Slot) {
	lane(plan.Fsopen(fs, m.Type))
	if m.Source != "" {
		lane(plan.Fsset(fs, "source", m.Source))
	}
	for _, flag := range m.SBFlags {
		if flag == "ro" && pseudo(m.Type) {
			continue
		}
		lane(plan.Fsflag(fs, flag))
	}
	for _, name := range m.SBLegacy {
		if name != "silent" && name != "loud" { // those only concern the kernel's log
			c.warn("%s.options: %s cannot be set through fsconfig(2) and is ignored", c.scope, name)
		}
	}
	mode, context := false, false
	for _, kv := range m.Data {
		mode = mode || kv.Key == "mode"
		context = context || kv.Key == "context" || kv.Key == "defcontext"
		if kv.HasValue {
			lane(plan.Fsset(fs, kv.Key, unquoted(kv)))
		} else {
			lane(plan.Fsflag(fs, kv.Key))
		}
	}
	// The kernel takes one of them: the mount's own is the more precise.
	if !context && labelled(m.Type) {
		c.mountLabel(lane, fs)
	}
	// A tmpfs keeps the permissions of the directory it covers.
	if m.Type == "tmpfs" && !mode && m.facts.DestMode != 0 {
		lane(plan.Fsset(fs, "mode", fmt.Sprintf("%o", m.facts.DestMode)))
	}
}

// unquoted takes the quotes off a SELinux context, whose commas they protect in
// the options of mount(2). fsconfig(2) takes the value as it is.
func unquoted(kv spec.KV) string {
	switch kv.Key {
	case "context", "fscontext", "defcontext", "rootcontext":
		if v := kv.Value; len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
			return v[1 : len(v)-1]
		}
	}
	return kv.Value
}

// mountLabel serves linux.mountLabel: the files of a new file system have it.
func (c *compiler) mountLabel(lane func(...plan.Op), fs plan.Slot) {
	if c.linux().MountLabel == "" {
		return
	}
	scope := c.scope
	c.from("linux.mountLabel")
	lane(plan.Fsset(fs, "context", c.linux().MountLabel))
	c.scope = scope
}

// queueLabel serves linux.mountLabel for message queues: their superblock is as old as
// the ipc namespace and takes no context any more, but its root directory takes a label.
// What queues have is the policy's choice.
func (c *compiler) queueLabel(m *mount, fd plan.Slot) {
	if c.linux().MountLabel == "" || m.Type != "mqueue" {
		return
	}
	scope := c.scope
	c.from("linux.mountLabel")
	c.init(
		plan.Open(c.target, fd, ".", abi.ODirectory|abi.OCloexec, 0, inRoot),
		plan.Fsetxattr(c.target, "security.selinux", []byte(c.linux().MountLabel)),
	)
	c.scope = scope
}

// labelled reports whether the files of a file system take their SELinux label from
// the mount; the others have labels of their own.
func labelled(fstype string) bool {
	switch fstype {
	case "proc", "sysfs", "mqueue", "cgroup", "cgroup2":
		return false
	}
	return true
}

func pseudo(fstype string) bool {
	switch fstype {
	case "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "debugfs",
		"tracefs", "securityfs", "bpf", "binfmt_misc", "overlay", "devtmpfs", "ramfs":
		return true
	}
	return false
}

// remount changes the attributes of what is mounted at the destination.
func (c *compiler) remount(m *mount) error {
	clean := cleaned(m.Destination)
	c.init(plan.Open(c.target, c.root, clean, abi.OPath|abi.OCloexec, 0, inRoot))
	c.init(m.attributes(c.target)...)
	c.init(m.propagation(c.target)...)
	if len(m.Data) > 0 {
		return fmt.Errorf("options has %q, which cannot be changed by a remount", m.Data[0].Key)
	}
	for _, name := range m.SBFlags {
		if name != "ro" && name != "rw" {
			c.warn("%s.options: %s cannot be changed by a remount and is ignored", c.scope, name)
		}
	}
	return nil
}

// refuseMounts: without a mount namespace of the container's own everything
// mounted would appear in the host's.
func (c *compiler) refuseMounts() error {
	switch {
	case len(c.spec.Mounts) > 0:
		return noMountNamespace("mounts")
	case len(c.linux().MaskedPaths) > 0:
		return noMountNamespace("linux.maskedPaths")
	case len(c.linux().ReadonlyPaths) > 0:
		return noMountNamespace("linux.readonlyPaths")
	case c.spec.Root.Readonly:
		return noMountNamespace("root.readonly")
	case c.linux().RootfsPropagation != "":
		return noMountNamespace("linux.rootfsPropagation")
	}
	return nil
}

func noMountNamespace(field string) error {
	return fmt.Errorf("%s: linux.namespaces has no mount namespace, and nothing is mounted in the host's; add {\"type\": \"mount\"}", field)
}
