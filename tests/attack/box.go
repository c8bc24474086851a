package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// box is a bundle, a state directory and a canary to be watched.
type box struct {
	*options
	bundle, fs, state, canary string
	config                    specs.Spec
	extra                     []*os.File // descriptors that the caller leaves open
	stdio                     *os.File   // the container's, /dev/null if nil
}

// limit is how long a call may take before it counts as hung. The answer to a hostile
// tree comes within a second, on a machine that has nothing else to do.
const limit = 8 * time.Second

func newBox(o *options) (*box, error) {
	b := &box{options: o, bundle: o.dir + "/bundle", fs: o.dir + "/bundle/rootfs", state: o.dir + "/state", canary: o.dir + "/canary"}
	for _, dir := range []string{b.bundle, b.state} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return nil, err
		}
	}
	if out, err := exec.Command("cp", "-a", o.rootfs, b.fs).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copying %s: %w: %s", o.rootfs, err, out)
	}
	return b, b.makeCanary()
}

// secret is what a file of the host says that no container may read.
const secret = "the-host's-secret"

// makeCanary makes a directory of the host with everything that links point at.
func (b *box) makeCanary() error {
	for _, dir := range []string{b.canary, b.canary + "/dir", b.canary + "/empty"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"ptmx", "null", "console", "passwd", "core_pattern", "dir/file"} {
		if err := os.WriteFile(filepath.Join(b.canary, name), []byte(secret+"\n"), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(b.canary+"/program", []byte("#!/bin/sh\necho "+secret+"\n"), 0o755)
}

// defaults is the configuration that every attack starts from.
func (b *box) defaults() specs.Spec {
	return specs.Spec{
		Version: "1.0.2",
		Root:    &specs.Root{Path: "rootfs"},
		Process: &specs.Process{
			Args: []string{"sleep", "100"}, Cwd: "/", Env: []string{"PATH=/bin:/sbin:/usr/bin"},
			NoNewPrivileges: true, Capabilities: &specs.LinuxCapabilities{},
		},
		Hostname: "box",
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666"}},
			{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		},
		Linux: &specs.Linux{
			CgroupsPath: "/" + b.id,
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
			},
			MaskedPaths:   []string{"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware", "/proc/scsi"},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
}

// withoutMounts drops the mounts at and below a path.
func withoutMounts(list []specs.Mount, path string) (rest []specs.Mount) {
	for _, m := range list {
		if m.Destination != path && !strings.HasPrefix(m.Destination, path+"/") {
			rest = append(rest, m)
		}
	}
	return rest
}

func (b *box) writeConfig() error {
	data, err := json.Marshal(b.config)
	if err != nil {
		return err
	}
	return os.WriteFile(b.bundle+"/config.json", data, 0o644)
}

// result is how a call ended.
type result struct {
	args           []string
	status         int
	hung           bool
	stdout, stderr string
	took           time.Duration
}

// call runs the runtime. Everything it writes goes to files: a pipe would be held by
// the container, and then by this process.
func (b *box) call(args ...string) result {
	out, errs := b.dir+"/out", b.dir+"/err"
	if args[0] == "create" {
		out = b.dir + "/container" // where the container goes on writing
	}
	os.Remove(out)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.runtime, append([]string{"--root", b.state}, args...)...)
	cmd.WaitDelay = time.Second
	cmd.ExtraFiles = b.extra
	stdout, err := os.Create(out)
	if err != nil {
		return result{status: -1, stderr: err.Error()}
	}
	defer stdout.Close()
	stderr, err := os.Create(errs)
	if err != nil {
		return result{status: -1, stderr: err.Error()}
	}
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if b.stdio != nil && args[0] == "create" {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = b.stdio, b.stdio, b.stdio
	}
	start := time.Now()
	err = cmd.Run()
	r := result{args: args, took: time.Since(start)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		r.hung = true
	case errors.As(err, &exit):
		r.status = exit.ExitCode()
	case err != nil:
		r.status = -1
	}
	text, _ := os.ReadFile(out)
	r.stdout = string(text)
	text, _ = os.ReadFile(errs)
	r.stderr = strings.TrimSuffix(string(text), "\n")
	return r
}

// manners are what is wrong with a call whatever it was about: a hang, a panic, or a
// failure without exactly one line.
func (b *box) manners(r result) (wrong []string) {
	what := strings.Join(r.args, " ")
	switch {
	case r.hung:
		wrong = append(wrong, what+": hung")
	case strings.Contains(r.stdout+r.stderr, "panic:") || strings.Contains(r.stdout+r.stderr, "goroutine "):
		wrong = append(wrong, what+": panicked: "+r.stderr)
	case r.status != 0 && b.stdio == nil && (r.stderr == "" || strings.Contains(r.stderr, "\n")):
		wrong = append(wrong, fmt.Sprintf("%s: exit status %d and not one line on stderr: %q", what, r.status, r.stderr))
	}
	return wrong
}

// pid is that of init as the pid file of create has it.
func (b *box) pid() (int, error) {
	text, err := os.ReadFile(b.dir + "/pid")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}
