package cgroup

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

func isInvalid(err error) bool { return errors.Is(err, unix.EINVAL) }

// explain makes the error for a write that the kernel refused.
func explain(dir, file, value string, err error) error {
	why := reason(dir, file, err)
	if why != "" {
		why = ": " + why
	}
	return fmt.Errorf("write %q to %s/%s: %w%s", value, dir, file, err, why)
}

// hints are what an errno means for a file, by the file's prefix.
var hints = [...]struct {
	file  string
	errno unix.Errno
	text  string
}{
	{"memory.memsw.", unix.ENOENT, "the kernel does not account swap; boot it with swapaccount=1"},
	{"memory.swap.", unix.ENOENT, "the kernel does not account swap; boot it with swapaccount=1"},
	{"cpu.rt_", unix.ENOENT, "the kernel is built without CONFIG_RT_GROUP_SCHED"},
	{"cpu.idle", unix.ENOENT, "it needs Linux 5.15"},
	{"cpu.cfs_burst_us", unix.ENOENT, "it needs Linux 5.14"},
	{"cpu.max.burst", unix.ENOENT, "it needs Linux 5.14"},
	{"blkio.bfq.", unix.ENOENT, "the I/O scheduler bfq is not loaded"},
	{"io.bfq.", unix.ENOENT, "the I/O scheduler bfq is not loaded"},
	{"hugetlb.", unix.ENOENT, "the kernel has no huge pages of that size"},
	{"memory.limit_in_bytes", unix.EBUSY, "more memory than that is in use and cannot be reclaimed"},
	{"memory.memsw.", unix.EBUSY, "more memory than that is in use and cannot be reclaimed"},
	{"memory.limit_in_bytes", unix.EINVAL, "it is more than the limit of memory and swap together"},
	{"memory.memsw.", unix.EINVAL, "it is less than the memory limit, which it includes"},
	{"cpu.shares", unix.EINVAL, "a cgroup with cpu.idle 1 has no weight"},
	{"cpu.weight", unix.EINVAL, "a cgroup with cpu.idle 1 has no weight"},
	{"cpu.cfs_period_us", unix.EINVAL, "want 1000 to 1000000, and no less in proportion than the cgroup above"},
	{"cpu.cfs_quota_us", unix.EINVAL, "want at least 1000, and no more in proportion than the cgroup above has"},
	{"cpu.max", unix.EINVAL, "want a period of 1000 to 1000000 and a quota of at least 1000 microseconds"},
	{"cpu.cfs_burst_us", unix.EINVAL, "it may not be more than the quota"},
	{"cpu.rt_", unix.EINVAL, "the cgroup above has not that much realtime to give"},
	{"cpuset.", unix.EACCES, "the cgroup above does not have all of these"},
	{"cpuset.", unix.EINVAL, "not a list of CPUs or memory nodes that this host has"},
	{"cpuset.", unix.ERANGE, "not a list of CPUs or memory nodes that this host has"},
	{"cpuset.", unix.EBUSY, "a cgroup below uses what would be taken away"},
	{"cpuset.", unix.ENOSPC, "a cgroup with processes needs at least one"},
	{"blkio.", unix.ENODEV, "there is no such block device, want the numbers of a whole disk"},
	{"io.", unix.ENODEV, "there is no such block device, want the numbers of a whole disk"},
	{"devices.", unix.EPERM, "the cgroup above does not allow that device"},
	{"net_prio.", unix.ENODEV, "there is no such network interface in the runtime's network namespace"},
	{"net_prio.", unix.EINVAL, "there is no such network interface in the runtime's network namespace"},
	{"rdma.", unix.ENODEV, "there is no such RDMA device"},
	{"cgroup.procs", unix.EOPNOTSUPP, "the cgroup is below a threaded one and cannot hold processes; make it elsewhere"},
	{"cgroup.procs", unix.EBUSY, "the cgroup hands controllers to cgroups below it and cannot hold processes itself"},
	{"", unix.EROFS, "the cgroup file system is mounted read-only"},
}

func reason(dir, file string, err error) string {
	if !exists(dir) {
		return "the cgroup does not exist"
	}
	if err == unix.ENOENT {
		if why := notEnabled(dir, file); why != "" {
			return why
		}
	}
	for _, h := range hints {
		if err == h.errno && strings.HasPrefix(file, h.file) {
			return h.text
		}
	}
	if err == unix.ENOENT {
		return "the kernel has no such file"
	}
	return ""
}

// notEnabled finds out why a v2 cgroup does not have the controller of a file.
func notEnabled(dir, file string) string {
	controller, _, _ := strings.Cut(file, ".")
	if controller == "cgroup" || !exists(dir+"/cgroup.controllers") || lists(dir+"/cgroup.controllers", controller) {
		return ""
	}
	// The controller was handed down to some ancestor, and not further.
	for above := parent(dir); exists(above + "/cgroup.controllers"); above = parent(above) {
		if !lists(above+"/cgroup.controllers", controller) {
			continue
		}
		why := "controller " + controller + " is not enabled in " + above + "/cgroup.subtree_control"
		switch err := writeFile(above+"/cgroup.subtree_control", "+"+controller); err {
		case nil:
			return why
		case unix.EBUSY:
			return why + ", because that cgroup has processes of its own, which have to move to a cgroup below it first"
		case unix.EOPNOTSUPP:
			return why + ", because that cgroup is threaded"
		default:
			return why + ": " + err.Error()
		}
	}
	return "the kernel has no cgroup v2 controller " + controller + ", or a cgroup v1 hierarchy has it"
}

func lists(path, word string) bool {
	data, err := readFile(path)
	if err != nil {
		return false
	}
	for _, w := range strings.Fields(string(data)) {
		if w == word {
			return true
		}
	}
	return false
}

func parent(dir string) string { return dir[:max(strings.LastIndexByte(dir, '/'), 0)] }

// procState picks the state letter out of /proc/PID/stat, as a remark.
func procState(stat string) string {
	i := strings.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return ""
	}
	return " (state " + stat[i+2:i+3] + ")"
}
