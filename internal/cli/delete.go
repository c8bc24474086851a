package cli

import "context"

var deleteCommand = command{
	name:     "delete",
	synopsis: "ID",
	brief:    "remove a container and everything it holds",
	help: `Removes the cgroup and the state of the container ID and runs its poststop hooks.
A stopped container is deleted, and one that was created and not started is
killed first; a running one needs --force.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		var force bool
		f.toggle(&force, "force", "f", "kill a running container first; no error if there is no such container")
		return func(c *call) (int, error) {
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, interruptibly(func(ctx context.Context) error { return r.Delete(ctx, c.args[0], force) })
		}
	},
}
