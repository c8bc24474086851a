package compile

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/plan"
)

// runtimeHooks serves hooks.prestart, createRuntime and createContainer, and
// prepares startContainer: config.md, "POSIX-platform Hooks". The first two run
// in the runtime's namespaces by the parent while init waits with everything
// mounted and the old root still there; createContainer runs in the container's
// namespaces with paths of the runtime's.
func (c *compiler) runtimeHooks() error {
	h := c.spec.Hooks
	if h == nil || len(h.Prestart)+len(h.CreateRuntime)+len(h.CreateContainer)+len(h.StartContainer) == 0 {
		return nil
	}
	c.from("hooks")
	c.both(plan.Arrive("mounted", plan.None))
	c.output = c.slot("hook-output")
	inside, late, early := c.slot("container-state"), c.slot("start-state"), c.slot("hook-state")
	c.parent(
		plan.HookOutput(c.output),
		plan.HookState(early, "creating", 0), plan.HookState(inside, "creating", 1), plan.HookState(late, "created", 1),
	)
	c.hooks(c.parent, "prestart", h.Prestart, early, c.in.Caller) //nolint:staticcheck // deprecated but still used by engines
	c.hooks(c.parent, "createRuntime", h.CreateRuntime, early, c.in.Caller)
	c.from("hooks")
	c.both(plan.Release("hooks", c.output, 3))
	if len(h.CreateContainer) > 0 {
		c.init(plan.Umask(hookUmask))
		c.hooks(c.init, "createContainer", h.CreateContainer, inside, c.in.Caller)
		c.from("hooks")
		c.init(plan.Umask(0))
	}
	c.from("hooks")
	c.init(plan.Close(inside))
	if len(h.StartContainer) == 0 {
		c.init(plan.Close(late), plan.Close(c.output))
	}
	c.startState = late
	return nil
}

// hookUmask is that of createContainer hooks. The stage itself works with 0, which
// would let everybody write to what a hook makes on the host or in the rootfs.
const hookUmask = 0o022

// startContainerHooks serves hooks.startContainer: after the gate, inside the
// container, with the environment of the process unless the hook has its own.
func (c *compiler) startContainerHooks() {
	if h := c.spec.Hooks; h != nil {
		c.hooks(c.init, "startContainer", h.StartContainer, c.startState, c.environment())
	}
}

func (c *compiler) hooks(lane func(...plan.Op), kind string, hooks []specs.Hook, state plan.Slot, inherit []string) {
	for i, h := range hooks {
		c.from("hooks.%s[%d]", kind, i)
		args, env := h.Args, h.Env
		if len(args) == 0 {
			args = []string{h.Path}
		}
		if env == nil {
			env = inherit
		}
		timeout := uint64(0)
		if h.Timeout != nil {
			timeout = uint64(*h.Timeout) * 1000
		}
		lane(plan.Hook(h.Path, args, env, state, c.output, timeout))
	}
}
