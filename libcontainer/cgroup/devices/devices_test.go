package devices

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
)

const unified = "/sys/fs/cgroup/unified"

// allowed is what the rules mean: for each bit the last rule that matches decides.
func allowed(rules []setting.Device, kind byte, major, minor int64, access setting.Access) bool {
	for bit := setting.Access(1); bit <= setting.AllAccess; bit <<= 1 {
		if access&bit == 0 {
			continue
		}
		yes := false
		for _, r := range rules {
			if (r.Type == 'a' || r.Type == kind) && (r.Major == setting.Any || r.Major == major) &&
				(r.Minor == setting.Any || r.Minor == minor) && r.Access&bit != 0 {
				yes = r.Allow
			}
		}
		if !yes {
			return false
		}
	}
	return true
}

// interpret runs a program as the kernel would. It knows only what Program uses.
func interpret(t *testing.T, prog []byte, kind byte, major, minor int64, access setting.Access) bool {
	t.Helper()
	word := uint32(access) << 16
	switch kind {
	case 'b':
		word |= typeBlock
	case 'c':
		word |= typeChar
	}
	context := map[int16]uint32{0: word, 4: uint32(major), 8: uint32(minor)}
	var reg [11]uint32
	for pc, steps := 0, 0; pc >= 0 && pc*insnBytes < len(prog) && steps < len(prog); pc, steps = pc+1, steps+1 {
		b := prog[pc*insnBytes:]
		dst, src := b[1]&15, b[1]>>4
		off, imm := int16(binary.NativeEndian.Uint16(b[2:])), binary.NativeEndian.Uint32(b[4:])
		jump := false
		switch b[0] {
		case opLoad32:
			if src != r1Context {
				t.Fatalf("instruction %d loads through register %d", pc, src)
			}
			reg[dst] = context[off]
		case opAnd32:
			reg[dst] &= imm
		case opRsh32:
			reg[dst] >>= imm
		case opMov32:
			reg[dst] = imm
		case opJeq32:
			jump = reg[dst] == imm
		case opJne32:
			jump = reg[dst] != imm
		case opJset32:
			jump = reg[dst]&imm != 0
		case opGoto:
			jump = true
		case opExit:
			return reg[r0Answer] == 1
		default:
			t.Fatalf("instruction %d is %#x", pc, b[0])
		}
		if jump {
			pc += int(off)
		}
	}
	t.Fatal("the program has no end")
	return false
}

func program(t *testing.T, rules []setting.Device) []byte {
	t.Helper()
	prog, err := Program(rules)
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

func randomRules(r *rand.Rand) []setting.Device {
	rules := make([]setting.Device, r.IntN(12))
	for i := range rules {
		rules[i] = setting.Device{
			Allow: r.IntN(2) == 0, Type: "abc"[r.IntN(3)], Major: int64(r.IntN(4) - 1), Minor: int64(r.IntN(4) - 1),
			Access: setting.Access(1 + r.IntN(7)),
		}
		if r.IntN(6) == 0 {
			rules[i].Type, rules[i].Major, rules[i].Minor, rules[i].Access = 'a', setting.Any, setting.Any, setting.AllAccess
		}
	}
	return rules
}

func TestProgramsDecideAsTheRulesSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		rules := randomRules(r)
		prog := program(t, rules)
		for range 40 {
			kind, major, minor, access := "bc"[r.IntN(2)], int64(r.IntN(4)), int64(r.IntN(4)), setting.Access(1+r.IntN(7))
			got, want := interpret(t, prog, kind, major, minor, access), allowed(rules, kind, major, minor, access)
			if got != want {
				t.Fatalf("%c %d:%d %v: the program says %v, the rules %v: %v", kind, major, minor, access, got, want, rules)
			}
		}
	}
}

func TestLargeNumbersAreComparedInFull(t *testing.T) {
	rules := []setting.Device{{Allow: true, Type: 'c', Major: 1<<32 - 1, Minor: 1 << 20, Access: setting.AllAccess}}
	prog := program(t, rules)
	if !interpret(t, prog, 'c', 1<<32-1, 1<<20, setting.AllAccess) || interpret(t, prog, 'c', 1<<31-1, 1<<20, setting.MayRead) {
		t.Error("the number is cut")
	}
}

