package cli

var resumeCommand = command{
	name:     "resume",
	synopsis: "ID",
	brief:    "let the processes of a paused container continue",
	help:     `Lets the processes of the container ID, which pause stopped, continue.`,
	min:      1, max: 1,
	setup: func(*flagSet) action {
		return func(c *call) (int, error) {
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			ctx, stop := interruptible()
			defer stop()
			return 0, interrupted(ctx, r.Resume(ctx, c.args[0]))
		}
	},
}
