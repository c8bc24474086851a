// rt is a low-level OCI container runtime.
package main

import (
	"os"

	"rt/internal/cli"
	"rt/libcontainer/container"
)

func main() {
	if cli.WriteVersion(os.Args) {
		return
	}
	populateHeap()
	os.Exit(cli.Main(os.Args, func(r container.Runtime) cli.Runtime { return &r }))
}