func cgroup(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("BPF needs root")
	}
	if _, err := os.Stat(unified + "/cgroup.controllers"); err != nil {
		t.Skip("no cgroup v2 hierarchy at " + unified)
	}
	dir := fmt.Sprintf("%s/rt-test-devices-%d", unified, os.Getpid())
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Rmdir(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func attach(t *testing.T, dir string, rules []setting.Device) {
	t.Helper()
	err := Attach(dir, rules)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) && !hasCgroupBPF() {
		t.Skip("the kernel has no BPF programs for cgroups")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func hasCgroupBPF() bool {
	data, err := os.ReadFile("/proc/kallsyms")
	return err != nil || strings.Contains(string(data), "__cgroup_bpf_check_dev_permission")
}

// try runs a shell command in the cgroup and reports whether it succeeded.
func try(t *testing.T, dir, command string) bool {
	t.Helper()
	cmd := exec.Command("sh", "-c", "echo 0 > "+dir+"/cgroup.procs && exec sh -c \"$1\"", "sh", command)
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "not permitted") {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return err == nil
}

func TestTheKernelEnforcesTheRulesAndTheirReplacement(t *testing.T) {
	dir := cgroup(t)
	base := []setting.Device{
		{Allow: true, Type: 'c', Major: 1, Minor: 3, Access: setting.AllAccess},
		{Allow: true, Type: 'c', Major: 1, Minor: 5, Access: setting.MayRead},
	}
	attach(t, dir, base)
	for command, want := range map[string]bool{
		": < /dev/null": true, ": > /dev/null": true, ": < /dev/zero": true, ": > /dev/zero": false, ": < /dev/full": false,
		"mknod /tmp/rt-test-$$ c 1 5 && rm /tmp/rt-test-$$": false,
	} {
		if got := try(t, dir, command); got != want {
			t.Errorf("%s: allowed is %v, want %v", command, got, want)
		}
	}
	for range 3 {
		attach(t, dir, append(base, setting.Device{Allow: true, Type: 'a', Major: setting.Any, Minor: setting.Any, Access: setting.AllAccess}))
		if !try(t, dir, ": < /dev/full") {
			t.Error("the wider rules are not in force")
		}
		attach(t, dir, base)
		if try(t, dir, ": < /dev/full") {
			t.Error("the narrower rules are not in force")
		}
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	progs, err := attached(fd)
	closeAll(progs)
	if err != nil || len(progs) != 1 {
		t.Errorf("%d programs, %v", len(progs), err)
	}
}

func TestTheVerifierTakesEveryShapeOfRule(t *testing.T) {
	dir := cgroup(t)
	attach(t, dir, nil)
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		rules := randomRules(r)
		if err := Attach(dir, rules); err != nil {
			t.Fatalf("%v: %v", rules, err)
		}
	}
}

func TestNoDescriptorIsLeftOpen(t *testing.T) {
	dir := cgroup(t)
	attach(t, dir, nil)
	before := descriptors(t)
	for range 5 {
		attach(t, dir, nil)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%s descriptors, then %s", before, after)
	}
}

func descriptors(t *testing.T) string {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(len(list))
}

func TestTheVerifierTakesLongLists(t *testing.T) {
	dir := cgroup(t)
	var rules []setting.Device
	for i := range int64(1000) {
		rules = append(rules, setting.Device{Allow: i%2 == 0, Type: 'b', Major: i, Minor: i % 7, Access: setting.MayRead})
	}
	start := time.Now()
	attach(t, dir, rules)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it takes %v", took)
	}
	for range 3 {
		rules = append(rules, rules...)
	}
	if _, err := Program(rules); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.devices: 8000 rules") {
		t.Errorf("got %v", err)
	}
}

func FuzzProgramsNeverDisagreeWithTheRules(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		rules := randomRules(r)
		kind, major, minor, access := "bc"[r.IntN(2)], int64(r.IntN(4)), int64(r.IntN(4)), setting.Access(1+r.IntN(7))
		if interpret(t, program(t, rules), kind, major, minor, access) != allowed(rules, kind, major, minor, access) {
			t.Errorf("%c %d:%d %v: %v", kind, major, minor, access, rules)
		}
	})
}
