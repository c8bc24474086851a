package cli

import "context"

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
			return 0, interruptibly(func(ctx context.Context) error { return r.Resume(ctx, c.args[0]) })
		}
	},
}
