package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rt/libcontainer/container"
)

var eventsCommand = command{
	name:     "events",
	synopsis: "ID",
	brief:    "print what a container uses, and when it is out of memory, as JSON",
	help: `Prints one JSON object a line: of type stats, with what the container ID uses, every
interval, and of type oom each time that it is out of memory. Ends when the
container does.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		interval := "5s"
		var once bool
		f.text(&interval, "interval", "", "DURATION", "time between statistics, such as 500ms, 5s or 1m (default 5s)")
		f.toggle(&once, "stats", "", "print the statistics once")
		return func(c *call) (int, error) {
			every, err := time.ParseDuration(interval)
			if err != nil || every <= 0 {
				return 0, usageError{fmt.Sprintf("--interval: %q is no duration greater than 0, such as 500ms, 5s or 1m", interval)}
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			if once {
				s, err := r.Stats(c.args[0])
				if err != nil {
					return 0, err
				}
				return 0, c.printEvent(container.Event{Type: "stats", ID: c.args[0], Data: s})
			}
			// SIGINT and SIGTERM end it as they end any program: nothing is left to do.
			return 0, r.Events(context.Background(), c.args[0], every, c.printEvent)
		}
	},
}

// printEvent prints one event with one write.
func (c *call) printEvent(e container.Event) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return c.print(append(b, '\n'))
}
