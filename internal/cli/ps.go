package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
)

var psCommand = command{
	name:     "ps",
	synopsis: "ID [PS OPTION...]",
	brief:    "list the processes of a container",
	help: `Runs ps(1) with the given options (default -ef) and prints the lines about processes
of the container ID. The options must be such that there is a column PID. With
--format json it prints an array of pids and needs no ps. Options of rt stand before
ID. A container that has ended has no processes, which is no error.`,
	min: 1, max: math.MaxInt, literal: true,
	setup: func(f *flagSet) action {
		format := "table"
		f.text(&format, "format", "f", "FORMAT", "table or json")
		return func(c *call) (int, error) {
			if format != "table" && format != "json" {
				return 0, usageError{fmt.Sprintf("--format: %q is neither table nor json", format)}
			}
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			if format == "json" {
				pids, err := r.Processes(c.args[0])
				if err != nil {
					return 0, err
				}
				return 0, c.print(pidList(pids))
			}
			return 0, interruptibly(func(ctx context.Context) error {
				table, err := r.Ps(ctx, c.args[0], c.args[1:])
				if err != nil {
					return err
				}
				return c.print(table)
			})
		}
	},
}

func pidList(pids []int) []byte {
	b := []byte{'['}
	for i, pid := range pids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(pid), 10)
	}
	return append(b, ']', '\n')
}
