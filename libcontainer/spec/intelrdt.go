package spec

import "strings"

// intelRdt: linux.intelRdt. closID becomes a directory of resctrl, the schemata
// become lines of a file there.
func (k *checker) intelRdt() {
	r := k.linux.IntelRdt
	if r == nil {
		return
	}
	id := r.ClosID
	if id == "." || id == ".." || id != "/" && strings.Contains(id, "/") || strings.Contains(id, "\n") {
		k.fail("linux.intelRdt.closID", "got %q, want the name of a directory, or \"/\" for the default class", id)
	}
	if s := r.L3CacheSchema; s != "" {
		if strings.Contains(s, "\n") {
			k.fail("linux.intelRdt.l3CacheSchema", "got %q, want one line", excerpt(s, 60))
		} else if !strings.HasPrefix(s, "L3:") {
			k.warn("linux.intelRdt.l3CacheSchema", "got %q, want it to start with \"L3:\"", excerpt(s, 60))
		}
	}
	if s := r.MemBwSchema; s != "" && (!strings.HasPrefix(s, "MB:") || strings.Contains(s, "\n")) {
		k.fail("linux.intelRdt.memBwSchema", "got %q, want one line that starts with \"MB:\"", excerpt(s, 60))
	}
	for i, s := range r.Schemata {
		if strings.Contains(s, "\n") {
			k.fail(member("linux.intelRdt.schemata", i, ""), "got %q, want one line", excerpt(s, 60))
		}
	}
}
