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

func main() {
	if cli.WriteVersion(os.Args) {
		return
	}
	host.CallerTimerSlack = callerTimerSlack
	os.Exit(cli.Main(os.Args, func(r container.Runtime) cli.Runtime { return &r }))
}
