package container

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/spec"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// errCriuRoot refuses callers for whom criu can do nothing.
var errCriuRoot = &refusal{"no-privilege", "checkpoint and restore take root's privileges: criu needs CAP_SYS_ADMIN and CAP_CHECKPOINT_RESTORE in the first user namespace"}

// checkRestored looks at what criu has made, while it still stands still. Images may
// be anybody's work: a process that has more than config.json grants never runs.
func checkRestored(s *specs.Spec, rec *state.Record) error {
	pids, err := cgroup.Open(rec.Cgroups).Pids(true)
	if err != nil {
		return err
	}
	pids = append(pids, rec.Pid)
	for _, pid := range pids {
		if inside, err := inTree(pid, rec.Pid); err != nil || !inside {
			continue // criu, and its helpers
		}
		if err := checkProcess(s, pid); err != nil {
			return fmt.Errorf("process %d of the checkpoint: %w", pid, err)
		}
	}
	return nil
}

// inTree reports whether a process descends from init.
func inTree(pid, init int) (bool, error) {
	for pid > 1 {
		if pid == init {
			return true, nil
		}
		var err error
		if pid, err = sys.ProcParent(pid); err != nil {
			return false, err
		}
	}
	return false, nil
}

func checkProcess(s *specs.Spec, pid int) error {
	proc := "/proc/" + strconv.Itoa(pid)
	if s.Linux != nil {
		for _, ns := range s.Linux.Namespaces {
			file := nsFile(ns.Type)
			switch {
			case ns.Path == "" && isOwn(proc+"/ns/"+file, file):
				return fmt.Errorf("it is in the host's %s namespace; want one of its own", ns.Type)
			case ns.Path != "" && !sameFile(proc+"/ns/"+file, ns.Path):
				return fmt.Errorf("it is not in the %s namespace %s", ns.Type, ns.Path)
			}
		}
	}
	if err := checkConfined(s.Process, proc); err != nil {
		return err
	}
	data, err := sys.ReadFile(proc+"/status", 1<<16)
	if err != nil {
		return err
	}
	return checkStatus(s, string(data))
}

// checkConfined compares what a security module has a process under with the
// configuration. The profile or label is one of the images', or none: a criu without
// SELinux's library restores no label.
func checkConfined(p *specs.Process, proc string) error {
	for _, m := range [...]struct{ field, want, file string }{
		{"process.apparmorProfile", p.ApparmorProfile, proc + "/attr/apparmor/current"},
		{"process.selinuxLabel", p.SelinuxLabel, proc + "/attr/current"},
	} {
		if m.want == "" || m.want == "unconfined" {
			continue
		}
		data, err := sys.ReadFile(m.file, 1<<16)
		if err != nil {
			return fmt.Errorf("%s: %w", m.field, err)
		}
		if has := strings.TrimRight(string(data), "\x00\n"); !isUnder(has, m.want) {
			return fmt.Errorf("%s is %q, and it was restored with %q; --lsm-profile restores another one", m.field, m.want, has)
		}
	}
	return nil
}

// isUnder reports whether a process has a profile or label. AppArmor adds the mode, and
// below a profile there are others that it hands over to: NAME//CHILD (enforce).
func isUnder(has, want string) bool {
	rest, ok := strings.CutPrefix(has, want)
	return ok && (rest == "" || strings.HasPrefix(rest, " (") || strings.HasPrefix(rest, "//"))
}

func sameFile(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

// checkStatus compares /proc/PID/status with the configuration.
func checkStatus(s *specs.Spec, text string) error {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		fields[key] = strings.TrimSpace(value)
	}
	var allowed uint64
	if c := s.Process.Capabilities; c != nil {
		for number, name := range spec.CapabilityNames() {
			if slices.Contains(c.Bounding, name) {
				allowed |= 1 << number
			}
		}
	}
	for _, set := range [...]string{"CapBnd", "CapPrm", "CapInh", "CapAmb"} {
		has, err := strconv.ParseUint(fields[set], 16, 64)
		if err != nil {
			return fmt.Errorf("/proc/PID/status: %s: %w", set, err)
		}
		if has&^allowed != 0 {
			return fmt.Errorf("it has the capabilities %#x, which process.capabilities.bounding does not have", has&^allowed)
		}
	}
	switch {
	case s.Process.NoNewPrivileges && fields["NoNewPrivs"] != "1":
		return errors.New("it may gain privileges; process.noNewPrivileges is true")
	case s.Linux != nil && s.Linux.Seccomp != nil && needsFilter(s.Linux.Seccomp) && fields["Seccomp"] != "2":
		return errors.New("it has no seccomp filter; linux.seccomp asks for one")
	}
	return nil
}

