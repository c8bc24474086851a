package cgroup

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// OOMKills counts the processes that the kernel killed because the group, or a
// cgroup below it, was out of memory. Without a memory controller it is 0.
func (g *Group) OOMKills() (uint64, error) {
	for _, dir := range g.dirs {
		for _, file := range [...]string{"memory.events", "memory.oom_control"} {
			data, err := readFile(dir + "/" + file)
			if err == unix.ENOENT || err == unix.ENODEV {
				continue
			}
			if err != nil {
				return 0, fmt.Errorf("%s/%s: %w", dir, file, err)
			}
			return keyed(string(data), "oom_kill"), nil
		}
	}
	return 0, nil
}

// keyed finds a number in a file of lines "KEY NUMBER"; a missing key is 0.
func keyed(data, key string) uint64 {
	for line := range strings.Lines(data) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if name == key {
			n, _ := strconv.ParseUint(value, 10, 64)
			return n
		}
	}
	return 0
}
