// Package container is the runtime's verbs on containers: what the command line
// calls and the only package that sees every other one.
package container

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/stats"
)

// Runtime is what the global flags select: where state is kept and how cgroups
// are managed. Its methods are the verbs.
type Runtime struct {
	Root          string // the state directory, absolute
	SystemdCgroup bool   // use systemd to manage cgroups
	Rootless      string // "true", "false" or "auto"

	// Warn is called with one line for each thing that the configuration asks for
	// and that is not honoured. It may be nil.
	Warn func(string)
}

// CreateOptions are the flags that create and run share.
type CreateOptions struct {
	ID            string
	Bundle        string // path of the bundle, relative to the working directory or absolute
	PidFile       string
	ConsoleSocket string // unix socket that receives the terminal's master
	PidfdSocket   string // unix socket that receives a pidfd of init
	NoPivot       bool   // move the root mount instead of pivot_root(2)
	NoNewKeyring  bool   // keep the caller's session keyring
	PreserveFDs   int    // how many descriptors after stderr the process inherits
	Trace         string // file for a Chrome trace of every operation
}

// RunOptions are the flags of run.
type RunOptions struct {
	CreateOptions
	Detach      bool
	Keep        bool // do not delete the container when it ends
	NoSubreaper bool // do not become a child subreaper
}

// ExecOptions are the flags of exec. What is left empty is as in the container's
// configuration.
type ExecOptions struct {
	ID             string
	ProcessFile    string   // process.json; then the flags about the process are not used
	Args           []string // the command
	Cwd            string
	Env            []string // added to the container's
	Tty            bool
	User           string // UID[:GID]
	AdditionalGids []uint32
	Caps           []string // added to the container's
	NoNewPrivs     bool
	AppArmor       string
	ProcessLabel   string
	Detach         bool
	PidFile        string
	ConsoleSocket  string
	PidfdSocket    string
	PreserveFDs    int
	Cgroups        []string // sub-cgroup to enter: [CONTROLLERS:]PATH
	IgnorePaused   bool
	Trace          string
}

// State is a container as state and list show it.
// The first eight fields are the OCI state plus what runc's callers read.
type State struct {
	Version     string            `json:"ociVersion"`
	ID          string            `json:"id"`
	Pid         int               `json:"pid"`
	Status      string            `json:"status"`
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Created     time.Time         `json:"created"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Owner       string            `json:"owner"`
	Error       string            `json:"error,omitempty"` // why the process was never executed
}

// Finding is one thing that validate has to say.
type Finding struct {
	Severity string `json:"severity"` // "error" or "warning"
	Field    string `json:"field"`    // JSON path, for instance linux.maskedPaths[2]
	Message  string `json:"message"`
}

// verbs documents the methods that the command line calls; their files are
// named after them.
type verbs interface {
	Create(ctx context.Context, o CreateOptions) error
	Run(ctx context.Context, o RunOptions) (exit int, err error)
	Start(ctx context.Context, id string) error
	State(id string) (*State, error)
	List() (states []State, broken []error)
	Kill(id string, sig unix.Signal, all bool) error
	Delete(ctx context.Context, id string, force bool) error
	// Exec runs a process in a running container; the exit code is the process's.
	Exec(ctx context.Context, o ExecOptions) (exit int, err error)
	// Ps is a table of the processes of a container, made by ps(1).
	Ps(ctx context.Context, id string, options []string) ([]byte, error)
	Processes(id string) ([]int, error)
	Pause(ctx context.Context, id string) error
	Resume(ctx context.Context, id string) error
	Update(ctx context.Context, o UpdateOptions) error
	Checkpoint(ctx context.Context, o CheckpointOptions) error
	Restore(ctx context.Context, o RestoreOptions) (exit int, err error)
	Stats(id string) (*stats.Stats, error)
	Events(ctx context.Context, id string, interval time.Duration, emit func(Event) error) error
	// Plan writes the operations that create would do, as a listing or as JSON.
	Plan(o CreateOptions, asJSON bool) ([]byte, error)
	// Validate reads a bundle and reports every finding.
	Validate(bundle string) []Finding
}
