// Package state keeps what is known about containers between calls: one
// directory each below the root directory, with a record that is on disk before
// the container's first side effect and is replaced atomically.
package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
)

// Schema is the version of the record's format.
const Schema = 1

// Record is what state.json holds.
type Record struct {
	Schema       int               `json:"schema"`
	OCIVersion   string            `json:"ociVersion"`
	ID           string            `json:"id"`
	Status       string            `json:"status"` // creating or created; everything later is asked of the kernel
	Pid          int               `json:"pid"`
	StartTime    uint64            `json:"startTime"` // of Pid, in ticks since boot
	StageDev     uint64            `json:"stageDev"`  // identity of the init stage's program:
	StageIno     uint64            `json:"stageIno"`  // a process that runs it is at the gate
	BootID       string            `json:"bootID"`
	Creator      int               `json:"creator"` // pid of the process that creates it
	CreatorTime  uint64            `json:"creatorTime"`
	Bundle       string            `json:"bundle"`
	Rootfs       string            `json:"rootfs"`
	Created      time.Time         `json:"created"`
	Owner        int               `json:"owner"` // uid of the creator
	Annotations  map[string]string `json:"annotations,omitempty"`
	Cgroups      []string          `json:"cgroups,omitempty"`  // the container's directories
	Unit         string            `json:"unit,omitempty"`     // the systemd unit that they are of
	UserUnit     bool              `json:"userUnit,omitempty"` // it is of the owner's instance of systemd
	Resctrl      Resctrl           `json:"resctrl,omitzero"`
	PidFile      string            `json:"pidFile,omitempty"` // where create writes Pid for its caller
	OwnPidNS     bool              `json:"ownPidNS"`
	Poststart    []specs.Hook      `json:"poststart,omitempty"`
	Poststop     []specs.Hook      `json:"poststop,omitempty"`
	Late         []Late            `json:"late,omitempty"`         // operations that can fail after the gate
	Notify       string            `json:"notify,omitempty"`       // the caller's NOTIFY_SOCKET
	Checkpointed bool              `json:"checkpointed,omitempty"` // it ended with its processes saved
	Restored     bool              `json:"restored,omitempty"`     // criu has made its processes
	Error        string            `json:"error,omitempty"`        // why the process was never executed

	// Changed tells that the file is not as it was written. What it says of paths
	// is not to be acted upon: they may be somebody else's.
	Changed bool `json:"-"`
}

// Resctrl is where a container's processes are in the resctrl file system.
type Resctrl struct {
	Dir     string   `json:"dir"`               // the class of service
	Monitor string   `json:"monitor,omitempty"` // the monitoring group
	Remove  []string `json:"remove,omitempty"`  // what goes with the container, in this order
}

// Late explains an operation behind the gate: what its failure is said to be.
type Late struct {
	Op   int    `json:"op"`
	Text string `json:"text"`
}

// Names of files in a container's directory.
const (
	RecordFile = "state.json"
	IntentFile = "cgroups" // the program of init, then the systemd unit, the cgroup directories and groups of resctrl, one a line: for when state.json is lost
)

// maxRecord bounds state.json; annotations may be tens of kilobytes.
const maxRecord = 16 << 20

// ErrNotExist is the error for a container that is not there. Engines look for
// these words.
var ErrNotExist = errors.New("container does not exist")

// ErrExists is the error for an id that is taken.
var ErrExists = errors.New("container with given ID already exists")

// ErrCorrupt is the error for a record that cannot be read back.
var ErrCorrupt = errors.New("state.json is corrupt; delete --force removes the container")

// CheckID checks that an id can name a directory and a cgroup.
func CheckID(id string) error {
	const allowed = "letters, digits, and the characters _ + - ."
	switch {
	case id == "":
		return fmt.Errorf("container id is empty, want %s", allowed)
	case id == "." || id == "..":
		return fmt.Errorf("container id is %q, want a name of %s", id, allowed)
	case len(id) > unix.NAME_MAX:
		return fmt.Errorf("container id has %d bytes, the limit is %d", len(id), unix.NAME_MAX)
	}
	for _, c := range []byte(id) {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && !strings.ContainsRune("_+-.", rune(c)) {
			return fmt.Errorf("container id is %q, want only %s", id, allowed)
		}
	}
	return nil
}

// Dir is a container's directory.
func Dir(root, id string) string { return filepath.Join(root, id) }

// Load reads a container's record.
func Load(root, id string) (*Record, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	data, err := sys.ReadFile(Dir(root, id)+"/"+RecordFile, maxRecord)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("container %s: %w: %w", id, ErrCorrupt, err)
	}
	rec, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("container %s: %w: %w", id, ErrCorrupt, err)
	}
	rec.Changed = !summed(data)
	if rec.ID != id || rec.Schema < 1 {
		return nil, fmt.Errorf("container %s: %w: it names container %q, schema %d", id, ErrCorrupt, rec.ID, rec.Schema)
	}
	if rec.Schema > Schema {
		return nil, fmt.Errorf("container %s: state.json has schema %d, this version knows up to %d", id, rec.Schema, Schema)
	}
	return rec, nil
}

// List returns the names below root that are containers' directories.
func List(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && CheckID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// CacheDir is the directory below the root directory that keeps compiled seccomp
// filters; its name is no valid id.
const CacheDir = ".cache~"
