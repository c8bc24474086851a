package criu

import (
	"fmt"
	"strconv"
	"strings"
)

// Mount is one line of a mountinfo file: proc_pid_mountinfo(5).
type Mount struct {
	ID, Parent int
	Root       string // in its file system
	Point      string // below the root of the process
	Type       string
	Source     string
}

// ParseMounts reads a mountinfo file:
//
//	36 35 98:0 ROOT POINT rw,noatime master:1 - FSTYPE SOURCE SUPEROPTIONS
func ParseMounts(data string) ([]Mount, error) {
	var list []Mount
	for line := range strings.Lines(data) {
		before, after, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		where, what := strings.Fields(before), strings.Split(after, " ")
		if !ok || len(where) < 6 || len(what) < 2 {
			return nil, fmt.Errorf("mountinfo: unexpected line %q", line)
		}
		m := Mount{Root: unescape(where[3]), Point: unescape(where[4]), Type: what[0], Source: unescape(what[1])}
		var err, err2 error
		m.ID, err = strconv.Atoi(where[0])
		m.Parent, err2 = strconv.Atoi(where[1])
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("mountinfo: unexpected line %q", line)
		}
		list = append(list, m)
	}
	return list, nil
}

// unescape undoes the octal escapes of mountinfo: space, tab, newline, backslash, #.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(v))
				i += 3
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// DumpMount tells criu that the mount at point is not the container's own, and which
// name it has in the images. criu takes a point apart at "]:"; one that contains it
// would be another.
func DumpMount(point, key string) (string, error) {
	if strings.Contains(point, "]:") {
		return "", fmt.Errorf("the mount point %q has \"]:\" in it, which cannot be told to criu", point)
	}
	return "mnt[" + point + "]:" + key, nil
}

// RestoreMount tells criu what is mounted for a name in the images.
func RestoreMount(key, path string) string { return "mnt[" + key + "]:" + path }
