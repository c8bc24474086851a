package cli

import (
	"context"

	"rt/libcontainer/container"
)

var runCommand = command{
	name:     "run",
	synopsis: "ID",
	brief:    "create and start a container and wait for its end",
	help: `Creates the container ID from a bundle, starts it and waits until its first
process ends. Signals and changes of the terminal's size are passed on. The exit
status is that of the process, or 128 + n if signal n killed it. The container is
deleted at its end, except with --keep or --detach.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		var o container.RunOptions
		createFlags(f, &o.CreateOptions)
		traceFlag(f, &o.CreateOptions)
		f.toggle(&o.Detach, "detach", "d", "return once the process runs")
		f.toggle(&o.Keep, "keep", "", "do not delete the container when it ends")
		f.toggle(&o.NoSubreaper, "no-subreaper", "", "do not adopt orphans of the container")
		return func(c *call) (int, error) {
			if err := c.complete(&o.CreateOptions); err != nil {
				return 0, err
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			// In the foreground signals are for the container's process, not for
			// the runtime.
			if !o.Detach {
				return r.Run(context.Background(), o)
			}
			status := 0
			err = interruptibly(func(ctx context.Context) (err error) {
				status, err = r.Run(ctx, o)
				return err
			})
			return status, err
		}
	},
}
