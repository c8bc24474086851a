package cli

import "context"

var startCommand = command{
	name:     "start",
	synopsis: "ID",
	brief:    "execute the process of a created container",
	help: `Lets the container ID, which create left waiting, execute process.args. Returns
once the program is executed; an error tells why it could not be.`,
	min: 1, max: 1,
	setup: func(*flagSet) action {
		return func(c *call) (int, error) {
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, interruptibly(func(ctx context.Context) error { return r.Start(ctx, c.args[0]) })
		}
	},
}
