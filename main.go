// rt is a low-level OCI container runtime.
package main

import (
	"os"

	"rt/internal/cli"
	"rt/libcontainer/container"
	"rt/libcontainer/host"
)

// callerTimerSlack is set by the program's entry point, where there is one of our own.
var callerTimerSlack uint64

// growStack gives the goroutine at once the stack that a verb needs in the end: growing
// it step by step walks all frames each time, with the tables that tell where their
// pointers are, which is a twentieth of the CPU time of a run.
func growStack()

func main() {
	growStack()
	if cli.WriteVersion(os.Args) {
		return
	}
	host.CallerTimerSlack = callerTimerSlack
	os.Exit(cli.Main(os.Args, func(r container.Runtime) cli.Runtime { return &r }))
}
