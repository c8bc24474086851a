package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"rt/libcontainer/container"
)

var execCommand = command{
	name:     "exec",
	synopsis: "ID COMMAND [ARGUMENT...]",
	brief:    "run another process in a container",
	help: `Runs COMMAND in the running container ID and waits until it ends. What is not said
is as in the container's configuration. Signals are passed on as run does. Options
stand before ID: what follows it belongs to the command. The exit status is that of
the process, 128 + n if signal n killed it, or 255 if it could not be run.`,
	min: 1, max: math.MaxInt, literal: true, failure: 255,
	setup: func(f *flagSet) action {
		var o container.ExecOptions
		execFlags(f, &o)
		return func(c *call) (int, error) {
			o.ID, o.Args = c.args[0], c.args[1:]
			if o.Trace == "" {
				o.Trace = c.globals.trace
			}
			switch {
			case o.PreserveFDs < 0:
				return 0, usageError{fmt.Sprintf("--preserve-fds: %d is negative", o.PreserveFDs)}
			case o.ProcessFile == "" && len(o.Args) == 0:
				return 0, usageError{"exec: no command is given; name one after ID, or a file with --process"}
			case o.ProcessFile != "" && len(o.Args) > 0:
				return 0, usageError{fmt.Sprintf("exec: unexpected argument %q; the command is in the file of --process", o.Args[0])}
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			// In the foreground signals are for the process, not for the runtime.
			if !o.Detach {
				return r.Exec(context.Background(), o)
			}
			status := 0
			err = interruptibly(func(ctx context.Context) (err error) {
				status, err = r.Exec(ctx, o)
				return err
			})
			return status, err
		}
	},
}

func execFlags(f *flagSet, o *container.ExecOptions) {
	f.text(&o.ProcessFile, "process", "p", "FILE", "run the process that is described in FILE, a process.json")
	f.text(&o.Cwd, "cwd", "", "DIR", "working directory in the container")
	f.each("env", "e", "NAME=VALUE", "set an environment variable; may be repeated", func(s string) error {
		o.Env = append(o.Env, s)
		return nil
	})
	f.toggle(&o.Tty, "tty", "t", "give the process a terminal")
	f.text(&o.User, "user", "u", "UID[:GID]", "user and group of the process")
	f.each("additional-gids", "g", "GID", "additional group of the process; may be repeated", func(s string) error {
		gid, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return fmt.Errorf("want a number up to %d", uint32(math.MaxUint32))
		}
		o.AdditionalGids = append(o.AdditionalGids, uint32(gid))
		return nil
	})
	f.each("cap", "c", "CAPABILITY", "add a capability, such as CAP_SYS_PTRACE; may be repeated", func(s string) error {
		o.Caps = append(o.Caps, s)
		return nil
	})
	f.toggle(&o.NoNewPrivs, "no-new-privs", "", "set no_new_privs of prctl(2)")
	f.text(&o.AppArmor, "apparmor", "", "PROFILE", "AppArmor profile of the process")
	f.text(&o.ProcessLabel, "process-label", "", "LABEL", "SELinux label of the process")
	f.toggle(&o.Detach, "detach", "d", "return once the process runs")
	f.text(&o.PidFile, "pid-file", "", "FILE", "write the pid of the process to FILE")
	f.text(&o.ConsoleSocket, "console-socket", "", "PATH", "unix socket that receives the master of the process's terminal")
	f.text(&o.PidfdSocket, "pidfd-socket", "", "PATH", "unix socket that receives a pidfd of the process")
	f.number(&o.PreserveFDs, "preserve-fds", "", "N", "pass N descriptors to the process, after stdio and $LISTEN_FDS")
	f.each("cgroup", "", "[CONTROLLERS:]PATH", "enter an existing cgroup below the container's; may be repeated", func(s string) error {
		o.Cgroups = append(o.Cgroups, s)
		return nil
	})
	f.toggle(&o.IgnorePaused, "ignore-paused", "", "also if the container is paused; the process runs once it is resumed")
	f.text(&o.Trace, "trace", "", "FILE", "write the time of every operation in Chrome trace format")
}
