package setting

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

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
