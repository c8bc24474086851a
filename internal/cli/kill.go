package cli

import "golang.org/x/sys/unix"

var killCommand = command{
	name:     "kill",
	synopsis: "ID [SIGNAL]",
	brief:    "send a signal to the first process of a container",
	help: `Sends SIGNAL (default TERM) to the first process of the container ID. SIGNAL is a
number or a name of signal(7), with or without SIG: 9, KILL, SIGRTMIN+3. Signal 0
only asks whether the process is there.`,
	min: 1, max: 2,
	setup: func(f *flagSet) action {
		var all bool
		f.toggle(&all, "all", "a", "send it to every process of the container; no error if none is left")
		return func(c *call) (int, error) {
			sig := unix.SIGTERM
			if len(c.args) > 1 {
				var err error
				if sig, err = parseSignal(c.args[1]); err != nil {
					return 0, err
				}
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, r.Kill(c.args[0], sig, all)
		}
	},
}
