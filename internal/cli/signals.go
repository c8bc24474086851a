package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/internal/signals"
)

// The real-time signals as glibc numbers them: the two below belong to it.
const (
	sigRTMin = 34
	sigRTMax = 64
)

// parseSignal reads a signal by number or by name, with or without SIG, in any
// case: 9, KILL, SIGKILL, SIGRTMIN+3, RTMAX-1. 0 probes for existence.
func parseSignal(s string) (unix.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 || n > sigRTMax {
			return 0, usageError{fmt.Sprintf("unknown signal %q; numbers go from 0 to %d", s, sigRTMax)}
		}
		return unix.Signal(n), nil
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if n, ok := realtime(name); ok {
		return unix.Signal(n), nil
	}
	switch name {
	case "CLD":
		name = "CHLD"
	case "POLL":
		name = "IO"
	case "IOT":
		name = "ABRT"
	}
	if n := unix.SignalNum("SIG" + name); n != 0 {
		return n, nil
	}
	return 0, usageError{fmt.Sprintf("unknown signal %q; a number or a name of signal(7) is needed, such as 15, TERM or SIGRTMIN+3", s)}
}

// realtime reads RTMIN, RTMIN+n, RTMAX and RTMAX-n.
func realtime(name string) (int, bool) {
	base, sign := sigRTMin, "+"
	offset, ok := strings.CutPrefix(name, "RTMIN")
	if !ok {
		base, sign = sigRTMax, "-"
		if offset, ok = strings.CutPrefix(name, "RTMAX"); !ok {
			return 0, false
		}
	}
	if offset == "" {
		return base, true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(offset, sign), 10, 8)
	if err != nil || !strings.HasPrefix(offset, sign) || n > sigRTMax-sigRTMin {
		return 0, false
	}
	if sign == "-" {
		return base - int(n), true
	}
	return base + int(n), true
}

// interruptibly carries out a verb that may wait, on a hook, a FIFO or a dying process:
// SIGINT and SIGTERM cancel its context, and the error names the signal then.
func interruptibly(verb func(context.Context) error) error {
	received, err := signals.Notify(unix.SIGINT, unix.SIGTERM)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { cancel(fmt.Errorf("interrupted by %s", unix.SignalName(<-received))) }()
	err = verb(ctx)
	cause := context.Cause(ctx)
	if err == nil || cause == nil || !errors.Is(err, context.Canceled) || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
