package container

import (
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/compile"
	"rt/libcontainer/internal/sys"

	specs "github.com/opencontainers/runtime-spec/specs-go"
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
		if m.Type != "proc" && m.Type != "sysfs" && !coveredBefore(p.spec.Mounts[:i], m.Destination) {
			f.Dest = danglingDest(p.rootfs, m.Destination)
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

// coveredBefore reports whether an earlier mount covers a destination: then the
// rootfs does not tell where it leads.
func coveredBefore(mounts []specs.Mount, destination string) bool {
	path := filepath.Clean("/" + destination)
	for _, m := range mounts {
		if strings.HasPrefix(path, filepath.Clean("/"+m.Destination)+"/") {
			return true
		}
	}
	return false
}

// maxLinks is how many symbolic links a path may lead through, as in the kernel.
const maxLinks = 40

// danglingDest is where a destination leads that goes through a symbolic link to
// something that does not exist yet, or "". Images have such links, /var/run to
// /run for instance, and what they name is then made. The kernel resolves what
// exists; a path that is found here is only a suggestion and resolved again,
// inside the root, when it is made.
func danglingDest(rootfs, destination string) string {
	if fd, err := openInRootfs(rootfs, destination); err != unix.ENOENT {
		if err == nil {
			unix.Close(fd)
		}
		return ""
	}
	todo, done, links := strings.Split(destination, "/"), "/", 0
	for len(todo) > 0 && links <= maxLinks {
		name := todo[0]
		todo = todo[1:]
		next := filepath.Join(done, name) // cleaned: ".." at the root stays there
		target, err := linkInRootfs(rootfs, next)
		if err != nil || name == "" || name == "." || name == ".." {
			done = next
			continue
		}
		links++
		if filepath.IsAbs(target) {
			done = "/"
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	if links == 0 || links > maxLinks {
		return ""
	}
	return done
}

// linkInRootfs reads a symbolic link without following it.
func linkInRootfs(rootfs, path string) (string, error) {
	dir, err := openInRootfs(rootfs, filepath.Dir(path))
	if err != nil {
		return "", err
	}
	defer unix.Close(dir)
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, filepath.Base(path), buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
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
	open := func() (int, error) { return openInRootfs(p.rootfs, "/etc/passwd") }
	for i, m := range p.spec.Mounts {
		source := facts[i].Source
		if source == "" {
			continue
		}
		switch filepath.Clean("/" + m.Destination) {
		case "/etc/passwd":
			open = func() (int, error) { return unix.Open(source, unix.O_PATH|unix.O_CLOEXEC, 0) }
		case "/etc":
			// A volume is as hostile as an image: nothing in it may lead out of it.
			open = func() (int, error) { return openInRootfs(source, "/passwd") }
		}
	}
	return homeOf(string(readPasswd(open())), p.spec.Process.User.UID)
}

// readPasswd reads a file of the image, given a descriptor that only names it, which
// it closes. The file is opened for reading only after it is known to be a regular
// one, so that it can neither hang nor feed us, and no device reacts to it.
func readPasswd(fd int, err error) []byte {
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
