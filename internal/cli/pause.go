package cli

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
			ctx, stop := interruptible()
			defer stop()
			return 0, interrupted(ctx, r.Pause(ctx, c.args[0]))
		}
	},
}