// needsFilter reports whether a profile does anything: one that allows everything is
// none.
func needsFilter(l *specs.LinuxSeccomp) bool {
	return l.DefaultAction != specs.ActAllow || len(l.Syscalls) > 0
}

// enforceMounts gives the root and the bind mounts the attributes that config.json
// sets. criu knows nothing of the root's, and for the others it believes the images.
func enforceMounts(s *specs.Spec, pid int) error {
	ns, err := os.Open("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
	if err != nil {
		return err
	}
	defer ns.Close()
	result := make(chan error)
	ownThread(func() {
		err := os.NewSyscallError("unshare", unix.Unshare(unix.CLONE_FS))
		if err == nil {
			err = os.NewSyscallError("setns", unix.Setns(int(ns.Fd()), unix.CLONE_NEWNS))
		}
		if err == nil {
			err = setAttributes(s)
		}
		result <- err
	})
	return <-result
}

// setAttributes runs where / is the container's. Without a mount of its own at a
// destination the images have it elsewhere, and nothing is set.
func setAttributes(s *specs.Spec) error {
	if s.Root.Readonly {
		readonly := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err := unix.MountSetattr(unix.AT_FDCWD, "/", 0, &readonly); err != nil {
			return fmt.Errorf("root.readonly: %w", os.NewSyscallError("mount_setattr", err))
		}
	}
	for i := range s.Mounts {
		m := &s.Mounts[i]
		opts, err := spec.ParseMountOptions(m.Options)
		set := opts.RecAttrSet&^opts.AttrClr | opts.AttrSet
		if err != nil || !opts.Bind && !opts.Rbind || opts.Remount || set == 0 {
			continue
		}
		how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
		fd, err := unix.Openat2(unix.AT_FDCWD, "/"+m.Destination, &how)
		if err != nil {
			continue
		}
		attr := unix.MountAttr{Attr_set: set}
		err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr)
		unix.Close(fd)
		if err != nil && err != unix.EINVAL { // not the root of a mount
			return fmt.Errorf("mounts[%d]: %w", i, os.NewSyscallError("mount_setattr", err))
		}
	}
	return nil
}

// setupNetwork does in the restored network namespace, whose content is not criu's,
// what create does: the loopback device and the sysctls.
func setupNetwork(s *specs.Spec, pid int) error {
	if s.Linux == nil {
		return nil
	}
	own := false
	for _, ns := range s.Linux.Namespaces {
		own = own || ns.Type == specs.NetworkNamespace && ns.Path == ""
	}
	if !own {
		return nil
	}
	ns, err := os.Open("/proc/" + strconv.Itoa(pid) + "/ns/net")
	if err != nil {
		return err
	}
	defer ns.Close()
	result := make(chan error)
	ownThread(func() {
		err := os.NewSyscallError("setns", unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET))
		if err == nil {
			err = loopback()
		}
		for key, value := range s.Linux.Sysctl {
			if err != nil || sysctlNamespace(key) != specs.NetworkNamespace {
				continue
			}
			path, e := spec.SysctlPath(key)
			if err = e; err == nil {
				// What it shows is of the network namespace of the thread that opens it.
				err = os.WriteFile("/proc/sys/"+path, []byte(value), 0)
			}
			if err != nil {
				err = fmt.Errorf("linux.sysctl.%s: %w", key, err)
			}
		}
		result <- err
	})
	return <-result
}

// loopback takes the device lo up.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	req := struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: unix.IFF_UP}
	copy(req.name[:], "lo")
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req))); errno != 0 {
		return fmt.Errorf("loopback: %w", errno)
	}
	return nil
}
