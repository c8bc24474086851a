package container

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Files in a directory of images that are not criu's.
const (
	savedFile       = "rt.json"          // what restore has to know and criu does not save
	descriptorsFile = "descriptors.json" // what stdin, stdout and stderr were, as runc's users expect
)

// saved is what savedFile holds.
type saved struct {
	External []savedMount `json:"external"` // what criu does not save
	Points   []savedPoint `json:"points"`   // mount points in the root file system itself
	Stdio    [3]string    `json:"stdio"`    // names of files from outside that the caller's take the place of
	Null     [3]bool      `json:"null"`     // which of them are a null device
}

// savedMount is a mount that comes from outside the container. Its key is all that
// the images know of it: nothing in the container has a say in that.
type savedMount struct {
	Key         string `json:"key"`
	Kind        string `json:"kind"` // bind, cgroup, device or mask
	Destination string `json:"destination,omitempty"`
	Below       string `json:"below,omitempty"` // a mount in a bind's source, relative
}

type savedPoint struct {
	Path string `json:"path"`
	Dir  bool   `json:"dir"`
}

// giveImages lets the container's root group into a directory of images. In a user
// namespace criu opens some of them as root of the host without any capability, and
// some as root of the container. Nobody else gets in: memory has secrets.
func giveImages(dir *os.File, s *specs.Spec) error {
	gid, ok := rootGroup(s)
	if !ok {
		return nil
	}
	var st unix.Stat_t
	err := unix.Fstat(int(dir.Fd()), &st)
	if err == nil {
		err = unix.Fchown(int(dir.Fd()), -1, gid)
	}
	if err == nil {
		err = unix.Fchmod(int(dir.Fd()), st.Mode&0o7777|0o010)
	}
	if err != nil {
		return fmt.Errorf("--image-path: %s cannot be given to group %d: %w", dir.Name(), gid, err)
	}
	return nil
}

// checkImages checks that the container's root user can open images.
func checkImages(dir *os.File, s *specs.Spec) error {
	gid, ok := rootGroup(s)
	if !ok {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if st.Mode&0o001 == 0 && (int(st.Gid) != gid || st.Mode&0o010 == 0) {
		return fmt.Errorf("--image-path: the container's root cannot look into %s; want mode 0710 and group %d", dir.Name(), gid)
	}
	return nil
}

// rootGroup is the group on the host that root's is in a user namespace.
func rootGroup(s *specs.Spec) (int, bool) {
	if !hasUserNS(s) {
		return 0, false
	}
	for _, m := range s.Linux.GIDMappings {
		if m.ContainerID == 0 {
			return int(m.HostID), true
		}
	}
	return 0, false
}

// writeImageFile makes a file of ours next to criu's. What has its name already is
// replaced, not written to: it may be a link.
func writeImageFile(dir *os.File, name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	at := int(dir.Fd())
	if err := unix.Unlinkat(at, name, 0); err != nil && err != unix.ENOENT {
		return &os.PathError{Op: "unlink", Path: filepath.Join(dir.Name(), name), Err: err}
	}
	fd, err := unix.Openat(at, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return &os.PathError{Op: "open", Path: filepath.Join(dir.Name(), name), Err: err}
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	_, err = f.Write(data)
	return err
}

// maxImageFile bounds what is read of the images.
const maxImageFile = 4 << 20

// readImageFile reads one. Images come from anywhere: a link in them leads nowhere.
func readImageFile(dir *os.File, name string, v any) error {
	path := filepath.Join(dir.Name(), name)
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err == unix.ENOENT {
		return fmt.Errorf("%s does not exist: %s has no checkpoint that this runtime made", path, dir.Name())
	}
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	data, err := sys.ReadFd(fd, path, maxImageFile)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
