package cli

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/stats"
	"rt/libcontainer/container"
)

// fakeRuntime records what the command line asked for and answers with what the
// test prepared.
type fakeRuntime struct {
	opened   container.Runtime
	call     string
	create   container.CreateOptions
	run      container.RunOptions
	exec     container.ExecOptions
	update   container.UpdateOptions
	dump     container.CheckpointOptions
	restore  container.RestoreOptions
	warnings []string

	exit     int
	err      error
	state    *container.State
	states   []container.State
	broken   []error
	findings []container.Finding
	pids     []int
	stats    *stats.Stats
	events   []container.Event
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

func (f *fakeRuntime) Exec(_ context.Context, o container.ExecOptions) (int, error) {
	f.exec = o
	return f.exit, f.note("exec %s %q", o.ID, o.Args)
}

func (f *fakeRuntime) Processes(id string) ([]int, error) { return f.pids, f.note("processes %s", id) }

func (f *fakeRuntime) Ps(_ context.Context, id string, options []string) ([]byte, error) {
	return []byte("the table\n"), f.note("ps %s %q", id, options)
}

func (f *fakeRuntime) Pause(_ context.Context, id string) error  { return f.note("pause %s", id) }
func (f *fakeRuntime) Resume(_ context.Context, id string) error { return f.note("resume %s", id) }

func (f *fakeRuntime) Update(_ context.Context, o container.UpdateOptions) error {
	f.update = o
	return f.note("update %s", o.ID)
}

func (f *fakeRuntime) Checkpoint(_ context.Context, o container.CheckpointOptions) error {
	f.dump = o
	return f.note("checkpoint %s", o.ID)
}

func (f *fakeRuntime) Restore(_ context.Context, o container.RestoreOptions) (int, error) {
	f.restore = o
	return f.exit, f.note("restore %s", o.ID)
}

func (f *fakeRuntime) Stats(id string) (*stats.Stats, error) { return f.stats, f.note("stats %s", id) }

func (f *fakeRuntime) Events(_ context.Context, id string, interval time.Duration, emit func(container.Event) error) error {
	for _, e := range slices.Clone(f.events) {
		if err := emit(e); err != nil {
			return err
		}
	}
	return f.note("events %s %v", id, interval)
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
		StderrRead: func() bool { return false },
		Open: func(r container.Runtime) Runtime {
			f.opened = r
			return f
		},
	}
	return result{a.Run(args), out.String(), errs.String()}
}
