package cli

import (
	"context"

	"rt/libcontainer/container"
)

var restoreCommand = command{
	name:     "restore",
	synopsis: "ID",
	brief:    "make a container of what checkpoint has saved",
	help: `Makes the container ID from a bundle and lets the processes go on that checkpoint
has saved; criu(8) does. Then it waits for the end of the first one as run does,
except with --detach.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		var o container.RestoreOptions
		o.Bundle = "."
		criuFlags(f, &o.CriuOptions)
		f.text(&o.Bundle, "bundle", "b", "DIR", "the bundle (default: the working directory)")
		f.text(&o.ConsoleSocket, "console-socket", "", "PATH", "unix socket that receives the master of the container's terminal")
		f.text(&o.PidFile, "pid-file", "", "FILE", "write the pid of the container's first process to FILE")
		f.toggle(&o.Detach, "detach", "d", "return once the processes run")
		f.toggle(&o.NoSubreaper, "no-subreaper", "", "do not adopt orphans of the container")
		f.toggle(&o.NoPivot, "no-pivot", "", "accepted as for run; criu changes the root by itself")
		f.toggle(&o.TCPClose, "tcp-close", "", "restore established TCP connections closed")
		f.text(&o.LsmProfile, "lsm-profile", "", "TYPE:NAME", "security profile to restore with: apparmor:NAME or selinux:LABEL")
		f.text(&o.LsmMountContext, "lsm-mount-context", "", "CONTEXT", "SELinux context to mount with")
		return func(c *call) (int, error) {
			o.ID, o.Program = c.args[0], c.globals.criu
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			// As with run, signals are for the container's process in the foreground.
			if !o.Detach {
				return r.Restore(context.Background(), o)
			}
			status := 0
			err = interruptibly(func(ctx context.Context) (err error) {
				status, err = r.Restore(ctx, o)
				return err
			})
			return status, err
		}
	},
}
