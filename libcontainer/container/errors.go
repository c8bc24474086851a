package container

import "fmt"

// refusal is an error about what a container is doing. Its text has the words
// that engines look for, and its code is for programs that read the JSON log.
type refusal struct {
	code string
	text string
}

func (e *refusal) Error() string { return e.text }

// Code is the stable name of the error: docs/errors.md.
func (e *refusal) Code() string { return e.code }

// The refusals whose text does not depend on the container.
var (
	errNotRunning   = &refusal{"not-running", "container not running"}
	errNotPaused    = &refusal{"not-paused", "container not paused"}
	errStartRunning = &refusal{"cannot-start", "cannot start an already running container"}
	errStartPaused  = &refusal{"cannot-start", "cannot start a paused container"}
	errStartStopped = &refusal{"cannot-start", "cannot start a container that has stopped"}
	errStartEarly   = &refusal{"cannot-start", "cannot start a container that is still being created"}
	errStartGone    = &refusal{"cannot-start", "cannot start a container whose init is not waiting"}
	errExecStopped  = &refusal{"not-running", "cannot exec in a stopped container"}
	errExecPaused   = &refusal{"paused", "cannot exec in a paused container (use --ignore-paused to override)"}
)

// cannotCheckpoint refuses to save what is not running.
func cannotCheckpoint(id, status string) error {
	return &refusal{"not-running", fmt.Sprintf("container %s cannot be checkpointed in %s state; want running or paused", id, status)}
}

// notStopped refuses to delete a container that still does something.
func notStopped(id, status string) error {
	return &refusal{"not-stopped", fmt.Sprintf("cannot delete container %s that is not stopped: %s", id, status)}
}

// noStats refuses to report on a container that has ended.
func noStats(id string) error {
	return &refusal{"not-running", fmt.Sprintf("container with id %s is not running", id)}
}

// commandError is the failure to find or to execute process.args[0].
type commandError struct {
	error
	code string
}

func (e *commandError) Unwrap() error { return e.error }

// Code tells a command that is not there from one that cannot be executed.
func (e *commandError) Code() string { return e.code }
