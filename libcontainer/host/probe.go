package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// initialUserNS is the inode of the initial user namespace, a constant of the
// kernel (PROC_USER_INIT_INO).
const initialUserNS = 0xEFFFFFFD

// CallerTimerSlack is Facts.TimerSlack, which only the program's entry point can know:
// docs/adr/0009-entry-point.md.
var CallerTimerSlack uint64

// Probe finds out what create and exec need. It is on the path of every start, so
// it makes system calls and reads /proc/self/cgroup, and nothing that is slower.
func Probe() (*Facts, error) {
	f := &Facts{EUID: unix.Geteuid(), EGID: unix.Getegid(), TimerSlack: CallerTimerSlack}
	var err error
	if f.Kernel, err = kernelVersion(); err != nil {
		return nil, err
	}
	f.InUserNS = inUserNS()
	if f.Caps, err = effectiveCaps(); err != nil {
		return nil, err
	}
	f.probeForeign()
	if f.Cgroups, err = probeCgroups(&liveSystem); err != nil {
		return nil, err
	}
	return f, nil
}

// Privileged reports whether the caller is root of the initial user namespace.
func Privileged() bool { return unix.Geteuid() == 0 && !inUserNS() }

// ProbeRlimits fills in Rlimits, which is worth its sixteen system calls only for a
// configuration that sets some.
func (f *Facts) ProbeRlimits() error {
	for i := range f.Rlimits {
		var r unix.Rlimit
		if err := unix.Prlimit(0, i, nil, &r); err != nil {
			return fmt.Errorf("prlimit: resource %d: %w", i, err)
		}
		f.Rlimits[i] = Rlimit{r.Cur, r.Max}
	}
	return nil
}

// ProbeAll finds out everything there is in Facts.
func ProbeAll() (*Facts, error) {
	f, err := Probe()
	if err != nil {
		return nil, err
	}
	if err := f.ProbeRlimits(); err != nil {
		return nil, err
	}
	f.CPUs = possibleCPUs()
	f.AppArmor = AppArmor()
	f.SELinux = SELinux()
	return f, nil
}

// AppArmor reports whether AppArmor confines processes on this host.
func AppArmor() bool {
	data, err := readFile("/sys/module/apparmor/parameters/enabled")
	return err == nil && len(data) > 0 && data[0] == 'Y'
}

// SELinux reports whether SELinux is enabled on this host.
func SELinux() bool {
	var s unix.Statfs_t
	return unix.Statfs("/sys/fs/selinux", &s) == nil && s.Type == unix.SELINUX_MAGIC
}

func kernelVersion() (Version, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return Version{}, fmt.Errorf("uname: %w", err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	v, ok := parseRelease(release)
	if !ok {
		return v, fmt.Errorf("uname: kernel release %q does not begin with two numbers", release)
	}
	return v, nil
}

func parseRelease(s string) (v Version, ok bool) {
	v.Major, s, ok = number(s)
	if !ok || s == "" || s[0] != '.' {
		return v, false
	}
	v.Minor, _, ok = number(s[1:])
	return v, ok
}

// number takes the decimal digits off the front of s.
func number(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9' && i < 9; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n, s[i:], i > 0
}

// inUserNS looks at the inode of the namespace, because its id map may well be the
// identity. A kernel without user namespaces has no such file.
func inUserNS() bool {
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/ns/user", &st); err != nil {
		return false
	}
	return st.Ino != initialUserNS
}

func effectiveCaps() (uint64, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, fmt.Errorf("capget: %w", err)
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective), nil
}

// possibleCPUs counts a list of CPUs such as "0-3,8".
func possibleCPUs() int {
	data, err := readFile("/sys/devices/system/cpu/possible")
	if err == nil {
		if n := countList(string(data)); n > 0 {
			return n
		}
	}
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return 1
	}
	return set.Count()
}

func countList(s string) (count int) {
	for s != "" && s != "\n" {
		first, rest, ok := number(s)
		if !ok {
			return 0
		}
		last := first
		if rest != "" && rest[0] == '-' {
			if last, rest, ok = number(rest[1:]); !ok || last < first {
				return 0
			}
		}
		count += last - first + 1
		if rest != "" && rest[0] == ',' {
			rest = rest[1:]
		}
		s = rest
	}
	return count
}
