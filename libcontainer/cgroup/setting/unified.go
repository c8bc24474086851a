package setting

import (
	"fmt"
	"sort"
	"strings"
)

// unified serves linux.resources.unified: any file of a v2 cgroup.
//
// A key is a file name and never a path, which could lead out of the container's
// cgroup. The files that move or kill processes or shape the tree are refused: the
// value would act on the host's processes. So is a controller that is not there, as
// config-linux.md, "Unified", demands: nothing else would say that it limits nothing.
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
		for i := range b.set.Dirs {
			if d := &b.set.Dirs[i]; d.V2 && d.Has(controller) {
				b.needs(i, controller)
				return d, nil
			}
		}
		return nil, bad(field, "the cgroup v2 controller %s is not available on this host", controller)
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
	return nil, bad(field, "no cgroup v2 hierarchy is mounted on this host")
}
