package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAGoodPlanKeepsEveryRule(t *testing.T) {
	p := goodExec()
	if err := p.Verify(); err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	p = good()
	if err := p.Verify(); err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	if len(p.Slots) != int(slotCount) {
		t.Fatalf("good has %d names for %d slots", len(p.Slots), slotCount)
	}
}

// brokenRules names every rule that a plan breaks. Without the first ones the
// others cannot look at it.
func brokenRules(p *Plan) (names []string) {
	for i := range rules {
		if at, _ := rules[i].broken(p); at != holds {
			names = append(names, rules[i].name)
		}
		if i == formed-1 && len(names) > 0 {
			break
		}
	}
	return names
}

// edit is a good plan to be changed.
type edit struct {
	*Plan
	t *testing.T
}

// at is the index of the n-th operation with that code, counted from 0.
func (e edit) at(code Code, n int) int {
	e.t.Helper()
	for i := range e.Ops {
		if e.Ops[i].Code == code {
			if n == 0 {
				return i
			}
			n--
		}
	}
	e.t.Fatalf("the good plan has not that many %s", code)
	return 0
}

func (e edit) arg(code Code, n, j int) *Arg { return &e.Ops[e.at(code, n)].Args[j] }

func (e edit) drop(code Code, n int) { i := e.at(code, n); e.Ops = slices.Delete(e.Ops, i, i+1) }

// insert puts an operation in front of index i.
func (e edit) insert(i int, lane Lane, op Op) {
	op.Lane = lane
	e.Ops = slices.Insert(e.Ops, i, op)
}

// move puts the n-th operation with that code in front of the one at index i.
func (e edit) move(code Code, n, i int) {
	from := e.at(code, n)
	op := e.Ops[from]
	e.Ops = slices.Delete(e.Ops, from, from+1)
	if from < i {
		i--
	}
	e.Ops = slices.Insert(e.Ops, i, op)
}

// TestEachMutantBreaksItsRule changes the good plan in one place and sees exactly
// the rules fail that are about it.
func TestEachMutantBreaksItsRule(t *testing.T) {
	covered := map[string]bool{}
	for k, group := range [][]mutant{execMutants, shapeMutants, slotMutants, messageMutants, privilegeMutants, mountMutants} {
		for _, m := range group {
			covered[strings.Fields(m.rules)[0]] = true
			t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
				p := good()
				if k == 0 {
					p = goodExec()
				}
				m.change(edit{p, t})
				if got := strings.Join(brokenRules(p), " "); got != m.rules {
					t.Fatalf("breaks the rules %q, want %q\n%s", got, m.rules, text(p))
				}
				var v *Violation
				if err := p.Verify(); !errors.As(err, &v) || v.Rule != strings.Fields(m.rules)[0] || v.Why == "" {
					t.Errorf("Verify says %v", err)
				} else if v.Op != "" && v.Op != p.Ops[v.Index].Code.String() || v.Op == "" && v.Index != len(p.Ops) {
					t.Errorf("Verify names operation %d %q", v.Index, v.Op)
				}
			})
		}
	}
	for i := range rules {
		if !covered[rules[i].name] {
			t.Errorf("no mutant breaks the rule %s first", rules[i].name)
		}
	}
}

// text is the listing of a plan that may be too broken to print.
func text(p *Plan) (s string) {
	defer func() {
		if recover() != nil {
			s = "cannot be printed"
		}
	}()
	return p.String()
}

type mutant struct {
	rules  string // that it breaks, in the order of the table
	name   string
	change func(edit)
}

func TestAViolationNamesRuleOperationAndReason(t *testing.T) {
	p := good()
	edit{p, t}.drop(OpChdir, 0)
	want := fmt.Sprintf("plan breaks the rule root at operation %d (pivot_root): leaves the working directory outside the root",
		edit{p, t}.at(OpPivotRoot, 0))
	if err := p.Verify(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	p = good()
	edit{p, t}.drop(OpSpawn, 0)
	if err := p.Verify(); err == nil || err.Error() != "plan breaks the rule spawn: there is no spawn" {
		t.Errorf("got %v", err)
	}
}

// long is a plan of about the length of an engine's, with more mounts than good.
func long() *Plan {
	p := good()
	at := p.last(OpReadonly)
	for range 12 {
		for _, op := range []Op{
			Fsopen(sFS, "tmpfs"), Fsset(sFS, "source", "tmpfs"), Fsset(sFS, "mode", "755"), Fsmount(sMount, sFS, 0),
			Mkpath(sTarget, sRoot, "sys/fs/x", []string{"sys", "sys", "sys/fs", "fs", "sys/fs/x", "x"}, 0o755, 0),
			MoveMount(sMount, sTarget, ""),
		} {
			op.Lane = Init
			p.Ops = slices.Insert(p.Ops, at, op)
			at++
		}
	}
	return p
}

// TestVerifyIsCheap has room for slow machines: it is there to notice a rule that
// is not linear.
func TestVerifyIsCheap(t *testing.T) {
	p := long()
	if err := p.Verify(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = p.Verify() }); n != 0 {
		t.Errorf("Verify allocates %v times for a good plan", n)
	}
	best := time.Duration(1 << 62)
	for range 200 {
		start := time.Now()
		_ = p.Verify()
		best = min(best, time.Since(start))
	}
	if best > 200*time.Microsecond {
		t.Errorf("Verify takes %v for %d operations", best, len(p.Ops))
	}
}

func BenchmarkVerify(b *testing.B) {
	p := long()
	b.ReportMetric(float64(len(p.Ops)), "operations")
	for b.Loop() {
		if p.Verify() != nil {
			b.Fatal("broken")
		}
	}
}
