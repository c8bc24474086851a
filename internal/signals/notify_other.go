//go:build !amd64

package signals

import (
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// receiver is who gets them.
var receiver struct {
	sync.Mutex
	in    chan os.Signal
	known []os.Signal // that were asked for
}

// Notify makes the signals of list, and those of earlier calls, arrive on the returned
// channel from now on, instead of doing what they do by default.
func Notify(list ...unix.Signal) (<-chan unix.Signal, error) {
	receiver.Lock()
	defer receiver.Unlock()
	for _, s := range list {
		receiver.known = append(receiver.known, s)
	}
	in, out := make(chan os.Signal, room), make(chan unix.Signal, room)
	signal.Notify(in, receiver.known...)
	if receiver.in != nil {
		signal.Stop(receiver.in)
	}
	receiver.in = in
	go func() {
		for s := range in {
			out <- s.(unix.Signal)
		}
	}()
	return out, nil
}
