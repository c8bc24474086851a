package compile

import (
	"fmt"
	"strings"

	"rt/libcontainer/plan"
	"rt/libcontainer/spec"
)

// sysctl serves linux.sysctl. The files are reached through the host's procfs,
// which shows each process the values of its own namespaces.
func (c *compiler) sysctl() error {
	for _, key := range sortedKeys(c.linux().Sysctl) {
		c.from("linux.sysctl.%s", key)
		path, err := spec.SysctlPath(key)
		if err != nil {
			return fmt.Errorf("linux.sysctl: %w", err)
		}
		c.init(plan.WriteAt(c.proc, "sys/"+path, []byte(c.linux().Sysctl[key])))
	}
	return nil
}

// hidePaths serves process.cwd, linux.readonlyPaths and linux.maskedPaths. A
// working directory that the image lacks is made, as engines expect, and then
// nothing is made in the rootfs any more: what is read-only becomes so. Masks are
// clones of a tmpfs that has to be attached to be cloned from: it covers the old
// root's /proc, which goes away with it.
func (c *compiler) hidePaths() error {
	c.from("process.cwd")
	c.init(c.mkpath(c.target, c.spec.Process.Cwd, 0o755, 0))
	c.init(c.late...)
	if !c.hasMountNamespace() {
		return nil
	}
	for i, p := range c.linux().ReadonlyPaths {
		c.from("linux.readonlyPaths[%d]", i)
		c.init(plan.Readonly(c.below(p)))
	}
	if len(c.linux().MaskedPaths) == 0 {
		c.closeKernel()
		return nil
	}
	c.from("linux.maskedPaths")
	if c.masksByInit() {
		c.masksInside()
	}
	c.init(plan.MoveMount(c.masks, plan.Cwd, "/proc"))
	for i, p := range c.linux().MaskedPaths {
		c.from("linux.maskedPaths[%d]", i)
		root, path := c.below(p)
		c.init(plan.Mask(root, path, c.masks))
	}
	c.init(plan.Close(c.masks))
	c.closeKernel()
	return nil
}

// keepKernel keeps the procfs and sysfs, or what is bound in their place, that have
// masked or read-only paths. Whoever can write to the rootfs can rename the directory
// that such a file system is mounted on while the container is made, and put another
// one in its place: a look-up from the root would find nothing to hide, and the real
// files would come back unmasked.
func (c *compiler) keepKernel(list []mount) {
	hidden := append(append([]string{}, c.linux().MaskedPaths...), c.linux().ReadonlyPaths...)
	for i := range list {
		m := &list[i]
		above := cleaned(m.Destination)
		kernel := !m.Bind && (m.Type == "proc" || m.Type == "sysfs") || m.Bind && (above == "proc" || above == "sys")
		if m.Remount || !kernel {
			continue
		}
		for _, p := range hidden {
			if clean := cleaned(p); strings.HasPrefix(clean, above+"/") {
				m.kept = c.slot("kernel")
				c.kernel = append(c.kernel, kernelMount{above + "/", m.kept})
				break
			}
		}
	}
}

// kernelMount is a procfs or sysfs whose descriptor is kept.
type kernelMount struct {
	above string // its path, clean and with a slash at the end
	slot  plan.Slot
}

// below is where a path that is to be hidden is looked up: in the procfs or sysfs that
// it is a path of, else from the root.
func (c *compiler) below(path string) (root plan.Slot, rest string) {
	clean := cleaned(path)
	root, rest = c.root, clean
	for _, k := range c.kernel {
		if inside, ok := strings.CutPrefix(clean, k.above); ok {
			root, rest = k.slot, inside
		}
	}
	return root, rest
}

func (c *compiler) closeKernel() {
	c.scope = ""
	for _, k := range c.kernel {
		c.init(plan.Close(k.slot))
	}
}
