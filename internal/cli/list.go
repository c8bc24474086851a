package cli

import (
	"bytes"
	"fmt"
	"text/tabwriter"
	"time"

	"rt/libcontainer/container"
)

var listCommand = command{
	name:  "list",
	brief: "list the containers of a root directory",
	help: `Lists the containers whose state is below --root. An entry that cannot be read
is named on stderr and leaves the others as they are.`,
	setup: func(f *flagSet) action {
		format := "table"
		var quiet bool
		f.text(&format, "format", "f", "FORMAT", "table or json")
		f.toggle(&quiet, "quiet", "q", "print ids only")
		return func(c *call) (int, error) {
			if format != "table" && format != "json" {
				return 0, usageError{fmt.Sprintf("--format: %q is neither table nor json", format)}
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			states, broken := r.List()
			for _, err := range broken {
				fmt.Fprintf(c.app.Stderr, "warning: %s\n", oneLine(err.Error()))
			}
			switch {
			case quiet:
				return 0, c.print(ids(states))
			case format == "json":
				if states == nil {
					states = []container.State{} // "[]", not "null"
				}
				return 0, c.printJSON(states, "  ")
			}
			return 0, c.print(table(states))
		}
	},
}

func ids(states []container.State) []byte {
	var b bytes.Buffer
	for _, s := range states {
		b.WriteString(s.ID + "\n")
	}
	return b.Bytes()
}

func table(states []container.State) []byte {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 12, 1, 3, ' ', 0)
	fmt.Fprint(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n")
	for _, s := range states {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", s.ID, s.Pid, s.Status,
			oneLine(s.Bundle), s.Created.Format(time.RFC3339Nano), s.Owner)
	}
	w.Flush()
	return b.Bytes()
}
