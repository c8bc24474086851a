package setting

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// hugepages serves linux.resources.hugepageLimits. Both what is reserved and what
// is faulted in are limited; kernels before 5.7 know only the latter.
func (b *builder) hugepages() error {
	for i, l := range b.now.HugepageLimits {
		field := fmt.Sprintf("hugepageLimits[%d]", i)
		if !isPageSize(l.Pagesize) {
			return bad(field+".pageSize", "%q, want a number followed by KB, MB or GB", l.Pagesize)
		}
		d := b.place(field, "hugetlb", "hugetlb")
		if d == nil {
			continue
		}
		name := "limit_in_bytes"
		if d.V2 {
			name = "max"
		}
		value := strconv.FormatUint(l.Limit, 10)
		b.write(d, "hugetlb."+l.Pagesize+"."+name, value, field)
		b.writeOptional(d, "hugetlb."+l.Pagesize+".rsvd."+name, value, field)
	}
	return nil
}

func isPageSize(s string) bool {
	digits := strings.TrimRight(s, "BGKM")
	unit := s[len(digits):]
	if digits == "" || digits[0] == '0' || unit != "KB" && unit != "MB" && unit != "GB" {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

// network serves linux.resources.network, which v2 leaves to packet filters.
func (b *builder) network() error {
	now := b.now.Network
	if now == nil {
		return nil
	}
	if now.ClassID != nil {
		if d := b.place("network.classID", "net_cls", ""); d != nil {
			b.write(d, "net_cls.classid", strconv.FormatUint(uint64(*now.ClassID), 10), "network.classID")
		}
	}
	if len(now.Priorities) == 0 {
		return nil
	}
	d := b.place("network.priorities", "net_prio", "")
	if d == nil {
		return nil
	}
	for i, p := range now.Priorities {
		field := fmt.Sprintf("network.priorities[%d]", i)
		if p.Name == "" || strings.ContainsAny(p.Name, " \n\x00/") {
			return bad(field+".name", "%q is not the name of a network interface", p.Name)
		}
		b.write(d, "net_prio.ifpriomap", p.Name+" "+strconv.FormatUint(uint64(p.Priority), 10), field)
	}
	return nil
}

// rdma serves linux.resources.rdma, which is the same on v1 and v2.
func (b *builder) rdma() error {
	names := make([]string, 0, len(b.now.Rdma))
	for name := range b.now.Rdma {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		field := fmt.Sprintf("rdma[%q]", name)
		if name == "" || strings.ContainsAny(name, " \n\x00") {
			return bad(field, "is not the name of a device")
		}
		value := name
		r := b.now.Rdma[name]
		if r.HcaHandles != nil {
			value += " hca_handle=" + strconv.FormatUint(uint64(*r.HcaHandles), 10)
		}
		if r.HcaObjects != nil {
			value += " hca_object=" + strconv.FormatUint(uint64(*r.HcaObjects), 10)
		}
		if value == name {
			continue
		}
		if d := b.place(field, "rdma", "rdma"); d != nil {
			b.write(d, "rdma.max", value, field)
		}
	}
	return nil
}

// unified serves linux.resources.unified: any file of a v2 cgroup.
//
// A key is a file name and never a path, which could lead out of the container's
// cgroup. The files that move or kill processes or shape the tree are refused: the
// value would act on the host's processes.
func (b *builder) unified() error {
	keys := make([]string, 0, len(b.now.Unified))
	for key := range b.now.Unified {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		field := fmt.Sprintf("unified[%q]", key)
		controller, _, ok := strings.Cut(key, ".")
		if !ok || controller == "" || strings.ContainsAny(key, "/\x00\n") {
			return bad(field, "is not a file of a cgroup, want for instance memory.high")
		}
		d, err := b.unifiedPlace(field, key, controller)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		// A file takes one device or key in each write.
		for _, line := range strings.Split(b.now.Unified[key], "\n") {
			if line = strings.TrimSpace(line); line != "" {
				b.write(d, key, line, field)
			}
		}
	}
	return nil
}

func (b *builder) unifiedPlace(field, key, controller string) (*Dir, error) {
	if controller != "cgroup" {
		return b.place(field, "", controller), nil
	}
	switch key {
	case "cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure":
	default:
		return nil, bad(field, "cannot be set, the runtime manages it")
	}
	for i := range b.set.Dirs {
		if b.set.Dirs[i].V2 {
			return &b.set.Dirs[i], nil
		}
	}
	b.warn(field, "ignored, no cgroup v2 hierarchy is mounted on this host")
	return nil, nil
}
