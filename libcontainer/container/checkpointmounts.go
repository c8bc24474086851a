package container

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/criu"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/launch"
	"rt/libcontainer/spec"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The keys of what a masked path shows, the same for every path.
const (
	maskDir  = "rt-mask-dir"
	maskFile = "rt-mask-file"
)

// table reads the mounts of the container as they are now.
func (d *dump) table() ([]criu.Mount, error) {
	data, err := sys.ReadFile(d.file("mountinfo"), 64<<20)
	if err != nil {
		return nil, err
	}
	return criu.ParseMounts(string(data))
}

// mounts names those that criu is not to save: binds of the host's directories, files
// and devices, cgroups, and what covers masked paths. What is mounted where is read
// from the kernel. A path of config.json leads to a mount only if that still is the
// one it was: the container may have changed the links on the way, and another mount
// would then be restored from this one's source.
func (d *dump) mounts(s *specs.Spec) error {
	table, err := d.table()
	if err != nil {
		return err
	}
	root, err := unix.Open(d.file("root"), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("the container's root: %w", err)
	}
	defer unix.Close(root)
	t := &dumpTable{d: d, root: root, byID: map[int]*criu.Mount{}, keys: map[int]string{}}
	for i := range table {
		t.byID[table[i].ID] = &table[i]
		t.list = append(t.list, &table[i])
	}
	for i := range s.Mounts {
		if err := t.entry(i, &s.Mounts[i], s); err != nil {
			return err
		}
	}
	if err := t.notify(); err != nil {
		return err
	}
	if err := t.masks(); err != nil {
		return err
	}
	if err := t.devices(s); err != nil {
		return err
	}
	return t.points()
}

// dumpTable is the container's mounts while it is decided which of them are external.
type dumpTable struct {
	d    *dump
	root int // descriptor of the container's root
	list []*criu.Mount
	byID map[int]*criu.Mount
	keys map[int]string // of external mounts, by mount id
}

// at finds the mount that a path of the container leads to, if the path is its root.
func (t *dumpTable) at(path string) (*criu.Mount, unix.Statx_t, bool) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	var st unix.Statx_t
	fd, err := unix.Openat2(t.root, strings.TrimLeft(path, "/"), &how)
	if err != nil {
		return nil, st, false
	}
	defer unix.Close(fd)
	err = unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_TYPE|unix.STATX_MNT_ID, &st)
	if err != nil || st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		return nil, st, false
	}
	m := t.byID[int(st.Mnt_id)]
	return m, st, m != nil
}

// declare makes a mount external.
func (t *dumpTable) declare(m *criu.Mount, s savedMount) error {
	if _, twice := t.keys[m.ID]; twice {
		return fmt.Errorf("two entries of config.json lead to the mount at %q in the container", m.Point)
	}
	if s.Key == "" {
		s.Key = "rt-" + strconv.Itoa(len(t.d.saved.External))
	}
	external, err := criu.DumpMount(m.Point, s.Key)
	if err != nil {
		return err
	}
	t.keys[m.ID] = s.Key
	t.d.options.External = append(t.d.options.External, external)
	t.d.saved.External = append(t.d.saved.External, s)
	return nil
}

// entry is one of mounts.
func (t *dumpTable) entry(i int, m *specs.Mount, s *specs.Spec) error {
	opts, err := spec.ParseMountOptions(m.Options)
	if err != nil || opts.Remount {
		return err
	}
	switch {
	case opts.Bind || opts.Rbind:
		err = t.bind(m, opts.Rbind)
	case m.Type == "cgroup" || m.Type == "cgroup2":
		err = t.cgroups(m)
	}
	if err != nil {
		return fmt.Errorf("mounts[%d]: %w", i, err)
	}
	return nil
}

