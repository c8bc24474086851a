package compile

import "rt/libcontainer/plan"

// resctrl serves linux.intelRdt: the class of service and the monitoring group are
// made before there is a process.
func (c *compiler) resctrl() error {
	g := c.in.Resctrl
	if g == nil {
		return nil
	}
	if g.Make {
		c.from("linux.intelRdt.closID")
		c.parent(plan.ResctrlMkdir(g.Dir))
	}
	if len(g.Lines) > 0 {
		c.from("%s", g.Lines[0].Field)
		if len(g.Lines) > 1 {
			c.from("linux.intelRdt")
		}
		c.parent(plan.ResctrlWrite(g.Dir, g.Schemata()))
	}
	if g.Monitor != "" {
		c.from("linux.intelRdt.enableMonitoring")
		c.parent(plan.ResctrlMkdir(g.Monitor))
	}
	return nil
}

// joinResctrl moves init, once it is all set up: what it did until then is the
// runtime's, and the program inherits where it is. The kernel wants the class before
// the monitoring group that belongs to it.
func (c *compiler) joinResctrl() {
	g := c.in.Resctrl
	if g == nil {
		return
	}
	c.from("linux.intelRdt.closID")
	c.parent(plan.ResctrlJoin(g.Dir))
	if g.Monitor != "" {
		c.from("linux.intelRdt.enableMonitoring")
		c.parent(plan.ResctrlJoin(g.Monitor))
	}
	c.scope = ""
}
