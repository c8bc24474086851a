package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
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

// interruptible returns a context that SIGINT and SIGTERM cancel; its cause names
// the signal. For verbs that may wait, on a hook, a FIFO or a dying process.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
}

// interrupted names the signal that made a verb fail, if that was the reason.
func interrupted(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil || !errors.Is(err, context.Canceled) || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
