package setting

import (
	"path"
	"strings"
)

// accounted are the v2 controllers that a container has even if nothing is limited:
// engines read memory.events, pids.current, cpu.stat and io.stat of any container.
var accounted = [...]string{"cpu", "io", "memory", "pids"}

// finish puts the writes in front that hand v2 controllers down the tree, from the
// mount point to the parent of the container's cgroup. No more are handed down than
// are used: each costs memory in every cgroup below.
func (b *builder) finish() {
	var enable []Write
	for i := range b.set.Dirs {
		d := &b.set.Dirs[i]
		if !d.V2 {
			continue
		}
		if !b.update {
			for _, c := range accounted {
				if d.Has(c) {
					b.needs(i, c)
				}
			}
		}
		if value := b.control(i); value != "" {
			for _, dir := range ancestors(d.Mountpoint, d.Path) {
				enable = append(enable, Write{dir, "cgroup.subtree_control", value, true, "linux.cgroupsPath"})
			}
		}
	}
	b.set.Writes = append(enable, b.set.Writes...)
}

// control is the value that enables what is needed, in the hierarchy's own order.
func (b *builder) control(i int) string {
	var list []string
	for _, c := range b.set.Dirs[i].Controllers {
		for _, n := range b.need[i] {
			if n == c {
				list = append(list, "+"+c)
			}
		}
	}
	return strings.Join(list, " ")
}

// ancestors lists the directories from top down to the parent of dir.
func ancestors(top, dir string) []string {
	var list []string
	for p := path.Dir(dir); len(p) >= len(top); p = path.Dir(p) {
		list = append(list, p)
		if p == "/" {
			break
		}
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}
