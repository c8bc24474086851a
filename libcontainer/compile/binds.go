package compile

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// batchSize is how many descriptors of bind sources cross over at a time. The
// child's limit of open files may be as low as 64.
const batchSize = 32

// sendSources makes the trees of the next batch, starting at list[i], and sends
// them over. It returns the index after the last one.
func (c *compiler) sendSources(list []mount, i int) int {
	count := plan.Slot(0)
	if c.batch == 0 {
		c.batch = c.slots("source", min(batchSize, countByParent(list)))
	}
	for ; i < len(list) && count < batchSize; i++ {
		m := &list[i]
		if !m.byParent() {
			continue
		}
		m.fd = c.batch + count
		c.from("mounts[%d]", i)
		if !m.TmpCopyUp { // those were made with the root tree
			c.bindSource(m)
			count++
		} else {
			m.fd = c.copyupSlot(i)
		}
	}
	if count > 0 {
		c.from("mounts")
		c.both(plan.Release("mount sources", c.batch, uint64(count)))
	}
	return i
}

func countByParent(list []mount) (n int) {
	for i := range list {
		if list[i].byParent() {
			n++
		}
	}
	return max(n, 1)
}

// bindSource clones a bind's source and gives it its attributes while it is
// still detached, so that it never appears anywhere without them. Flags that the
// host's mount has are kept unless an option clears them. The clone is a peer of
// the host's mount, so its propagation is always set explicitly.
func (c *compiler) bindSource(m *mount) {
	rec := uint64(0)
	if m.Rbind {
		rec = abi.AtRecursive
	}
	lane := c.cloner()
	lane(plan.OpenTree(m.fd, plan.Cwd, m.facts.Source, abi.OpenTreeClone|abi.OpenTreeCloexec|rec))
	c.idmap(m)
	flag, at := c.sourcePropagation(m)
	lane(plan.MountSetattr(m.fd, "", at, 0, 0, flag, plan.None))
	lane(m.attributes(m.fd)...)
}

// sourcePropagation is what the clone of a bind's source starts with. It stays a
// peer of the host's mount only if an option or linux.rootfsPropagation says
// shared; what is not shared on the host below its top stays that way.
func (c *compiler) sourcePropagation(m *mount) (flag, at uint64) {
	shared := c.linux().RootfsPropagation == "shared" || c.linux().RootfsPropagation == "rshared"
	for _, p := range m.Propagation {
		shared = shared || p&abi.MsShared != 0
	}
	if shared {
		return abi.MsShared, abi.AtEmptyPath
	}
	return c.clonePropagation(), abi.AtEmptyPath | abi.AtRecursive
}

// idmap serves mounts[].uidMappings, gidMappings and the options idmap and
// ridmap; without mappings of its own the mount takes the container's.
func (c *compiler) idmap(m *mount) {
	if !m.IDMap && !m.RIDMap && len(m.UIDMappings) == 0 {
		return
	}
	uids, gids := m.UIDMappings, m.GIDMappings
	if len(uids) == 0 {
		uids, gids = c.linux().UIDMappings, c.linux().GIDMappings
	}
	at := uint64(abi.AtEmptyPath)
	if m.RIDMap {
		at |= abi.AtRecursive
	}
	if c.idmapNS == plan.None {
		c.idmapNS = c.slot("idmap")
	}
	ns := plan.Userns(c.idmapNS, idMap(uids), idMap(gids))
	if len(uids) == 0 { // those of a namespace that is joined
		ns = plan.Open(c.idmapNS, plan.Cwd, c.namespace(specs.UserNamespace).Path, abi.OCloexec|abi.ONonblock|abi.ONoctty, 0, 0)
	}
	c.parent(
		ns,
		plan.MountSetattr(m.fd, "", at, abi.MountAttrIdmap, 0, 0, c.idmapNS),
		plan.Close(c.idmapNS),
	)
}
