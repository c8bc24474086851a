package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// The kinds of faults, as package launch numbers them.
const (
	fail       = 1
	killParent = 2
	killInit   = 3
)

var kindNames = map[int]string{fail: "fail it", killParent: "kill the parent", killInit: "kill the child"}

// job is one trial, or one series of them that needs a process of its own.
type job struct {
	Part    string // sweep, fds, kills or records
	Variant string
	Op      int
	Kind    int
	Side    string // of a message: parent or init; "" for an operation of one lane
	Verb    string // create; behind the gate start or run
	Line    string // of the listing
	Number  int
}

func (j *job) describe() string {
	switch j.Part {
	case "sweep":
		side := ""
		if j.Side != "" {
			side = ":" + j.Side
		}
		return fmt.Sprintf("%s:%d:%d%s (%s, during %s): %s", j.Variant, j.Op, j.Kind, side, kindNames[j.Kind], j.Verb, j.Line)
	}
	return fmt.Sprintf("%s %s %s", j.Part, j.Variant, j.Verb)
}

// result is what a worker found out.
type result struct {
	Job    job
	Bad    []string // what was wrong or left; empty is good
	Count  int      // how many trials it was, if not one
	Millis int64
}

// jobs lists every trial and counts the operations.
func (s *settings) jobs() (list []job, ops int, err error) {
	var long []job
	for _, v := range variants {
		swept, n, gate, err := s.sweepJobs(v)
		if err != nil {
			return nil, 0, err
		}
		if s.want("sweep") {
			list = append(list, swept...)
			ops += n
		}
		if s.want("fds") && v != "user" { // this process is root's
			long = append(long, job{Part: "fds", Variant: v, Op: gate})
		}
	}
	if s.only != "" {
		var found []job
		for _, j := range list {
			if name := fmt.Sprintf("%s:%d:%d:%s", j.Variant, j.Op, j.Kind, j.Side); strings.HasPrefix(name+":", s.only+":") {
				found = append(found, j)
			}
		}
		if len(found) == 0 {
			return nil, 0, fmt.Errorf("there is no trial %s", s.only)
		}
		return found, ops, nil
	}
	// The long ones first, so that no worker is left with one at the end.
	if s.want("kills") {
		for _, verb := range killVerbs {
			long = append(long, job{Part: "kills", Variant: "host", Verb: verb})
		}
	}
	if s.want("records") {
		for _, verb := range recordVerbs {
			long = append(long, job{Part: "records", Variant: "plain", Verb: verb})
		}
	}
	list = append(long, list...)
	for i := range list {
		list[i].Number = i
	}
	return list, ops, nil
}

func (s *settings) want(part string) bool {
	for p := range strings.SplitSeq(s.parts, ",") {
		if p == part {
			return true
		}
	}
	return false
}

// operation is one line of rt plan --json.
type operation struct {
	Index int
	Lane  string
	Op    string
}

// sweepJobs reads the plan of a variant: the runtime itself says which operations
// there are, and which of them is the gate.
func (s *settings) sweepJobs(variant string) (list []job, ops, gate int, err error) {
	b, err := newBundle(filepath.Join(s.dir, "plan-"+variant), variant, s.rootfs)
	if err != nil {
		return nil, 0, 0, err
	}
	call := append(b.flags(s.dir, "plan"), "container")
	text, err := output(variant, s.faulty, append([]string{"--root", s.dir + "/plan-state", "plan"}, call...)...)
	if err != nil {
		return nil, 0, 0, err
	}
	data, err := output(variant, s.faulty, append([]string{"--root", s.dir + "/plan-state", "plan", "--json"}, call...)...)
	if err != nil {
		return nil, 0, 0, err
	}
	var plan []operation
	if err := json.Unmarshal(data, &plan); err != nil {
		return nil, 0, 0, err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < len(plan) {
		return nil, 0, 0, fmt.Errorf("the listing of %s has %d lines for %d operations", variant, len(lines), len(plan))
	}
	last := -1
	gate = len(plan)
	for i, op := range plan {
		switch op.Op {
		case "release":
			last = i
		case "gate":
			gate = i
		}
	}
	for i, op := range plan {
		j := job{Part: "sweep", Variant: variant, Op: i, Verb: "create", Line: strings.Join(strings.Fields(lines[i]), " ")}
		sides := []string{""}
		if op.Lane == "both" {
			sides = []string{"parent", "init"}
		}
		for _, j.Side = range sides {
			verbs := []string{"create"}
			if i >= gate || i == last && j.Side == "init" { // create does not wait for it
				verbs = []string{"start", "run"}
			}
			for _, j.Verb = range verbs {
				for j.Kind = fail; j.Kind <= killInit; j.Kind++ {
					list = append(list, j)
				}
			}
		}
	}
	return list, len(plan), gate, nil
}

func output(variant, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = caller(variant)
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return out, err
}
