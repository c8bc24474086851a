// Command gen writes decode_gen.go, the decoder of config.json: one method for
// each type of the runtime specification that a Linux runtime needs. It runs
// reflection here so that the runtime does not have to at its start.
package main

import (
	"fmt"
	"log"
	"os"
)

func main() {
	src, err := generate()
	if err == nil {
		err = os.WriteFile("decode_gen.go", src, 0o644)
	}
	if err != nil {
		log.SetFlags(0)
		log.Fatal(fmt.Errorf("gen: %w", err))
	}
}
