// Package cli is the command line: global options, one verb per file, the log
// file and the exit status. It decides nothing about containers.
package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rt/libcontainer/container"
)

// App is the program around one command line.
type App struct {
	Name   string // base name of argv[0], as help and --version show it
	Stdout io.Writer
	Stderr io.Writer
	// StderrRead tells whether a person reads stderr. With an engine, stderr is
	// the container's log, where a stray line of the runtime is a defect.
	StderrRead func() bool
	Open       func(container.Runtime) Runtime
}

// commands is every verb, in the order of a container's life. It is data laid
// out by the compiler: nothing runs before main.
var commands = []*command{
	&createCommand, &startCommand, &runCommand, &execCommand,
	&stateCommand, &listCommand, &psCommand, &eventsCommand,
	&pauseCommand, &resumeCommand, &updateCommand, &killCommand, &deleteCommand,
	&checkpointCommand, &restoreCommand,
	&specCommand, &planCommand, &validateCommand, &featuresCommand,
}

func lookup(name string) *command {
	for _, c := range commands {
		if c.name == name {
			return c
		}
	}
	return nil
}

// Main runs the command line argv and returns the exit status. open makes the
// runtime that the global options select.
func Main(argv []string, open func(container.Runtime) Runtime) int {
	if os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() {
		// Whoever calls a runtime that is root decides what runs as root.
		fmt.Fprintln(os.Stderr, "rt: must not be installed set-user-ID or set-group-ID: everybody could be root")
		return 1
	}
	a := &App{
		Name: progName(argv), Stdout: os.Stdout, Stderr: os.Stderr,
		StderrRead: stderrIsRead, Open: open,
	}
	return a.Run(argv[1:])
}

func progName(argv []string) string {
	if len(argv) > 0 && filepath.Base(argv[0]) == "runc" {
		return "runc" // a drop-in by symbolic link; see WriteVersion
	}
	return "rt"
}

// Run runs the command line args (without argv[0]) and returns the exit status:
// that of the container's process for run, else 0, or the verb's failure status.
func (a *App) Run(args []string) int {
	var g globals
	rest, perr := g.parse(args)
	// The log is opened even when the line is wrong: containerd reads the file
	// after every failure and reports a missing one instead of the reason.
	log, err := openLog(g.log, g.logFormat, a.Stderr)
	if err == nil {
		err = perr
	}
	defer log.close()
	log.debugging = g.debug
	log.warnNow = g.log == "" && (g.debug || a.StderrRead())

	status, failure := 0, 1
	if err == nil {
		err = g.check()
	}
	if err == nil {
		status, failure, err = a.dispatch(&g, log, rest)
	}
	if errors.Is(err, flag.ErrHelp) {
		err = a.help(rest)
	}
	if err != nil {
		log.fail(err)
		return failure
	}
	log.flush()
	return status
}

// dispatch finds the verb and runs it. failure is the exit status to use if err
// is not nil.
func (a *App) dispatch(g *globals, log *logger, rest []string) (status, failure int, err error) {
	if g.version {
		_, err := a.Stdout.Write(versionText(a.Name))
		return 0, 1, err
	}
	if g.help || len(rest) == 0 || rest[0] == "help" || rest[0] == "h" {
		return 0, 1, flag.ErrHelp
	}
	cmd := lookup(rest[0])
	if cmd == nil {
		return 0, 1, usageError{fmt.Sprintf("unknown command %q; %s --help lists the commands", rest[0], a.Name)}
	}
	failure = max(cmd.failure, 1)
	c := &call{app: a, cmd: cmd, globals: g, log: log}
	flags := newFlagSet()
	run := cmd.setup(flags)
	if c.args, err = flags.parse(cmd, rest[1:]); err != nil {
		return 0, failure, err
	}
	log.debug("%s %s: %s %q", a.Name, Version, cmd.name, rest[1:])
	status, err = run(c)
	return status, failure, err
}

// call is one verb with its arguments.
type call struct {
	app     *App
	cmd     *command
	globals *globals
	log     *logger
	args    []string // positional arguments; their number has been checked
}

// runtime opens the runtime that the global options select.
func (c *call) runtime() (Runtime, error) {
	root, err := c.globals.rootDir()
	if err != nil {
		return nil, err
	}
	return c.app.Open(container.Runtime{
		Root:          root,
		SystemdCgroup: c.globals.systemd(),
		Rootless:      c.globals.rootless,
		Warn:          c.log.warn,
	}), nil
}
