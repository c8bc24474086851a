package container

import (
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/compile"
	"rt/libcontainer/internal/sys"
)

// mountFacts looks at the sources of binds on the host, and at the directories in
// the rootfs that a tmpfs covers.
func mountFacts(p *prepared) []compile.MountFacts {
	facts := make([]compile.MountFacts, len(p.spec.Mounts))
	for i := range p.spec.Mounts {
		m, f := &p.spec.Mounts[i], &facts[i]
		bind := m.Type == "bind"
		for _, o := range m.Options {
			bind = bind || o == "bind" || o == "rbind"
		}
		switch {
		case bind:
			f.Source = m.Source
			if !filepath.IsAbs(f.Source) {
				f.Source = filepath.Join(p.bundle, f.Source)
			}
			var st unix.Stat_t
			f.SourceFile = unix.Stat(f.Source, &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR
		case m.Type == "tmpfs":
			f.DestMode = modeInRootfs(p.rootfs, m.Destination)
		}
	}
	return facts
}

// openInRootfs resolves a path as the container would, without opening what it
// names: the image chooses what that is.
func openInRootfs(rootfs, path string) (int, error) {
	dir, err := unix.Open(rootfs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(dir)
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	return unix.Openat2(dir, path, &how)
}

func modeInRootfs(rootfs, path string) int {
	fd, err := openInRootfs(rootfs, path)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return 0
	}
	return int(st.Mode & 0o7777)
}

// maxPasswd bounds how much of an image's passwd file is read.
const maxPasswd = 1 << 20

// lookupHome finds the home directory of process.user.uid for an environment
// without HOME: in the image's /etc/passwd or in what is mounted over it; "/" if
// the user is not known there.
func lookupHome(p *prepared, facts []compile.MountFacts) string {
	for _, kv := range p.spec.Process.Env {
		if strings.HasPrefix(kv, "HOME=") {
			return ""
		}
	}
	path := ""
	for i, m := range p.spec.Mounts {
		switch filepath.Clean("/" + m.Destination) {
		case "/etc/passwd":
			path = facts[i].Source
		case "/etc":
			if path = facts[i].Source; path != "" {
				path += "/passwd"
			}
		}
	}
	var data []byte
	if path != "" {
		data, _ = sys.ReadFile(path, maxPasswd)
	} else {
		data = readInRootfs(p.rootfs, "/etc/passwd")
	}
	return homeOf(string(data), p.spec.Process.User.UID)
}

// readInRootfs reads a file of the image. It is opened for reading only after it
// is known to be a regular file, so that it can neither hang nor feed us.
func readInRootfs(rootfs, path string) []byte {
	fd, err := openInRootfs(rootfs, path)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > maxPasswd {
		return nil
	}
	data, _ := sys.ReadFile("/proc/self/fd/"+strconv.Itoa(fd), maxPasswd)
	return data
}

// homeOf is the sixth field of a user's line: passwd(5).
func homeOf(passwd string, uid uint32) string {
	for line := range strings.SplitSeq(passwd, "\n") {
		f := strings.Split(line, ":")
		if len(f) < 6 || strings.HasPrefix(line, "#") {
			continue
		}
		if id, err := strconv.ParseUint(f[2], 10, 32); err == nil && uint32(id) == uid && f[5] != "" {
			return f[5]
		}
	}
	return "/"
}
