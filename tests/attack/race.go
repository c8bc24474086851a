package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// race is one thing that somebody who shares a directory with a container can try
// while it is made.
type race struct {
	name string
	// set prepares the box and returns what is swapped.
	set func(*box) ([]pair, error)
	// reset undoes what the last round left in the shared directory.
	reset func(b *box, round int) error
	// inspect looks at a container that was made; the swapper rests.
	inspect func(b *box, pid int) []string
	// refused says what is wrong with an error that the attack may not lead to.
	refused func(r result) []string
}

// least is how many exchanges make a race one: fewer, and nobody swapped anything.
const least = 1000

// runRace makes containers while the swapper runs. It returns how much is wrong.
func runRace(r *race, o *options) (findings int, err error) {
	b, err := newBox(o)
	if err != nil {
		return 0, err
	}
	b.config = b.defaults()
	pairs, err := r.set(b)
	if err != nil {
		return 0, err
	}
	if err := b.writeConfig(); err != nil {
		return 0, err
	}
	h, err := b.look()
	if err != nil {
		return 0, err
	}
	s := startSwapper(pairs)
	made, seen := 0, map[string]bool{}
	find := func(list []string) {
		for _, text := range list {
			findings++
			if !seen[text] { // once is enough to know
				seen[text] = true
				fmt.Println(r.name + ": " + text)
			}
		}
	}
	for round := range o.rounds {
		if r.reset != nil {
			if err := r.reset(b, round); err != nil {
				return findings, err
			}
		}
		ok, wrong := b.round(r, s)
		find(wrong)
		find(h.changed(b))
		find(h.left(b))
		if ok {
			made++
		}
	}
	s.end()
	if n := s.swaps.Load(); n < least {
		find([]string{fmt.Sprintf("only %d exchanges: this was no race", n)})
	}
	if made == 0 {
		find([]string{"no container was made at all: this shows nothing"})
	}
	fmt.Printf("%s: %d containers made, %d refused, %d exchanges, %d findings\n", r.name, made, o.rounds-made, s.swaps.Load(), findings)
	return findings, nil
}

// round makes one container and removes it.
func (b *box) round(r *race, s *swapper) (made bool, wrong []string) {
	os.Remove(b.dir + "/pid")
	args := []string{"create", "--bundle", b.bundle, "--pid-file", b.dir + "/pid"}
	var console *consoleSocket
	if b.config.Process.Terminal {
		var err error
		if console, err = listenConsole(b.dir + "/console.sock"); err != nil {
			return false, []string{err.Error()}
		}
		defer console.close()
		args = append(args, "--console-socket", b.dir+"/console.sock")
	}
	s.release()
	res := b.call(append(args, b.id)...)
	s.hold()
	wrong = b.manners(res)
	if b.verbose && res.status != 0 {
		fmt.Println("#", res.stderr)
	}
	switch {
	case res.status == 0 && !res.hung:
		made = true
		pid, err := b.pid()
		if err != nil {
			wrong = append(wrong, err.Error())
		} else {
			wrong = append(wrong, r.inspect(b, pid)...)
		}
	case r.refused != nil:
		wrong = append(wrong, r.refused(res)...)
	}
	if strings.Contains(res.stdout+res.stderr, secret) {
		wrong = append(wrong, "the host's secret was told: "+res.stdout+res.stderr)
	}
	res = b.call("delete", "--force", b.id)
	wrong = append(wrong, b.manners(res)...)
	if res.status != 0 {
		wrong = append(wrong, "delete --force: "+res.stderr)
	}
	return made, wrong
}

// isDir is what a pair looks like at first: the directory under the first name.
func isDir(st os.FileInfo) bool { return st.IsDir() }

// links are where the other half of a pair leads, one after the other.
func (b *box) links(round int) string {
	list := []string{
		b.canary, "../../../../../../../../../.." + b.canary, "/proc/self/root" + b.canary,
		"/proc/1/root" + b.canary, "/", "/proc/self/cwd", "dangling",
	}
	return list[round%len(list)]
}

// freshPair makes an empty directory and a link in the place of whatever is there.
func freshPair(p pair, link string) error {
	for _, name := range []string{p.a, p.b} {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(p.dir, p.a), 0o755); err != nil {
		return err
	}
	return os.Symlink(link, filepath.Join(p.dir, p.b))
}
