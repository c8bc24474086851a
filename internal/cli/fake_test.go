package cli

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/container"
)

// fakeRuntime records what the command line asked for and answers with what the
// test prepared.
type fakeRuntime struct {
	opened   container.Runtime
	call     string
	create   container.CreateOptions
	run      container.RunOptions
	warnings []string

	exit     int
	err      error
	state    *container.State
	states   []container.State
	broken   []error
	findings []container.Finding
}

func (f *fakeRuntime) note(format string, args ...any) error {
	f.call = fmt.Sprintf(format, args...)
	for _, w := range f.warnings {
		f.opened.Warn(w)
	}
	return f.err
}

func (f *fakeRuntime) Create(_ context.Context, o container.CreateOptions) error {
	f.create = o
	return f.note("create %s", o.ID)
}

func (f *fakeRuntime) Run(_ context.Context, o container.RunOptions) (int, error) {
	f.run = o
	return f.exit, f.note("run %s", o.ID)
}

func (f *fakeRuntime) Start(_ context.Context, id string) error { return f.note("start %s", id) }

func (f *fakeRuntime) State(id string) (*container.State, error) {
	return f.state, f.note("state %s", id)
}

func (f *fakeRuntime) List() ([]container.State, []error) {
	f.note("list")
	return f.states, f.broken
}

func (f *fakeRuntime) Kill(id string, sig unix.Signal, all bool) error {
	return f.note("kill %s %d all=%t", id, int(sig), all)
}

func (f *fakeRuntime) Delete(_ context.Context, id string, force bool) error {
	return f.note("delete %s force=%t", id, force)
}

func (f *fakeRuntime) Plan(o container.CreateOptions, asJSON bool) ([]byte, error) {
	f.create = o
	return []byte("the plan\n"), f.note("plan %s json=%t", o.ID, asJSON)
}

func (f *fakeRuntime) Validate(bundle string) []container.Finding {
	f.note("validate %s", bundle)
	return f.findings
}

// result is what a caller of the program sees.
type result struct {
	status         int
	stdout, stderr string
}

// rt runs a command line against f.
func (f *fakeRuntime) rt(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	a := App{
		Name: "rt", Stdout: &out, Stderr: &errs,
		StderrTTY: func() bool { return false },
		Open: func(r container.Runtime) Runtime {
			f.opened = r
			return f
		},
	}
	return result{a.Run(args), out.String(), errs.String()}
}
