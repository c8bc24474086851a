package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// globals are the options that stand before the verb. Each may be repeated; the
// last one counts.
type globals struct {
	debug         bool
	log           string
	logFormat     string
	root          string
	systemdCgroup bool
	cgroupManager string
	rootless      string
	criu          string
	trace         string
	help          bool
	version       bool
}

func (g *globals) flags() *flagSet {
	g.logFormat, g.rootless = "text", "auto"
	f := newFlagSet()
	f.toggle(&g.debug, "debug", "", "write debug records to the log, or to stderr")
	f.text(&g.log, "log", "", "FILE", "append errors and warnings to FILE")
	f.text(&g.logFormat, "log-format", "", "FORMAT", "format of log records: text or json")
	f.text(&g.root, "root", "", "DIR", "directory of container state (default /run/rt, or $XDG_RUNTIME_DIR/rt for other users than root)")
	f.toggle(&g.systemdCgroup, "systemd-cgroup", "", "let systemd manage cgroups; cgroupsPath is then slice:prefix:name")
	f.text(&g.cgroupManager, "cgroup-manager", "", "NAME", "what manages cgroups: cgroupfs or systemd")
	f.text(&g.rootless, "rootless", "", "BOOL", "whether a container may have no cgroup where the caller cannot make one: true, false or auto")
	f.text(&g.criu, "criu", "", "PATH", "the program that checkpoint and restore use (default: criu on the PATH)")
	f.text(&g.trace, "trace", "", "FILE", "write the time of every operation of create, run or exec in Chrome trace format")
	f.toggle(&g.help, "help", "h", "show help")
	f.toggle(&g.version, "version", "v", "show the version")
	return f
}

// parse reads the options up to the verb and returns the verb and what follows.
func (g *globals) parse(args []string) (rest []string, err error) {
	f := g.flags()
	if err := f.set.Parse(args); err != nil {
		return nil, describe(err, "")
	}
	return f.set.Args(), nil
}

// check refuses values that no verb can work with.
func (g *globals) check() error {
	if g.logFormat != "text" && g.logFormat != "json" {
		return usageError{fmt.Sprintf("--log-format: %q is neither text nor json", g.logFormat)}
	}
	switch g.cgroupManager {
	case "", "cgroupfs", "systemd":
	case "disabled":
		return usageError{`--cgroup-manager: "disabled" is not supported; use cgroupfs or systemd`}
	default:
		return usageError{fmt.Sprintf("--cgroup-manager: %q is neither cgroupfs nor systemd", g.cgroupManager)}
	}
	if g.rootless != "auto" {
		b, err := strconv.ParseBool(g.rootless)
		if err != nil {
			return usageError{fmt.Sprintf("--rootless: %q is none of true, false and auto", g.rootless)}
		}
		g.rootless = strconv.FormatBool(b)
	}
	return nil
}

// systemd tells who manages cgroups; --cgroup-manager wins if both are given.
func (g *globals) systemd() bool {
	if g.cgroupManager != "" {
		return g.cgroupManager == "systemd"
	}
	return g.systemdCgroup
}

// rootDir returns the state directory as an absolute path.
//
// Without --root it depends on the effective user id, the user namespace and
// XDG_RUNTIME_DIR only. An engine creates a container with its full environment
// and kills it with an almost empty one; HOME or USER would give two answers.
func (g *globals) rootDir() (string, error) {
	if g.root == "" {
		return defaultRoot(os.Geteuid(), os.Getenv("XDG_RUNTIME_DIR"), inUserNamespace), nil
	}
	root, err := filepath.Abs(g.root)
	if err != nil {
		return "", fmt.Errorf("--root %s: %w", g.root, err)
	}
	if root == "/" {
		return "", usageError{"--root: / cannot hold container state; name a directory of its own"}
	}
	return root, nil
}

func defaultRoot(euid int, xdg string, inUserns func() bool) string {
	if filepath.IsAbs(xdg) && (euid != 0 || inUserns()) {
		return filepath.Join(xdg, "rt")
	}
	return "/run/rt"
}

// inUserNamespace tells whether the process lives in another user namespace than
// the first one: only that one maps every id to itself.
func inUserNamespace() bool {
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return false // no CONFIG_USER_NS
	}
	f := bytes.Fields(b)
	return len(f) != 3 || string(f[0]) != "0" || string(f[1]) != "0" || string(f[2]) != "4294967295"
}
