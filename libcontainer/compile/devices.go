package compile

import (
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// defaultDevices are made in every container: config-linux.md, "Default Devices".
var defaultDevices = [...]struct {
	name         string
	major, minor int64
}{
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
}

// devices serves linux.devices, the default devices and the symbolic links that
// programs expect in /dev. A /dev that is bind-mounted is someone else's to fill.
func (c *compiler) devices() error {
	if !c.hasMountNamespace() || c.devIsBound() {
		return nil
	}
	c.scope = ""
	dev := c.slot("dev")
	c.init(c.mkpath(dev, "/dev", 0o755, 0))
	bind := c.namespace(specs.UserNamespace) != nil || c.in.Host.InUserNS
	listed := map[string]int{} // of entries for the same path the last one counts
	for i := range c.linux().Devices {
		clean := cleaned(c.linux().Devices[i].Path)
		listed[clean] = i
	}
	var hosts []string
	for _, d := range defaultDevices {
		if _, ok := listed["dev/"+d.name]; ok {
			continue
		}
		if bind {
			hosts = append(hosts, "/dev/"+d.name)
			continue
		}
		c.init(plan.Devnode(dev, d.name, abi.SIfchr|0o666, abi.Makedev(d.major, d.minor), 0, 0))
	}
	c.bindDevices(hosts)
	if err := c.listedDevices(dev, bind, listed); err != nil {
		return err
	}
	c.scope = ""
	for _, l := range [...][2]string{
		{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
		{"/proc/kcore", "core"}, {"pts/ptmx", "ptmx"},
	} {
		c.init(plan.Symlinkat(l[0], dev, l[1]))
	}
	c.init(plan.Close(dev))
	return nil
}

// devIsBound reports whether /dev is a clone of a host directory.
func (c *compiler) devIsBound() bool {
	bound := false
	for i := range c.spec.Mounts {
		m := &c.spec.Mounts[i]
		if clean := cleaned(m.Destination); clean == "dev" {
			bound = m.Type == "bind"
			for _, o := range m.Options {
				bound = bound || o == "bind" || o == "rbind"
			}
		}
	}
	return bound
}

// listedDevices serves linux.devices.
func (c *compiler) listedDevices(dev plan.Slot, bind bool, last map[string]int) error {
	var hosts []string
	for i, d := range c.linux().Devices {
		if clean := cleaned(d.Path); last[clean] != i {
			continue
		}
		c.from("linux.devices[%d]", i)
		if bind && d.Type != "p" {
			hosts = append(hosts, d.Path)
			continue
		}
		mode := uint64(0o666)
		if d.FileMode != nil {
			mode = uint64(*d.FileMode) & 0o7777
		}
		switch d.Type {
		case "c", "u":
			mode |= abi.SIfchr
		case "b":
			mode |= abi.SIfblk
		case "p":
			mode |= abi.SIfifo
		default:
			return fmt.Errorf("linux.devices[%d].type: got %q, want c, u, b or p", i, d.Type)
		}
		var uid, gid uint64
		if d.UID != nil {
			uid = uint64(*d.UID)
		}
		if d.GID != nil {
			gid = uint64(*d.GID)
		}
		dir, base := split(d.Path)
		at := dev
		if dir != "dev" {
			at = c.target
			c.init(c.mkpath(at, dir, 0o755, 0))
		}
		var rdev uint64
		if d.Type != "p" {
			rdev = abi.Makedev(d.Major, d.Minor)
		}
		c.init(plan.Devnode(at, base, mode, rdev, uid, gid))
	}
	c.from("linux.devices")
	c.bindDevices(hosts)
	return nil
}

// bindDevices clones device nodes of the host: mknod(2) is refused in a user
// namespace.
func (c *compiler) bindDevices(paths []string) {
	if c.clonesInside() {
		for _, p := range paths {
			c.init(cloneNode(c.mnt, p)...)
			c.init(c.mkpath(c.target, p, 0o755, abi.MkpathFile), plan.MoveMount(c.mnt, c.target, ""))
		}
		return
	}
	if len(paths) > 0 && c.nodes == plan.None {
		c.nodes = c.slots("device", batchSize)
	}
	for first := c.nodes; len(paths) > 0; {
		n := min(len(paths), batchSize)
		for i, p := range paths[:n] {
			fd := first + plan.Slot(i)
			c.parent(cloneNode(fd, p)...)
		}
		c.both(plan.Release("devices", first, uint64(n)))
		for i, p := range paths[:n] {
			fd := first + plan.Slot(i)
			c.init(c.mkpath(c.target, p, 0o755, abi.MkpathFile), plan.MoveMount(fd, c.target, ""), plan.Close(fd))
		}
		paths = paths[n:]
	}
}

func cloneNode(fd plan.Slot, path string) []plan.Op {
	return []plan.Op{
		plan.OpenTree(fd, plan.Cwd, path, abi.OpenTreeClone|abi.OpenTreeCloexec),
		plan.MountSetattr(fd, "", abi.AtEmptyPath, abi.MountAttrNosuid|abi.MountAttrNoexec, 0, abi.MsPrivate, plan.None),
	}
}

// consoleDevice serves process.terminal and process.consoleSize: a pty of the
// container's own devpts becomes stdin, stdout, stderr, the controlling terminal
// and /dev/console; its master goes to the parent.
func (c *compiler) consoleDevice() error {
	if !c.spec.Process.Terminal {
		return nil
	}
	c.from("process.terminal")
	c.openTerminal()
	if c.hasMountNamespace() {
		c.init(
			c.mkpath(c.target, "/dev/console", 0o755, abi.MkpathFile|abi.MkpathNoSymlinks),
			plan.OpenTree(c.mnt, c.peer, "", abi.AtEmptyPath|abi.OpenTreeClone|abi.OpenTreeCloexec),
			plan.MoveMount(c.mnt, c.target, ""),
		)
	}
	c.takeTerminal()
	return nil
}

// openTerminal opens a pty of the devpts below the root, and its other end.
func (c *compiler) openTerminal() {
	c.console, c.peer = c.slot("console"), c.slot("terminal")
	c.init(
		plan.Open(c.console, c.root, "dev/pts/ptmx", abi.ORdwr|abi.ONoctty|abi.OCloexec, 0, inRoot|abi.ResolveNoSymlinks),
		plan.Ptpeer(c.peer, c.console),
	)
	if size := c.spec.Process.ConsoleSize; size != nil {
		c.init(plan.Winsize(c.console, uint64(size.Height), uint64(size.Width)))
	}
}

// takeTerminal makes the pty the process's stdin, stdout, stderr and controlling
// terminal, and gives the master to the parent, which sends it on if it has a
// console socket.
func (c *compiler) takeTerminal() {
	c.init(plan.Dup2(c.peer, 0), plan.Dup2(c.peer, 1), plan.Dup2(c.peer, 2), plan.Ctty(c.peer))
	c.both(plan.Arrive("console", c.console))
	if c.in.ConsoleSocket != "" {
		c.parent(plan.SendFd(c.socket, c.console, "/dev/console"), plan.Close(c.console))
	}
	c.init(plan.Close(c.console), plan.Close(c.peer))
}
