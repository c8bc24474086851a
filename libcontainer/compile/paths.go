package compile

import (
	"fmt"

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
		clean, _ := parts(p)
		c.init(plan.Readonly(c.root, clean))
	}
	if len(c.linux().MaskedPaths) == 0 {
		return nil
	}
	c.from("linux.maskedPaths")
	c.init(plan.MoveMount(c.masks, plan.Cwd, "/proc"))
	for i, p := range c.linux().MaskedPaths {
		c.from("linux.maskedPaths[%d]", i)
		clean, _ := parts(p)
		c.init(plan.Mask(c.root, clean, c.masks))
	}
	c.init(plan.Close(c.masks))
	return nil
}
