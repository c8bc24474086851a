package cli

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/stats"
	"rt/libcontainer/container"
)

// Runtime is what the verbs call: the methods of container.Runtime. It is an
// interface so that parsing and output can be tested without containers.
type Runtime interface {
	Create(ctx context.Context, o container.CreateOptions) error
	Run(ctx context.Context, o container.RunOptions) (exit int, err error)
	Exec(ctx context.Context, o container.ExecOptions) (exit int, err error)
	Start(ctx context.Context, id string) error
	State(id string) (*container.State, error)
	List() (states []container.State, broken []error)
	Kill(id string, sig unix.Signal, all bool) error
	Delete(ctx context.Context, id string, force bool) error
	Processes(id string) ([]int, error)
	Ps(ctx context.Context, id string, options []string) ([]byte, error)
	Pause(ctx context.Context, id string) error
	Resume(ctx context.Context, id string) error
	Update(ctx context.Context, o container.UpdateOptions) error
	Checkpoint(ctx context.Context, o container.CheckpointOptions) error
	Restore(ctx context.Context, o container.RestoreOptions) (exit int, err error)
	Stats(id string) (*stats.Stats, error)
	Events(ctx context.Context, id string, interval time.Duration, emit func(container.Event) error) error
	Plan(o container.CreateOptions, asJSON bool) ([]byte, error)
	Validate(bundle string) []container.Finding
}
