package host

import (
	"strconv"
	"strings"
)

// IDRange is a range of ids of the host.
type IDRange struct{ First, Count uint32 }

// SubIDs are the ranges that /etc/subuid or /etc/subgid gives a user, by name or by
// number: subuid(5). A file that cannot be read has none.
func SubIDs(file, name string, uid int) []IDRange {
	data, err := readFile(file)
	if err != nil {
		return nil
	}
	return parseSubIDs(string(data), name, strconv.Itoa(uid))
}

// parseSubIDs reads lines USER:FIRST:COUNT and skips those that are none.
func parseSubIDs(text, name, uid string) (list []IDRange) {
	for line := range strings.SplitSeq(text, "\n") {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || f[0] != uid && (f[0] != name || name == "") {
			continue
		}
		first, err1 := strconv.ParseUint(f[1], 10, 32)
		count, err2 := strconv.ParseUint(f[2], 10, 32)
		if err1 != nil || err2 != nil || count == 0 || first == 0 || first+count > 1<<32-1 {
			continue
		}
		list = append(list, IDRange{uint32(first), uint32(count)})
	}
	return list
}
