package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// command is one verb.
type command struct {
	name     string
	synopsis string // positional arguments as help shows them
	brief    string // one line, lower case, no full stop
	help     string // paragraphs
	min      int    // fewest positional arguments
	max      int    // most positional arguments
	literal  bool   // option parsing ends at the first positional argument
	failure  int    // exit status of the runtime's own failure; 0 means 1

	// setup declares the options and returns what runs once they are parsed.
	setup func(*flagSet) action
}

// action runs a verb. status is the exit status if err is nil.
type action func(*call) (status int, err error)

// usageError is a command line that cannot be understood.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// Code is the stable name of the error in a JSON log.
func (usageError) Code() string { return "usage" }

// option is an option as help, man pages and completions show it.
type option struct {
	long, short string
	value       string // name of the value; empty for a switch
	usage       string
}

// flagSet is a flag.FlagSet that knows short names and keeps the order of
// declaration. The flag package takes one dash or two for either length, which
// older callers rely on (-no-subreaper).
type flagSet struct {
	set     *flag.FlagSet
	options []option
}

func newFlagSet() *flagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return &flagSet{set: set}
}

func (f *flagSet) declare(o option, define func(name string)) {
	f.options = append(f.options, o)
	define(o.long)
	if o.short != "" {
		define(o.short)
	}
}

func (f *flagSet) text(p *string, long, short, value, usage string) {
	def := *p
	f.declare(option{long, short, value, usage}, func(n string) { f.set.StringVar(p, n, def, "") })
}

func (f *flagSet) number(p *int, long, short, value, usage string) {
	def := *p
	f.declare(option{long, short, value, usage}, func(n string) { f.set.IntVar(p, n, def, "") })
}

func (f *flagSet) toggle(p *bool, long, short, usage string) {
	def := *p
	f.declare(option{long, short, "", usage}, func(n string) { f.set.BoolVar(p, n, def, "") })
}

// each declares an option that may be repeated; add takes one value.
func (f *flagSet) each(long, short, value, usage string, add func(string) error) {
	f.declare(option{long, short, value, usage}, func(n string) { f.set.Func(n, "", add) })
}

// parse splits args into options and positional arguments. Options may stand
// between and after positional arguments, unless the verb takes a command of its
// own (cmd.literal); "--" ends them in any case.
func (f *flagSet) parse(cmd *command, args []string) (positional []string, err error) {
	for {
		if err := f.set.Parse(args); err != nil {
			return nil, describe(err, cmd.name)
		}
		rest := f.set.Args()
		ended := len(rest) < len(args) && args[len(args)-len(rest)-1] == "--"
		if len(rest) == 0 || ended || cmd.literal {
			positional = append(positional, rest...)
			break
		}
		positional = append(positional, rest[0])
		args = rest[1:]
	}
	switch n := len(positional); {
	case n < cmd.min:
		return nil, usageError{fmt.Sprintf("%s: %d arguments given, at least %d needed: %s", cmd.name, n, cmd.min, cmd.synopsis)}
	case n > cmd.max:
		return nil, usageError{fmt.Sprintf("%s: unexpected argument %q; what it takes: %s", cmd.name, positional[cmd.max], cmd.takes())}
	}
	return positional, nil
}

func (c *command) takes() string {
	if c.synopsis == "" {
		return "options only"
	}
	return c.synopsis
}

// describe turns an error of the flag package into one that says where.
// The text "flag needs an argument" stays: engines probe for it.
func describe(err error, where string) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	msg := err.Error()
	if name, ok := strings.CutPrefix(msg, "flag provided but not defined: -"); ok {
		msg = "unknown option --" + name
	}
	if where != "" {
		msg = where + ": " + msg
	}
	return usageError{msg}
}
