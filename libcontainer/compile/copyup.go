package compile

import (
	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// copyups serves the option tmpcopyup: the parent makes the tmpfs and fills it
// from the rootfs before the tree leaves it. Contents that other mounts would
// have put at the destination are not seen.
func (c *compiler) copyups() error {
	if !c.hasMountNamespace() || c.clonesInside() {
		return nil
	}
	list, err := c.parseMounts()
	if err != nil {
		return err
	}
	n := 0
	for i := range list {
		if list[i].TmpCopyUp {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	first, fs := c.slots("copyup", n), c.slot("copyup-fs")
	k := plan.Slot(0)
	for i := range list {
		m := &list[i]
		if !m.TmpCopyUp {
			continue
		}
		c.from("mounts[%d]", i)
		clean := cleaned(m.Destination)
		c.filesystem(c.parent, m, fs)
		c.parent(
			plan.Fsmount(first+k, fs, 0),
			plan.Copyup(c.root, clean, first+k),
			plan.Close(fs),
		)
		c.parent(m.copiedAttributes(first + k)...)
		c.copied = append(c.copied, copied{i, first + k})
		k++
	}
	c.from("mounts")
	for k := 0; k < n; k += batchSize {
		c.later = append(c.later, plan.Release("copied tmpfs", first+plan.Slot(k), uint64(min(batchSize, n-k))))
	}
	return nil
}

// copiedAttributes are those of a tmpfs whose files have been copied.
func (m *mount) copiedAttributes(fd plan.Slot) []plan.Op {
	attributes := *m
	if m.readonlyLast() {
		attributes.AttrSet &^= abi.MountAttrRdonly
		attributes.RecAttrSet &^= abi.MountAttrRdonly
	}
	return attributes.attributes(fd)
}

// copied remembers which slot holds the tmpfs of which mount.
type copied struct {
	mount int
	slot  plan.Slot
}

func (c *compiler) copyupSlot(i int) plan.Slot {
	for _, x := range c.copied {
		if x.mount == i {
			return x.slot
		}
	}
	return plan.None
}
