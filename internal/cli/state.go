package cli

import "encoding/json"

var stateCommand = command{
	name:     "state",
	synopsis: "ID",
	brief:    "print the state of a container as JSON",
	help: `Prints the state of the container ID as JSON: ociVersion, id, pid, status
(creating, created, running, paused or stopped), bundle, rootfs, created,
annotations, owner. A container that was never able to execute its program has
the reason in error.`,
	min: 1, max: 1,
	setup: func(*flagSet) action {
		return func(c *call) (int, error) {
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			s, err := r.State(c.args[0])
			if err != nil {
				return 0, err
			}
			return 0, c.printJSON(s, "  ")
		}
	},
}

// printJSON prints v, indented, with one write.
func (c *call) printJSON(v any, indent string) error {
	b, err := json.MarshalIndent(v, "", indent)
	if err != nil {
		return err
	}
	return c.print(append(b, '\n'))
}

func (c *call) print(b []byte) error {
	_, err := c.app.Stdout.Write(b)
	return err
}
