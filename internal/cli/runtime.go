package cli

import (
	"context"

	"golang.org/x/sys/unix"

	"rt/libcontainer/container"
)

// Runtime is what the verbs call: the methods of container.Runtime. It is an
// interface so that parsing and output can be tested without containers.
type Runtime interface {
	Create(ctx context.Context, o container.CreateOptions) error
	Run(ctx context.Context, o container.RunOptions) (exit int, err error)
	Start(ctx context.Context, id string) error
	State(id string) (*container.State, error)
	List() (states []container.State, broken []error)
	Kill(id string, sig unix.Signal, all bool) error
	Delete(ctx context.Context, id string, force bool) error
	Plan(o container.CreateOptions, asJSON bool) ([]byte, error)
	Validate(bundle string) []container.Finding
}
