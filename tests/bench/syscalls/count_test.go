// Package syscalls holds the number of system calls of a container's life to what
// is recorded here. Time is not tested: a number is the same on every machine.
package syscalls

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	_ "rt/internal/cli" // a change of the program makes the cached result void
	"rt/libcontainer/spec"
)

// calls is a number of system calls for each lane of the plan.
type calls struct{ init, parent int }

// hosts are the mounts below /sys/fs/cgroup that rt finds, the same everywhere,
// and the numbers recorded for them. A change that needs fewer calls lowers its
// number; one that needs more raises it and says why in its commit.
var hosts = []struct {
	name, needs, script string
	recorded            calls
}{
	{
		name:     "CgroupV2",
		script:   "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
		recorded: calls{init: 221, parent: 184},
	},
	{
		name:  "HybridWithTwoV1Hierarchies",
		needs: ":devices:",
		script: `mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
			mkdir /sys/fs/cgroup/devices /sys/fs/cgroup/pids /sys/fs/cgroup/unified
			mount -t cgroup -o devices cgroup /sys/fs/cgroup/devices
			mount -t cgroup -o pids cgroup /sys/fs/cgroup/pids
			mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified`,
		recorded: calls{init: 254, parent: 246},
	},
}

func TestRunMakesNoMoreSystemCallsThanRecorded(t *testing.T) {
	needRootAndStrace(t)
	rt := build(t)
	bundle := makeBundle(t)
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range hosts {
		t.Run(host.name, func(t *testing.T) {
			if !strings.Contains(string(own), host.needs) {
				t.Skipf("no cgroup v1 hierarchy with %s", host.needs)
			}
			// Threads meet or miss each other: the best of three is the program's own number.
			var init, parent map[string]int
			for range 3 {
				i, p := countCalls(trace(t, rt, bundle, host.script))
				init, parent = fewer(init, i), fewer(parent, p)
			}
			check(t, "init", init, host.recorded.init)
			check(t, "parent", parent, host.recorded.parent)
		})
	}
}

func TestCallsAreCountedInTheLaneThatMakesThem(t *testing.T) {
	init, parent := countCalls(map[string]string{
		"10": "execve(\"/rt\", [\"rt\"]) = 0\nopenat(3) = 4\nfutex(1) = 0\nread(5) = ? ERESTARTSYS (To be restarted)\n" +
			"clone(flags=CLONE_VM|CLONE_VFORK) = 20\nwrite(4) = 1\n+++ exited with 0 +++\n",
		"11": "--- SIGURG ---\nwrite(4) = 1\n",
		"20": "dup3(1) = 2\nexecve(\"/proc/self/fd/9\", [\"rt-init\"]) = 0\nunshare(0) = 0\nclone3({flags=CLONE_PARENT}, 88) = 30\nexit_group(0) = ?\n",
		"30": "close(3) = 0\nexecve(\"/bin/a\", [\"true\"]) = -1 ENOENT (No such file or directory)\nexecve(\"/bin/true\", [\"true\"]) = 0\nbrk(NULL) = 1\n",
	})
	if got, want := fmt.Sprint(init), "map[clone3:1 close:1 execve:3 exit_group:1 unshare:1]"; got != want {
		t.Errorf("init's lane: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(parent), "map[dup3:1 execve:1 openat:1 write:2]"; got != want {
		t.Errorf("parent's lane: %s, want %s", got, want)
	}
}

func needRootAndStrace(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: a container with every namespace is traced")
	}
	for _, program := range []string{"strace", "busybox", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("needs ", program)
		}
	}
}

// build compiles the program as scripts/build.sh does.
func build(t *testing.T) string {
	rt := filepath.Join(t.TempDir(), "rt")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", rt, "rt")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return rt
}

