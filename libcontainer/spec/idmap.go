package spec

import (
	"cmp"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maxMappings is UID_GID_MAP_MAX_EXTENTS, the lines an id map can have
// (Linux 4.15).
const maxMappings = 340

// idMappings: linux.uidMappings and linux.gidMappings. With the path of a user
// namespace they may repeat that namespace's maps; some engines do.
func (k *checker) idMappings() {
	ns := k.namespace(specs.UserNamespace)
	for _, m := range [...]struct {
		field string
		maps  []specs.LinuxIDMapping
	}{
		{"linux.uidMappings", k.linux.UIDMappings},
		{"linux.gidMappings", k.linux.GIDMappings},
	} {
		switch {
		case ns == nil && len(m.maps) > 0:
			k.fail(m.field, "is given, want a user namespace (type user) in linux.namespaces for it")
		case ns != nil && ns.Path == "" && len(m.maps) == 0:
			k.fail(m.field, "is missing, want the ids of the host that the new user namespace maps")
		}
		k.idMap(m.field, m.maps)
		if ns != nil && ns.Path == "" && len(m.maps) > 0 && !isMapped(0, m.maps) {
			k.fail(m.field, "does not map id 0 of the container, want a mapping for it: the container is set up with that id")
		}
	}
}

// idMap checks one map by the rules of user_namespaces(7).
func (k *checker) idMap(field string, maps []specs.LinuxIDMapping) {
	if len(maps) > maxMappings {
		k.fail(field, "got %d mappings, want at most %d", len(maps), maxMappings)
		return
	}
	for i, m := range maps {
		if m.Size == 0 {
			k.fail(member(field, i, ".size"), "got 0, want at least 1")
		}
		if end := uint64(m.ContainerID) + uint64(m.Size); end > invalidID {
			k.fail(member(field, i, ".containerID"), "got %d ids from %d on, want the last below %d", m.Size, m.ContainerID, uint32(invalidID))
		}
		if end := uint64(m.HostID) + uint64(m.Size); end > invalidID {
			k.fail(member(field, i, ".hostID"), "got %d ids from %d on, want the last below %d", m.Size, m.HostID, uint32(invalidID))
		}
	}
	k.overlap(field, ".containerID", maps, func(m specs.LinuxIDMapping) uint32 { return m.ContainerID })
	k.overlap(field, ".hostID", maps, func(m specs.LinuxIDMapping) uint32 { return m.HostID })
}

// overlap rejects ranges that share an id; first tells where a range begins.
func (k *checker) overlap(field, part string, maps []specs.LinuxIDMapping, first func(specs.LinuxIDMapping) uint32) {
	if len(maps) < 2 {
		return
	}
	order := make([]int, len(maps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(first(maps[a]), first(maps[b])) })
	for n, i := range order[1:] {
		before := order[n]
		if uint64(first(maps[before]))+uint64(maps[before].Size) > uint64(first(maps[i])) {
			i, before = max(i, before), min(i, before)
			k.fail(member(field, i, part), "got %d ids from %d on, which overlap those of %s, want separate ranges",
				maps[i].Size, first(maps[i]), member(field, before, ""))
		}
	}
}

// isMapped reports whether maps have an id of the container.
func isMapped(id uint32, maps []specs.LinuxIDMapping) bool {
	for _, m := range maps {
		if id >= m.ContainerID && id-m.ContainerID < m.Size {
			return true
		}
	}
	return false
}
