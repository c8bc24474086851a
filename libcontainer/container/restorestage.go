package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/criu"
	"rt/libcontainer/launch"
	"rt/libcontainer/spec"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// criuDir is the directory, in the container's, where criu finds what it mounts.
const criuDir = "criu"

// stage makes what criu finds by paths, and tells it.
type stage struct {
	p     *prepared
	saved *saved
	opts  *criu.Options
	dir   string // of the container
	at    string // the directory that everything is below
	used  map[int]bool
}

// build mounts a tmpfs of our own, the root file system in it, and what the images
// have as external. It runs on the thread.
func (s *stage) build() error {
	if strings.Contains(s.at, "\x00") {
		return errors.New("--root has a NUL byte in it")
	}
	top, err := privateTmpfs()
	if err != nil {
		return err
	}
	defer unix.Close(top)
	if err := attach(top, s.at); err != nil {
		return err
	}
	if err := s.rootfs(); err != nil {
		return fmt.Errorf("root.path: %w", err)
	}
	for i := range s.saved.External {
		if err := s.external(&s.saved.External[i]); err != nil {
			return err
		}
	}
	return nil
}

// cgroups is build's last step, once there are cgroups.
func (s *stage) cgroups() error {
	for i := range s.saved.External {
		if e := &s.saved.External[i]; e.Kind == "cgroup" {
			if err := s.cgroup(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func privateTmpfs() (int, error) {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetString(fs, "mode", "711"); err != nil {
		return -1, os.NewSyscallError("fsconfig", err)
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, os.NewSyscallError("fsconfig", err)
	}
	mnt, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	return mnt, os.NewSyscallError("fsmount", err)
}

func attach(mnt int, at string) error {
	err := unix.MoveMount(mnt, "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH)
	if err != nil {
		return &os.PathError{Op: "move_mount", Path: at, Err: err}
	}
	return nil
}

// clone is a detached copy of a mount. It is a slave of the host's, as create makes
// it, if that is shared: criu gives what it restores the same sharing.
func clone(path string, flags uint) (int, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags)
	if err != nil {
		return -1, &os.PathError{Op: "open_tree", Path: path, Err: err}
	}
	slave := unix.MountAttr{Propagation: unix.MS_SLAVE}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|flags&unix.AT_RECURSIVE, &slave); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("mount_setattr", err)
	}
	return fd, nil
}

// rootfs attaches the root file system and makes the mount points in it that are not
// there.
func (s *stage) rootfs() error {
	root, err := clone(s.p.rootfs, unix.AT_RECURSIVE)
	if err != nil {
		return err
	}
	defer unix.Close(root)
	s.opts.Root = s.at + "/root"
	if err := unix.Mkdir(s.opts.Root, 0o755); err != nil {
		return os.NewSyscallError("mkdir", err)
	}
	if err := attach(root, s.opts.Root); err != nil {
		return err
	}
	for _, p := range s.saved.Points {
		if err := makePoint(root, p); err != nil {
			return fmt.Errorf("mount point %s: %w", p.Path, err)
		}
	}
	return nil
}

// makePoint makes a mount point below root. criu mounts there by path: a symbolic link
// on the way, which there was none when the container was saved, is refused.
func makePoint(root int, p savedPoint) error {
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	clean := strings.TrimPrefix(filepath.Clean("/"+p.Path), "/")
	names := strings.Split(clean, "/")
	above := root
	for i, name := range names {
		fd, err := unix.Openat2(above, name, &how)
		if err == unix.ENOENT {
			if i < len(names)-1 || p.Dir {
				err = unix.Mkdirat(above, name, 0o755)
			} else {
				err = unix.Mknodat(above, name, unix.S_IFREG|0o644, 0)
			}
			if err == nil {
				fd, err = unix.Openat2(above, name, &how)
			}
		}
		if above != root {
			unix.Close(above)
		}
		if err != nil {
			return err
		}
		above = fd
	}
	defer unix.Close(above)
	var st unix.Stat_t
	if err := unix.Fstat(above, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if dir := st.Mode&unix.S_IFMT == unix.S_IFDIR; dir != p.Dir {
		return errors.New("a directory on a file, or the other way round")
	}
	return nil
}

// external makes one mount that is not in the images.
func (s *stage) external(e *savedMount) error {
	if !ownKey(e.Key) {
		return fmt.Errorf("the images name a mount %q, which checkpoint does not", e.Key)
	}
	switch e.Kind {
	case "mask":
		return s.mask(e.Key)
	case "bind":
		return s.bind(e)
	case "cgroup":
		return nil // later
	case "device":
		if !s.deviceAllowed(e.Destination) {
			return fmt.Errorf("the container has the device %s, which linux.devices does not list", e.Destination)
		}
		return s.place(e.Key, e.Destination, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, 0)
	case "notify":
		dir := filepath.Join(s.dir, notifyDir)
		if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
			return err
		}
		return s.place(e.Key, dir, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC|unix.MOUNT_ATTR_RDONLY, 0)
	}
	return fmt.Errorf("the images have a mount of the unknown kind %q", e.Kind)
}

// ownKey recognises the keys that checkpoint makes. They become names of files.
func ownKey(key string) bool {
	rest, ok := strings.CutPrefix(key, "rt-")
	for _, c := range rest {
		ok = ok && (c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z')
	}
	return ok && rest != ""
}

// place attaches a clone of a path of the host, with attributes, under a key's name.
func (s *stage) place(key, path string, set, clear uint64) error {
	fd, err := clone(path, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	attr := unix.MountAttr{Attr_set: set, Attr_clr: clear}
	if set|clear != 0 {
		if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr); err != nil {
			return os.NewSyscallError("mount_setattr", err)
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	at := s.at + "/" + key
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err = unix.Mkdir(at, 0o755)
	} else {
		err = unix.Mknod(at, unix.S_IFREG|0o644, 0)
	}
	if err != nil {
		return &os.PathError{Op: "mknod", Path: at, Err: err}
	}
	if err := attach(fd, at); err != nil {
		return err
	}
	s.opts.External = append(s.opts.External, criu.RestoreMount(key, at))
	return nil
}

// mask makes what masked paths show.
func (s *stage) mask(key string) error {
	at := s.at + "/masks"
	if err := unix.Mkdir(at, 0o755); err == nil {
		masks, err := launch.Masks()
		if err != nil {
			return err
		}
		defer unix.Close(masks)
		if err := attach(masks, at); err != nil {
			return err
		}
	}
	switch key {
	case maskDir:
		at += "/dir"
	case maskFile:
		at += "/file"
	default:
		return fmt.Errorf("the images have an unknown mask %q", key)
	}
	s.opts.External = append(s.opts.External, criu.RestoreMount(key, at))
	return nil
}

// find is the entry of mounts for a destination, the last one that is a mount.
func (s *stage) find(destination string) (int, *specs.Mount, spec.MountOptions) {
	for i := len(s.p.spec.Mounts) - 1; i >= 0; i-- {
		m := &s.p.spec.Mounts[i]
		if filepath.Clean("/"+m.Destination) != filepath.Clean("/"+destination) {
			continue
		}
		if opts, err := spec.ParseMountOptions(m.Options); err == nil && !opts.Remount {
			return i, m, opts
		}
	}
	return -1, nil, spec.MountOptions{}
}

// bind makes a bind mount as config.json has it now; only where it goes is told by
// the images.
func (s *stage) bind(e *savedMount) error {
	i, m, opts := s.find(e.Destination)
	if m == nil || !opts.Bind && !opts.Rbind {
		return fmt.Errorf("mounts: the checkpoint has a bind mount at %s; want one in config.json too", e.Destination)
	}
	s.used[i] = true
	set, clear := opts.RecAttrSet&^opts.AttrClr|opts.AttrSet, opts.AttrClr|opts.RecAttrClr&^opts.AttrSet
	from := source(s.p.bundle, m)
	if e.Below != "" {
		if !opts.Rbind {
			return fmt.Errorf("mounts[%d]: the checkpoint has a mount at %s in it; want the option rbind", i, e.Below)
		}
		set, clear = opts.RecAttrSet, opts.RecAttrClr
		how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
		top, err := unix.Open(from, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("mounts[%d].source: %w", i, err)
		}
		defer unix.Close(top)
		below, err := unix.Openat2(top, e.Below, &how)
		if err != nil {
			return fmt.Errorf("mounts[%d].source: %s/%s: %w", i, from, e.Below, err)
		}
		defer unix.Close(below)
		from = fmt.Sprintf("/proc/self/fd/%d", below)
		if !filepath.IsLocal(e.Below) {
			return fmt.Errorf("the images have a mount at %q, which is not below its source", e.Below)
		}
	}
	if err := s.place(e.Key, from, set, clear); err != nil {
		return fmt.Errorf("mounts[%d]: %w", i, err)
	}
	return nil
}

// cgroup shows the container's new cgroup, in a hierarchy of v1 or the one of v2.
func (s *stage) cgroup(e *savedMount) error {
	_, m, opts := s.find(e.Destination)
	if m == nil || s.p.set == nil {
		return fmt.Errorf("mounts: the checkpoint has cgroups at %s; want a mount of type cgroup there, and a cgroup", e.Destination)
	}
	for _, d := range s.p.set.Dirs {
		if e.Below == "" && d.V2 || e.Below != "" && filepath.Base(s.p.facts.Cgroups.Hierarchies[d.Hierarchy].Mountpoint) == e.Below {
			return s.place(e.Key, d.Path, opts.RecAttrSet&^opts.AttrClr|opts.AttrSet, 0)
		}
	}
	return fmt.Errorf("mounts: the checkpoint has a cgroup hierarchy %q, which this host has not", e.Below)
}

// deviceAllowed reports whether a container may have a device of the host bound.
func (s *stage) deviceAllowed(path string) bool {
	switch path {
	case "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty":
		return true
	}
	if l := s.p.spec.Linux; l != nil {
		for i := range l.Devices {
			if l.Devices[i].Path == path {
				return true
			}
		}
	}
	return false
}

// unused names the bind mounts of config.json that the container does not get: it had
// none when it was saved.
func (s *stage) unused() (list []string) {
	for i := range s.p.spec.Mounts {
		opts, err := spec.ParseMountOptions(s.p.spec.Mounts[i].Options)
		if err == nil && (opts.Bind || opts.Rbind) && !opts.Remount && !s.used[i] && s.p.spec.Mounts[i].Destination != notifyInside {
			list = append(list, fmt.Sprintf("mounts[%d]: the container had no mount at %s when it was checkpointed, and gets none", i, s.p.spec.Mounts[i].Destination))
		}
	}
	return list
}