// makeBundle makes a bundle of the default config. Of the masked and read-only
// paths it has one of each kind, as which of the defaults exist depends on the kernel.
func makeBundle(t *testing.T) string {
	bundle := t.TempDir()
	s := spec.Default()
	s.Process.Terminal = false
	s.Process.Args = []string{"true"}
	s.Root = &specs.Root{Path: "rootfs", Readonly: true}
	s.Linux.MaskedPaths = []string{"/proc/kcore", "/proc/tty", "/proc/missing"}
	s.Linux.ReadonlyPaths = []string{"/proc/sys", "/proc/missing"}
	config, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"bin", "dev", "proc", "sys"} {
		if err := os.MkdirAll(filepath.Join(bundle, "rootfs", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	busybox, _ := exec.LookPath("busybox")
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "rootfs/bin/true"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), config, 0o644); err != nil {
		t.Fatal(err)
	}
	return bundle
}

// trace runs a container and returns what strace wrote of each thread, by its id.
func trace(t *testing.T, rt, bundle, hostScript string) map[string]string {
	dir := t.TempDir()
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-euc",
		"umount -R /sys/fs/cgroup\n"+hostScript+`
		strace -ff -o "$1/thread" "$2" --root "$1/state" run --bundle "$3" "rt-count-$$" || {
			status=$?
			"$2" --root "$1/state" delete --force "rt-count-$$"
			exit $status
		}`,
		"sh", dir, rt, bundle)
	// Preemption by signal restarts system calls at random.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GODEBUG=asyncpreemptoff=1", "GOGC=off"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("strace rt run: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "thread.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no trace in %s: %v", dir, err)
	}
	threads := map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		threads[strings.TrimPrefix(filepath.Ext(file), ".")] = string(b)
	}
	return threads
}

var (
	call  = regexp.MustCompile(`^([a-z]\w*)\(`)
	child = regexp.MustCompile(`^clone3?\(.* = (\d+)$`)
	// What Go's runtime calls as its threads happen to meet, and as it looks for the
	// CPU limit of the cgroup that the caller happens to be in.
	scheduling = regexp.MustCompile(`^((clone3?|epoll_\w+|eventfd2|fcntl|futex|getpid|gettid|madvise|mmap|munmap|nanosleep|` +
		`pipe2|pread64|restart_syscall|rt_sig\w+|sched_\w+|sigaltstack|tgkill|wait4)\(|openat\(.*/cpu\.(max|cfs))`)
)

// countCalls counts the calls of each lane by name. Init's lane is that of the
// stage, which is executed from a descriptor, and of its children, until one of them
// executes the container's program; all else is the parent's.
func countCalls(threads map[string]string) (init, parent map[string]int) {
	init, parent = map[string]int{}, map[string]int{}
	inLane := map[string]bool{}
	for _, text := range threads {
		if _, stage, ok := strings.Cut(text, `execve("/proc/self/fd/`); ok {
			for line := range strings.Lines(stage) {
				if m := child.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
					inLane[m[1]] = true
				}
			}
		}
	}
	for id, text := range threads {
		lane := inLane[id]
		for line := range strings.Lines(text) {
			m := call.FindStringSubmatch(line)
			if m == nil || strings.Contains(line, "ERESTART") {
				continue
			}
			if m[1] == "execve" && strings.Contains(line, `"/proc/self/fd/`) {
				lane = true
			}
			if lane {
				init[m[1]]++
			} else if !scheduling.MatchString(line) {
				parent[m[1]]++
			}
			if lane && inLane[id] && m[1] == "execve" && strings.HasSuffix(strings.TrimSpace(line), " = 0") {
				break
			}
		}
	}
	return init, parent
}

func total(count map[string]int) int {
	n := 0
	for _, c := range count {
		n += c
	}
	return n
}

func fewer(a, b map[string]int) map[string]int {
	if a == nil || total(b) < total(a) {
		return b
	}
	return a
}

func check(t *testing.T, lane string, count map[string]int, recorded int) {
	t.Helper()
	n := total(count)
	t.Logf("%s's lane: %d system calls, %d recorded", lane, n, recorded)
	if n == 0 || n > recorded {
		names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
			return cmp.Or(count[b]-count[a], strings.Compare(a, b))
		})
		var list strings.Builder
		for _, name := range names {
			fmt.Fprintf(&list, " %s:%d", name, count[name])
		}
		t.Errorf("%s's lane of rt run makes %d system calls; recorded are %d:%s", lane, n, recorded, list.String())
	}
}
