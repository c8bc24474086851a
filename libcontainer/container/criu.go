package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/criu"
	"rt/libcontainer/host"
	"rt/libcontainer/spec"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// CriuOptions are the flags that checkpoint and restore share.
type CriuOptions struct {
	ID          string
	Program     string // path of criu; "" for the one on the PATH
	ImagePath   string // directory of the images; "" for checkpoint in the working directory
	WorkPath    string // directory of criu's log; "" for that of the images
	ParentPath  string // of earlier images, relative to ImagePath
	CgroupsMode string // soft, full, strict or ignore; "" is soft
	EmptyNS     []string
	TCP         bool // established connections are saved and restored
	TCPClose    bool // they are restored closed
	ExtUnixSk   bool
	ShellJob    bool
	FileLocks   bool
	LazyPages   bool
	AutoDedup   bool
}

// imageDir opens the directory of images.
func (o *CriuOptions) imageDir(make bool) (*os.File, error) {
	path := o.ImagePath
	if path == "" {
		path = "checkpoint"
	}
	return openDir("--image-path", path, make)
}

// workDir opens the directory of criu's log; nil if it is that of the images.
func (o *CriuOptions) workDir() (*os.File, error) {
	if o.WorkPath == "" {
		return nil, nil
	}
	return openDir("--work-path", o.WorkPath, true)
}

func openDir(flag, path string, make bool) (*os.File, error) {
	path, err := filepath.Abs(path)
	if err == nil && make {
		err = os.MkdirAll(path, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, &os.PathError{Op: "open", Path: path, Err: err})
	}
	return os.NewFile(uintptr(fd), path), nil
}

// parent checks --parent-path.
func (o *CriuOptions) parent(images *os.File) error {
	if o.ParentPath == "" {
		return nil
	}
	if filepath.IsAbs(o.ParentPath) {
		return fmt.Errorf("--parent-path: %s is absolute; want a path relative to --image-path", o.ParentPath)
	}
	st, err := os.Stat(filepath.Join(images.Name(), o.ParentPath))
	if err == nil && !st.IsDir() {
		err = unix.ENOTDIR
	}
	if err != nil {
		return fmt.Errorf("--parent-path: %w", err)
	}
	return nil
}

// emptyNS reads --empty-ns. The content of the network namespace is not criu's in any
// case: devices come and go with the engine.
func (o *CriuOptions) emptyNS() (uint64, error) {
	for _, ns := range o.EmptyNS {
		if ns != string(specs.NetworkNamespace) {
			return 0, fmt.Errorf("--empty-ns: namespace %q is not supported; want network", ns)
		}
	}
	return unix.CLONE_NEWNET, nil
}

// base is what a request of either kind has.
func (o *CriuOptions) base(program string, images, work *os.File, log string, annotations map[string]string) (*criu.Options, error) {
	version, err := criu.Version(program)
	if err != nil {
		return nil, err
	}
	if version < criu.VersionLeast {
		return nil, fmt.Errorf("%s has version %d.%d; want 3.16 or newer", program, version/10000, version/100%100)
	}
	mode, err := criu.ParseCgroupMode(o.CgroupsMode)
	if err != nil {
		return nil, fmt.Errorf("--manage-cgroups-mode: %w", err)
	}
	empty, err := o.emptyNS()
	if err != nil {
		return nil, err
	}
	c := &criu.Options{
		ImagesDir: int(images.Fd()), WorkDir: -1, LogFile: log,
		ExtUnixSk: o.ExtUnixSk, TCPEstablished: o.TCP, TCPClose: o.TCPClose, ShellJob: o.ShellJob, FileLocks: o.FileLocks,
		AutoDedup: o.AutoDedup, LazyPages: o.LazyPages,
		CgroupMode: mode, EmptyNS: empty,
		ConfigFile: criuConfig(annotations),
	}
	if work != nil {
		c.WorkDir = int(work.Fd())
	}
	if !o.TCP && version >= criu.VersionLockNone {
		// Without it an established connection makes a dump fail, so there is none to
		// keep packets from; locking takes iptables(8), which not every host has.
		c.NetworkLock = criu.LockNone
	}
	return c, nil
}

// yardDir is the directory, in the container's, where criu finds cgroup v2.
const yardDir = "yard"

// makeYard shows criu where cgroup v2 is mounted, in a directory of the form that it
// expects. A mount of its own would take the options of the host's away (nsdelegate,
// memory_recursiveprot): there is one superblock.
func makeYard(dir string, facts *host.Facts) (string, error) {
	if facts.Cgroups.Kind != host.KindV2 {
		return "", nil
	}
	yard := filepath.Join(dir, yardDir)
	removeYard(dir)
	if err := os.Mkdir(yard, 0o711); err != nil {
		return "", err
	}
	return yard, os.Symlink(facts.Cgroups.Mount, yard+"/unified")
}

