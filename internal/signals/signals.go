// Package signals turns signals into values, as os/signal does, without the threads
// that os/signal needs: see docs/adr/0010-signals.md.
package signals

import "golang.org/x/sys/unix"

// room is how many signals may wait to be received; further ones are lost, as
// signals may be.
const room = 64

// All are the signals that can be caught and are about what a process is doing, not
// about how it does it: neither faults nor those of the Go runtime and of C libraries.
func All() []unix.Signal {
	var list []unix.Signal
	for n := 1; n < 65; n++ {
		switch s := unix.Signal(n); s {
		case unix.SIGKILL, unix.SIGSTOP, unix.SIGURG, unix.SIGPIPE, unix.SIGPROF,
			unix.SIGSEGV, unix.SIGBUS, unix.SIGILL, unix.SIGFPE, unix.SIGTTIN, unix.SIGTTOU:
		case 32, 33, 34: // used by C libraries
		default:
			list = append(list, s)
		}
	}
	return list
}
