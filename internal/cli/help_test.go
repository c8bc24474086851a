package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const top = "../.." // of the source tree

// page reads a man page and undoes the escape of the hyphen.
func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(top, "docs/man", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), `\-`, "-")
}

func TestEveryVerbHasAManPageThatNamesEveryOption(t *testing.T) {
	for _, c := range commands {
		man := page(t, "rt-"+c.name+".8")
		for _, section := range []string{".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH EXIT STATUS", ".SH EXAMPLES"} {
			if !strings.Contains(man, section+"\n") {
				t.Errorf("rt-%s.8 has no section %s", c.name, section)
			}
		}
		mentions(t, "rt-"+c.name+".8", man, c.flags().options)
	}
}

func TestTheMainManPageNamesEveryVerbAndGlobalOption(t *testing.T) {
	man := page(t, "rt.8")
	for _, c := range commands {
		if !strings.Contains(man, "rt-"+c.name+" (8)") && !strings.Contains(man, "rt-"+c.name+"(8)") {
			t.Errorf("rt.8 does not name rt-%s", c.name)
		}
	}
	var g globals
	mentions(t, "rt.8", man, g.flags().options)
}

func TestNoManPageIsOfAVerbThatIsNotThere(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(top, "docs/man/rt-*.8"))
	if err != nil || len(pages) != len(commands) {
		t.Errorf("%d pages for %d commands, %v", len(pages), len(commands), err)
	}
}

func TestCompletionsKnowEveryVerbAndOption(t *testing.T) {
	for _, file := range []string{"rt.bash", "_rt", "rt.fish"} {
		b, err := os.ReadFile(filepath.Join(top, "contrib/completions", file))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		var g globals
		options := g.flags().options
		for _, c := range commands {
			if !strings.Contains(text, c.name) {
				t.Errorf("%s does not know %s", file, c.name)
			}
			options = append(options, c.flags().options...)
		}
		for _, o := range options {
			if !strings.Contains(text, o.long) {
				t.Errorf("%s does not know --%s", file, o.long)
			}
		}
	}
}

// mentions checks that text names each option with its short name and value.
func mentions(t *testing.T, name, text string, options []option) {
	t.Helper()
	for _, o := range options {
		want := "--" + o.long
		if o.short != "" {
			want = "-" + o.short + ", " + want
		}
		if o.value != "" {
			want += " " + o.value
		}
		if !strings.Contains(text, ".B "+want) && !strings.Contains(text, ".BI \""+strings.TrimSuffix(want, o.value)+"\" "+o.value) {
			t.Errorf("%s does not describe %s", name, want)
		}
	}
}

func TestHelpIsThereForTheProgramAndForEachVerb(t *testing.T) {
	for _, args := range [][]string{{}, {"help"}, {"--help"}, {"-h"}, {"--debug", "-help"}, {"h"}} {
		r := new(fakeRuntime).rt(t, args...)
		if r.status != 0 || !strings.Contains(r.stdout, "--log-format FORMAT") || r.stderr != "" && args[0] != "--debug" {
			t.Errorf("%q: %+v", args, r)
		}
		for _, c := range commands {
			if !strings.Contains(r.stdout, "  "+c.name+" ") {
				t.Errorf("%q does not list %s", args, c.name)
			}
		}
	}
	for _, c := range commands {
		want := new(fakeRuntime).rt(t, "help", c.name).stdout
		if !strings.Contains(want, "Usage: rt "+c.name) || !strings.Contains(want, c.help) {
			t.Errorf("help %s: %q", c.name, want)
		}
		for _, o := range c.flags().options {
			if !strings.Contains(want, "--"+o.long) || o.usage == "" {
				t.Errorf("help %s does not explain --%s", c.name, o.long)
			}
		}
		for _, args := range [][]string{{c.name, "--help"}, {c.name, "-h"}, {c.name, "x", "--help"}} {
			if c.literal && len(args) > 2 {
				continue // what follows the id is for another program
			}
			f := new(fakeRuntime)
			if r := f.rt(t, args...); r.status != 0 || r.stdout != want || r.stderr != "" || f.call != "" {
				t.Errorf("%q: %+v", args, r)
			}
		}
	}
}
