//go:build !amd64

package signals

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Notify makes the signals of list arrive on the returned channel instead of doing
// what they do by default.
func Notify(list ...unix.Signal) (<-chan unix.Signal, error) {
	in, out := make(chan os.Signal, room), make(chan unix.Signal, room)
	for _, s := range list {
		signal.Notify(in, s)
	}
	go func() {
		for s := range in {
			out <- s.(unix.Signal)
		}
	}()
	return out, nil
}
