package cli

import "rt/libcontainer/container"

var planCommand = command{
	name:     "plan",
	synopsis: "[ID]",
	brief:    "print the operations that create would do",
	help: `Compiles a bundle as create does and prints the operations in order, each with the
field of config.json it comes from. Nothing is created and no process is started.
ID (default "container") stands for the container's id in paths.`,
	max: 1,
	setup: func(f *flagSet) action {
		var asJSON bool
		o := container.CreateOptions{ID: "container"}
		createFlags(f, &o)
		f.toggle(&asJSON, "json", "", "print JSON instead of a listing")
		return func(c *call) (int, error) {
			if err := c.complete(&o); err != nil {
				return 0, err
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			b, err := r.Plan(o, asJSON)
			if err != nil {
				return 0, err
			}
			return 0, c.print(b)
		}
	},
}
