package cli

import "context"

var pauseCommand = command{
	name:     "pause",
	synopsis: "ID",
	brief:    "stop every process of a container",
	help: `Freezes the container ID and returns when all its processes stand still, those that
exec started included. resume lets them continue. A paused container can be killed
and deleted.`,
	min: 1, max: 1,
	setup: func(*flagSet) action {
		return func(c *call) (int, error) {
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, interruptibly(func(ctx context.Context) error { return r.Pause(ctx, c.args[0]) })
		}
	},
}