// bind is a bind mount, which may have others below it.
func (t *dumpTable) bind(m *specs.Mount, below bool) error {
	path := source(t.d.rec.Bundle, m)
	mnt, st, ok := t.at(m.Destination)
	if !ok {
		return fmt.Errorf("nothing is mounted at %s in the container any more", m.Destination)
	}
	var is unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_TYPE, &is); err != nil {
		return fmt.Errorf("source: stat %s: %w", path, err)
	}
	// A file that was replaced on the host is another one; the mount says so.
	replaced := strings.TrimSuffix(mnt.Root, "//deleted") != mnt.Root && filepath.Base(strings.TrimSuffix(mnt.Root, "//deleted")) == filepath.Base(path)
	if !same(&st, &is) && !replaced {
		return fmt.Errorf("what is mounted at %s in the container is not %s any more", m.Destination, path)
	}
	if err := t.declare(mnt, savedMount{Kind: "bind", Destination: m.Destination}); err != nil {
		return err
	}
	if !below {
		return nil
	}
	for _, inner := range t.list {
		rest, ok := strings.CutPrefix(inner.Point, mnt.Point+"/")
		if _, done := t.keys[inner.ID]; !ok || done || !t.within(inner, mnt) {
			continue
		}
		if _, st, ok = t.at(inner.Point); !ok {
			continue // covered
		}
		err := unix.Statx(unix.AT_FDCWD, path+"/"+rest, unix.AT_STATX_DONT_SYNC|unix.AT_SYMLINK_NOFOLLOW, unix.STATX_INO|unix.STATX_TYPE, &is)
		if err != nil || !same(&st, &is) {
			continue // the container's own
		}
		if err := t.declare(inner, savedMount{Kind: "bind", Destination: m.Destination, Below: rest}); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a mount is below another through external mounts only.
func (t *dumpTable) within(m, above *criu.Mount) bool {
	for range t.list {
		if m.Parent == above.ID {
			return true
		}
		if m = t.byID[m.Parent]; m == nil {
			return false
		}
	}
	return false
}

func same(a, b *unix.Statx_t) bool {
	return a.Ino == b.Ino && a.Dev_major == b.Dev_major && a.Dev_minor == b.Dev_minor
}

// cgroups is a mount of type cgroup. What shows a cgroup from its root on is a mount
// of the container's own namespace and criu's; a directory of the host's hierarchy
// comes from outside.
func (t *dumpTable) cgroups(m *specs.Mount) error {
	top, _, ok := t.at(m.Destination)
	if !ok {
		return nil
	}
	for _, mnt := range t.list {
		rest, inside := strings.CutPrefix(mnt.Point, top.Point+"/")
		if mnt.ID != top.ID && (!inside || mnt.Parent != top.ID) || mnt.Type != "cgroup" && mnt.Type != "cgroup2" || t.ownCgroups() {
			continue
		}
		if mnt.ID == top.ID {
			rest = ""
		}
		if err := t.declare(mnt, savedMount{Kind: "cgroup", Destination: m.Destination, Below: rest}); err != nil {
			return err
		}
	}
	return nil
}

// ownCgroups reports whether the container has a cgroup namespace of its own.
func (t *dumpTable) ownCgroups() bool { return !isOwn(t.d.file("ns/cgroup"), "cgroup") }

// notify is the directory that the container tells its service manager in.
func (t *dumpTable) notify() error {
	if t.d.rec.Notify == "" {
		return nil
	}
	m, _, ok := t.at(notifyInside)
	if !ok {
		return nil
	}
	return t.declare(m, savedMount{Kind: "notify"})
}

// masks are the mounts over masked paths.
func (t *dumpTable) masks() error {
	said := map[string]bool{}
	for _, m := range t.list {
		if m.Type != "tmpfs" || m.Source != launch.MaskSource || t.keys[m.ID] != "" {
			continue
		}
		key := ""
		switch m.Root {
		case "/dir":
			key = maskDir
		case "/file":
			key = maskFile
		default:
			continue
		}
		external, err := criu.DumpMount(m.Point, key)
		if err != nil {
			return err
		}
		t.keys[m.ID] = key
		t.d.options.External = append(t.d.options.External, external)
		if !said[key] {
			said[key] = true
			t.d.saved.External = append(t.d.saved.External, savedMount{Key: key, Kind: "mask"})
		}
	}
	return nil
}

// devices are nodes of the host that are bound because the container's root cannot
// make any.
func (t *dumpTable) devices(s *specs.Spec) error {
	paths := []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
	if s.Linux != nil {
		for i := range s.Linux.Devices {
			paths = append(paths, s.Linux.Devices[i].Path)
		}
	}
	for _, path := range paths {
		mnt, st, ok := t.at(path)
		if !ok || t.keys[mnt.ID] != "" {
			continue
		}
		var is unix.Statx_t
		if unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_TYPE, &is) != nil || !same(&st, &is) {
			continue
		}
		if err := t.declare(mnt, savedMount{Kind: "device", Destination: path}); err != nil {
			return err
		}
	}
	return nil
}

// points notes what has to be in the root file system to mount on.
func (t *dumpTable) points() error {
	top := 0
	for _, m := range t.list {
		if m.Point == "/" {
			top = m.ID
		}
	}
	for _, m := range t.list {
		if m.Parent != top || m.ID == top {
			continue
		}
		if _, st, ok := t.at(m.Point); ok {
			t.d.saved.Points = append(t.d.saved.Points, savedPoint{Path: m.Point, Dir: st.Mode&unix.S_IFMT == unix.S_IFDIR})
		}
	}
	return nil
}
