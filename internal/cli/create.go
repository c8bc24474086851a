package cli

import (
	"context"
	"fmt"

	"rt/libcontainer/container"
)

var createCommand = command{
	name:     "create",
	synopsis: "ID",
	brief:    "create a container and leave its process waiting for start",
	help: `Creates the container ID from a bundle. When create returns, namespaces, mounts,
limits and hooks are in place and the container's first process waits; start
makes it execute process.args. ID is letters, digits and _ + - . and must be
unused.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		var o container.CreateOptions
		createFlags(f, &o)
		traceFlag(f, &o)
		return func(c *call) (int, error) {
			if err := c.complete(&o); err != nil {
				return 0, err
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, interruptibly(func(ctx context.Context) error { return r.Create(ctx, o) })
		}
	},
}

// createFlags declares what create, run and plan share.
func createFlags(f *flagSet, o *container.CreateOptions) {
	o.Bundle = "."
	f.text(&o.Bundle, "bundle", "b", "DIR", "the bundle (default: the working directory)")
	f.text(&o.ConsoleSocket, "console-socket", "", "PATH", "unix socket that receives the master of the container's terminal")
	f.text(&o.PidfdSocket, "pidfd-socket", "", "PATH", "unix socket that receives a pidfd of the container's first process")
	f.text(&o.PidFile, "pid-file", "", "FILE", "write the pid of the container's first process to FILE")
	f.toggle(&o.NoPivot, "no-pivot", "", "move the root mount instead of pivot_root(2), for a root file system on a ramdisk")
	f.toggle(&o.NoNewKeyring, "no-new-keyring", "", "keep the caller's session keyring")
	f.number(&o.PreserveFDs, "preserve-fds", "", "N", "pass N descriptors to the process, after stdio and $LISTEN_FDS")
}

// traceFlag declares --trace, which is also a global option.
func traceFlag(f *flagSet, o *container.CreateOptions) {
	f.text(&o.Trace, "trace", "", "FILE", "write the time of every operation in Chrome trace format")
}

// complete fills o with what stands outside the verb's options.
func (c *call) complete(o *container.CreateOptions) error {
	if len(c.args) > 0 {
		o.ID = c.args[0]
	}
	if o.Trace == "" {
		o.Trace = c.globals.trace
	}
	if o.PreserveFDs < 0 {
		return usageError{fmt.Sprintf("--preserve-fds: %d is negative", o.PreserveFDs)}
	}
	return nil
}
