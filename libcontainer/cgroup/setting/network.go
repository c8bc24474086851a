package setting

import (
	"fmt"
	"strconv"
	"strings"
)

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
