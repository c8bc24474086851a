package host

import "golang.org/x/sys/unix"

const capSysAdmin = 21

// probeForeign fills in ForeignMounts and ForeignNet. A caller that is not root has
// no privileges anywhere; root of the initial user namespace has them wherever it is.
func (f *Facts) probeForeign() {
	switch {
	case f.EUID != 0:
		f.ForeignMounts, f.ForeignNet = true, true
	case f.InUserNS:
		f.ForeignMounts = !f.HasCap(capSysAdmin) || !owned("/proc/self/ns/mnt")
		f.ForeignNet = !f.HasCap(capSysAdmin) || !owned("/proc/self/ns/net")
	}
}

// owned reports whether a namespace belongs to the caller's own user namespace:
// ioctl_ns(2). The kernel answers EPERM for an owner further up.
func owned(path string) bool {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	owner, err := unix.IoctlRetInt(fd, unix.NS_GET_USERNS)
	if err != nil {
		return false
	}
	defer unix.Close(owner)
	var a, b unix.Stat_t
	return unix.Fstat(owner, &a) == nil && unix.Stat("/proc/self/ns/user", &b) == nil && a.Ino == b.Ino
}
