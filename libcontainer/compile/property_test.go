package compile_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/compile"
	"rt/libcontainer/plan"
	"rt/libcontainer/spec"
)

// check holds the compiler to what is true for every input: it answers with an
// error or with a plan, and it answers the same the second time. A plan of a sound
// configuration keeps every rule and survives its encoding. It reports whether
// there was one.
func check(t *testing.T, in *compile.Input) bool {
	t.Helper()
	ok := checkPlans(t, in, func() (*plan.Plan, []string, error) { return compile.Create(in) })
	if ahead := compile.Ahead(in.Spec.Linux); ok && ahead != 0 && in.Host.EUID == 0 && !in.Host.InUserNS {
		checkAhead(t, in, ahead)
	}
	return ok
}

// checkAhead: what init makes ahead for a privileged caller is what the plan asks for,
// once, and all that it enters before are namespaces of other kinds.
func checkAhead(t *testing.T, in *compile.Input, ahead uint64) {
	t.Helper()
	p, _, err := compile.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for i := range p.Ops {
		switch op := &p.Ops[i]; op.Code {
		case plan.OpUnshare:
			// The cgroup namespace follows in init's cgroup.
			if flags := op.Args[0].Num; flags == ahead {
				made++
			} else if flags != abi.CloneNewCgroup {
				t.Fatalf("makes the namespaces %#x, ahead %#x\n%s", flags, ahead, p)
			}
		case plan.OpSetns:
			if op.Args[1].Num&ahead != 0 {
				t.Fatalf("joins %#x, ahead %#x\n%s", op.Args[1].Num, ahead, p)
			}
		}
	}
	if made != 1 {
		t.Fatalf("makes the namespaces %#x %d times\n%s", ahead, made, p)
	}
}

// checkExec does the same for exec in a container of that configuration, whose
// namespaces all have paths.
func checkExec(t *testing.T, in *compile.Input) bool {
	t.Helper()
	e := &compile.ExecInput{Input: *in, Root: "/proc/9/root", Tasks: []string{"/cg/tasks"}, V2: "/cg2"}
	if l := in.Spec.Linux; l != nil {
		l.TimeOffsets = nil
		for i := range l.Namespaces {
			l.Namespaces[i].Path = "/proc/9/ns/" + string(l.Namespaces[i].Type)
		}
	}
	return checkPlans(t, in, func() (*plan.Plan, []string, error) { return compile.Exec(e) })
}

func checkPlans(t *testing.T, in *compile.Input, compiled func() (*plan.Plan, []string, error)) bool {
	t.Helper()
	sound := true
	for _, p := range (&spec.Config{Spec: in.Spec}).Validate() {
		sound = sound && p.Warning
	}
	p, warnings, err := compiled()
	if (p == nil) == (err == nil) {
		t.Fatalf("got the plan %v and the error %v", p, err)
	}
	p2, warnings2, err2 := compiled()
	if err != nil {
		if err2 == nil || err.Error() != err2.Error() {
			t.Fatalf("got the error %v, and then %v", err, err2)
		}
		return false
	}
	if !reflect.DeepEqual(p, p2) || !reflect.DeepEqual(warnings, warnings2) {
		t.Fatal("got another plan the second time")
	}
	if !sound {
		return false // only that there is no panic counts
	}
	if err := p.Verify(); err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	encoded, err := p.Encode(plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := plan.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decoded.Encode(plan.Options{})
	if err != nil || !bytes.Equal(again, encoded) {
		t.Fatalf("decoded and encoded again it is something else: %v", err)
	}
	decoded.Slots = p.Slots
	for i := range p.Ops {
		decoded.Ops[i].Origin = p.Ops[i].Origin
	}
	if decoded.String() != p.String() {
		t.Fatalf("got  %s\nwant %s", decoded, p)
	}
	return true
}

// TestAnyInputIsAnErrorOrAPlanThatVerifies tries some thousands of configurations
// on any of the hosts. The seeds are fixed: it fails for everybody or for nobody.
func TestAnyInputIsAnErrorOrAPlanThatVerifies(t *testing.T) {
	plans, execs := 0, 0
	for seed := range int64(4000) {
		data := make([]byte, 400)
		rand.New(rand.NewSource(seed)).Read(data)
		if check(t, randomInput(data)) {
			plans++
		}
		if checkExec(t, randomInput(data)) {
			execs++
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if plans < 100 || execs < 100 {
		t.Errorf("only %d inputs were sound, and %d for exec: this shows nothing", plans, execs)
	}
}

// TestEveryCaseIsDeterministic does the same for the golden cases.
func TestEveryCaseIsDeterministic(t *testing.T) {
	for _, group := range [][]planCase{namespaceCases, mountCases, cgroupCases, systemdCases, processCases, deviceCases, rootfsCases, hookCases} {
		for _, tc := range group {
			t.Run(tc.name, func(t *testing.T) {
				in := input()
				tc.change(in)
				check(t, in)
			})
		}
	}
}

// TestTooManyDescriptorsAreRefused: each read-only tmpfs is held until the end.
func TestTooManyDescriptorsAreRefused(t *testing.T) {
	in := input()
	for i := range plan.MaxSlots {
		mounts(in, tmpfs(fmt.Sprintf("/t%d", i), "ro"))
	}
	if _, _, err := compile.Create(in); err == nil || !strings.Contains(err.Error(), "the limit is 1024") {
		t.Errorf("got %v", err)
	}
	in = input()
	for i := range 300 {
		mounts(in, tmpfs(fmt.Sprintf("/t%d", i), "tmpcopyup"), bind("/s", fmt.Sprintf("/b%d", i), "idmap"))
		in.Spec.Mounts[2*i+1].UIDMappings = []specs.LinuxIDMapping{{HostID: 5, Size: 1}}
		in.Spec.Mounts[2*i+1].GIDMappings = in.Spec.Mounts[2*i+1].UIDMappings
	}
	if !check(t, in) {
		t.Error("300 copied tmpfs and 300 idmapped binds are refused")
	}
}

func FuzzCreate(f *testing.F) {
	for seed := range int64(8) {
		data := make([]byte, 300)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, randomInput(data))
		checkExec(t, randomInput(data))
	})
}

// FuzzBundle compiles whatever text is taken for a configuration.
func FuzzBundle(f *testing.F) {
	for _, path := range []string{"../../tests/testdata/config.json", "../../tests/testdata/docker-config.json"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.ReplaceAll(data, []byte("@HOOK@"), []byte("/bin/true")), byte(0))
	}
	f.Add([]byte(`{"ociVersion":"1.0.0","root":{"path":"r"},"process":{"args":["a"],"cwd":"/"}}`), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, which byte) {
		c, err := spec.Parse(data)
		if err != nil || c.Spec.Root == nil || c.Spec.Process == nil {
			return
		}
		in := input()
		in.Spec = c.Spec
		in.Host = [](func() *hostFacts){v2Host, hybridHost, userHost}[int(which)%3]()
		in.Mounts = boundFacts(c.Spec)
		for _, p := range c.Validate() {
			if !p.Warning {
				return
			}
		}
		resources := c.Spec.Linux
		if resources != nil {
			if in.Cgroup, err = setting.Create(in.Host, resources.CgroupsPath, "id", resources.Resources); err != nil {
				return
			}
		}
		check(t, in)
	})
}
