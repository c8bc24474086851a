package cli

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"rt/libcontainer/launch"
	"rt/libcontainer/spec"
	"rt/libcontainer/state"
)

// errorCode is the stable name of an error, for programs that read the JSON log.
// Texts may get better; a code stays (docs/errors.md). An error that has a method
// Code names itself.
func errorCode(err error) string {
	var coded interface{ Code() string }
	var syntax *spec.DecodeError
	var errno unix.Errno
	switch {
	case errors.As(err, &coded):
		return coded.Code()
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, state.ErrNotExist):
		return "not-exist"
	case errors.Is(err, state.ErrExists):
		return "exists"
	case errors.Is(err, state.ErrCorrupt):
		return "corrupt-state"
	case errors.As(err, &syntax):
		return "config-syntax"
	case errors.Is(err, launch.ErrHookTimeout):
		return "hook-timeout"
	case errors.Is(err, launch.ErrInitDied):
		return "init-died"
	case errors.Is(err, fs.ErrPermission):
		return "permission"
	case errors.Is(err, fs.ErrNotExist):
		return "no-such-file"
	case errors.Is(err, errors.ErrUnsupported):
		return "unsupported"
	case errors.As(err, &errno):
		return "system"
	}
	return "failed"
}
