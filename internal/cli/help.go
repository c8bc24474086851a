package cli

import (
	"fmt"
	"strings"
)

// help shows the help that the command line rest asks for: of the program, or of
// the verb named in it.
func (a *App) help(rest []string) error {
	if len(rest) > 0 && (rest[0] == "help" || rest[0] == "h") {
		rest = rest[1:]
	}
	text := a.overview()
	if len(rest) > 0 && rest[0] != "--help" && rest[0] != "-h" {
		cmd := lookup(rest[0])
		if cmd == nil {
			return usageError{fmt.Sprintf("unknown command %q; %s --help lists the commands", rest[0], a.Name)}
		}
		text = cmd.text(a.Name)
	}
	_, err := a.Stdout.Write([]byte(text))
	return err
}

// overview is the help of the program.
func (a *App) overview() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s [global options] COMMAND [options] [arguments]\n\n", a.Name)
	b.WriteString("Runs containers from OCI bundles: a directory with config.json and a root file system.\n\nCommands:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-10s %s\n", c.name, c.brief)
	}
	fmt.Fprintf(&b, "  %-10s %s\n", "help", "show the help of a command")
	b.WriteString("\nGlobal options, before the command:\n")
	var g globals
	writeOptions(&b, g.flags().options)
	fmt.Fprintf(&b, "\n%s COMMAND --help shows the options of a command; see also rt(8).\n", a.Name)
	return b.String()
}

// text is the help of one verb.
func (c *command) text(name string) string {
	var b strings.Builder
	f := c.flags()
	line := []string{name, c.name, "[options]"}
	if c.synopsis != "" {
		line = append(line, c.synopsis)
	}
	fmt.Fprintf(&b, "Usage: %s\n\n%s\n\nOptions:\n", strings.Join(line, " "), c.help)
	writeOptions(&b, append(f.options, option{"help", "h", "", "show this help"}))
	fmt.Fprintf(&b, "\nSee also rt-%s(8).\n", c.name)
	return b.String()
}

// flags declares the verb's options without running it.
func (c *command) flags() *flagSet {
	f := newFlagSet()
	c.setup(f)
	return f
}

func writeOptions(b *strings.Builder, options []option) {
	for _, o := range options {
		left := "--" + o.long
		if o.short != "" {
			left = "-" + o.short + ", " + left
		}
		if o.value != "" {
			left += " " + o.value
		}
		fmt.Fprintf(b, "  %-24s %s\n", left, o.usage)
	}
}