// removeYard takes it out of a container's directory. Not by os.RemoveAll: whatever
// happens, nothing may be removed in what the yard shows.
func removeYard(dir string) {
	_ = os.Remove(filepath.Join(dir, yardDir, "unified"))
	_ = os.Remove(filepath.Join(dir, yardDir))
}

// bindYard is for restore, in criu's mount namespace: a process of a cgroup namespace is
// moved once its root is the container's, where a link leads to the container's mount.
func bindYard(yard string, facts *host.Facts) error {
	if yard == "" {
		return nil
	}
	at := yard + "/unified"
	if err := os.Remove(at); err != nil {
		return err
	}
	if err := os.Mkdir(at, 0o711); err != nil {
		return err
	}
	return os.NewSyscallError("mount", unix.Mount(facts.Cgroups.Mount, at, "", unix.MS_BIND, ""))
}

// criuConfig is criu's configuration file, whose settings override ours. An
// annotation names it, or says with an empty value that there is none.
func criuConfig(annotations map[string]string) string {
	if path, ok := annotations["org.criu.config"]; ok {
		return path
	}
	for _, path := range [...]string{"/etc/criu/rt.conf", "/etc/criu/runc.conf"} {
		if unix.Access(path, unix.F_OK) == nil {
			return path
		}
	}
	return ""
}

// criuFailed makes one line of why criu failed.
func criuFailed(what string, err error, images, work *os.File, log string) error {
	dir := images
	if work != nil {
		dir = work
	}
	path := filepath.Join(dir.Name(), log)
	if f, ok := err.(*criu.Failure); ok {
		// What criu answers with is its last error; the first one is the cause.
		if cause := criu.Reason(path); cause != "" {
			f.Message = cause
		}
	}
	return fmt.Errorf("%s: %w (criu's log: %s)", what, err, path)
}

// joined is the path of a namespace that the container joins, or "".
func joined(s *specs.Spec, t specs.LinuxNamespaceType) string {
	if s.Linux == nil {
		return ""
	}
	for _, ns := range s.Linux.Namespaces {
		if ns.Type == t {
			return ns.Path
		}
	}
	return ""
}

// externalNS are the namespaces that criu leaves alone if the container joins them by
// path, with criu's name for the type and the key in the images.
var externalNS = [...]struct {
	t         specs.LinuxNamespaceType
	name, key string
}{
	{specs.NetworkNamespace, "net", "extRootNetNS"},
	{specs.PIDNamespace, "pid", "extRootPidNS"},
}

// criuRefuses names what a container has that criu cannot save or restore.
func criuRefuses(s *specs.Spec) error {
	if s.Linux == nil {
		return fmt.Errorf("linux is not there: the container shares the host's mounts, which criu would save")
	}
	for i := range s.Mounts {
		opts, err := spec.ParseMountOptions(s.Mounts[i].Options)
		if err == nil && (opts.IDMap || opts.RIDMap || len(s.Mounts[i].UIDMappings) > 0) {
			return fmt.Errorf("mounts[%d]: criu cannot save or restore a mount with id mappings", i)
		}
	}
	mount := false
	for i, ns := range s.Linux.Namespaces {
		mount = mount || ns.Type == specs.MountNamespace && ns.Path == ""
		if ns.Path == "" {
			continue
		}
		switch ns.Type {
		case specs.CgroupNamespace, specs.UserNamespace, specs.MountNamespace, specs.TimeNamespace:
			return fmt.Errorf("linux.namespaces[%d]: criu cannot restore into a %s namespace given by path", i, ns.Type)
		}
	}
	if !mount {
		return fmt.Errorf("linux.namespaces has no new mount namespace: criu would save and restore the host's mounts")
	}
	return nil
}

// namespaceFile opens a namespace that is given by path.
func namespaceFile(path string) (*os.File, uint64, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, 0, os.NewSyscallError("fstat", err)
	}
	return os.NewFile(uintptr(fd), path), st.Ino, nil
}

// stdio are the link targets of a process's first three descriptors.
func stdio(pid int) []string {
	list := make([]string, 3)
	for fd := range list {
		list[fd], _ = os.Readlink("/proc/" + strconv.Itoa(pid) + "/fd/" + strconv.Itoa(fd))
	}
	return list
}

// isPipe recognises the name of a pipe: pipe:[INODE].
func isPipe(name string) bool {
	inode, ok := strings.CutPrefix(name, "pipe:[")
	inode, end := strings.CutSuffix(inode, "]")
	_, err := strconv.ParseUint(inode, 10, 64)
	return ok && end && err == nil
}
