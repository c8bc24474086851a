package setting

import (
	"fmt"
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
