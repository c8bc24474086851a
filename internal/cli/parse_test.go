package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"rt/libcontainer/container"
)

// The command lines that engines are known to use, word for word.
func TestEnginesCommandLinesReachTheirVerb(t *testing.T) {
	for _, tc := range []struct{ name, line, call string }{
		{"containerd starts", "--root /run/containerd/runc/k8s.io --log /dev/null --log-format json start testing", "start testing"},
		{"containerd kills by number", "--root /r --log /dev/null --log-format json kill x 15", "kill x 15 all=false"},
		{"containerd kills what is left", "--root /r --log /dev/null --log-format json kill --all x 9", "kill x 9 all=true"},
		{"containerd cleans up", "--root /r --log /dev/null --log-format json delete --force x", "delete x force=true"},
		{"containerd 1.6 names criu", "--root /r --log /dev/null --log-format json --criu /usr/bin/criu delete x", "delete x force=false"},
		{"podman asks for the state", "state x", "state x"},
		{"podman starts", "--log-format=json --log /dev/null start x", "start x"},
		{"cri-o kills by name", "--root /run/rt kill x KILL", "kill x 9 all=false"},
		{"go-runc asks for the pids", "ps --format json x", "processes x"},
		{"go-runc passes options of ps on", "ps --format table x -ef", `ps x ["-ef"]`},
		{"options of ps may look like ours", "ps x --format json", `ps x ["--format" "json"]`},
		{"containerd pauses", "--root /r --log /dev/null --log-format json pause x", "pause x"},
		{"containerd resumes", "--root /r --log /dev/null --log-format json resume x", "resume x"},
		{"go-runc asks for statistics", "events --stats x", "stats x"},
		{"go-runc listens for events", "events --interval=5s x", "events x 5s"},
		{"events come every five seconds", "events x", "events x 5s"},
		{"conmon-rs executes", "exec -d --pid-file=/f x cmd -args --pid-file=g", `exec x ["cmd" "-args" "--pid-file=g"]`},
		{"containerd executes", "--root /r --log /dev/null --log-format json exec --process /tmp/p --detach --pid-file /b/e.pid x", `exec x []`},
		{"cri-o kills all", "--root /run/rt --systemd-cgroup kill -a x 9", "kill x 9 all=true"},
		{"conmon-rs repeats globals", "--root=/r --systemd-cgroup --root=/r --systemd-cgroup start x", "start x"},
		{"buildah names no signal", "kill buildah-buildah1", "kill buildah-buildah1 15 all=false"},
		{"buildah kills by full name", "kill buildah-buildah1 SIGKILL", "kill buildah-buildah1 9 all=false"},
		{"buildkit runs", "--log /dev/null --log-format json run --bundle /b --keep x", "run x"},
		{"buildkit kills", "--log /dev/null --log-format json kill x 9", "kill x 9 all=false"},
		{"go-runc lists", "list --format=json", "list"},
		{"a person puts options last", "kill x 9 --all", "kill x 9 all=true"},
		{"a person puts options between", "kill x -a 9", "kill x 9 all=true"},
		{"a person forces with the short name", "delete -f x", "delete x force=true"},
		{"two dashes end the options", "delete --force -- -x", "delete -x force=true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &fakeRuntime{state: &container.State{}}
			r := f.rt(t, strings.Fields(tc.line)...)
			if r.status != 0 || r.stderr != "" {
				t.Errorf("status %d, stderr %q", r.status, r.stderr)
			}
			if f.call != tc.call {
				t.Errorf("called %q, want %q", f.call, tc.call)
			}
		})
	}
}

func TestCreateTakesTheOptionsOfEveryEngine(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		want       container.CreateOptions
	}{
		{
			"go-runc",
			"--root /r --log /dev/null --log-format json --systemd-cgroup create --bundle /b --pid-file /b/init.pid --console-socket /tmp/p.sock --pidfd-socket /tmp/q.sock --no-pivot --no-new-keyring --preserve-fds 2 x",
			container.CreateOptions{ID: "x", Bundle: "/b", PidFile: "/b/init.pid", ConsoleSocket: "/tmp/p.sock", PidfdSocket: "/tmp/q.sock", NoPivot: true, NoNewKeyring: true, PreserveFDs: 2},
		},
		{
			"conmon",
			"--systemd-cgroup --log-format=json --log /dev/null create --bundle /b --pid-file /p --no-pivot --no-new-keyring --preserve-fds 1 --console-socket /c x",
			container.CreateOptions{ID: "x", Bundle: "/b", PidFile: "/p", ConsoleSocket: "/c", NoPivot: true, NoNewKeyring: true, PreserveFDs: 1},
		},
		{
			"conmon-rs",
			"--root=/r --root=/r create --bundle=/b --pid-file=/p --console-socket=/c x",
			container.CreateOptions{ID: "x", Bundle: "/b", PidFile: "/p", ConsoleSocket: "/c"},
		},
		{
			"a single dash",
			"create -bundle /b -no-pivot x",
			container.CreateOptions{ID: "x", Bundle: "/b", NoPivot: true},
		},
		{
			"nothing said",
			"create x",
			container.CreateOptions{ID: "x", Bundle: "."},
		},
		{
			"options last, short name",
			"create x -b /b",
			container.CreateOptions{ID: "x", Bundle: "/b"},
		},
		{
			"global trace",
			"--trace /t create x",
			container.CreateOptions{ID: "x", Bundle: ".", Trace: "/t"},
		},
		{
			"the verb's trace wins",
			"--trace /t create --trace /u x",
			container.CreateOptions{ID: "x", Bundle: ".", Trace: "/u"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &fakeRuntime{}
			if r := f.rt(t, strings.Fields(tc.line)...); r != (result{}) {
				t.Errorf("a success is silent: %+v", r)
			}
			if f.create != tc.want {
				t.Errorf("got  %+v\nwant %+v", f.create, tc.want)
			}
		})
	}
}

func TestRunTakesItsOwnOptionsAndReturnsTheStatusOfTheProcess(t *testing.T) {
	f := &fakeRuntime{exit: 137}
	r := f.rt(t, "run", "-d", "--keep", "-no-subreaper", "--bundle", "/b", "x")
	want := container.RunOptions{
		CreateOptions: container.CreateOptions{ID: "x", Bundle: "/b"},
		Detach:        true, Keep: true, NoSubreaper: true,
	}
	if !reflect.DeepEqual(f.run, want) || r.status != 137 {
		t.Errorf("status %d, options %+v", r.status, f.run)
	}
}

func TestGlobalOptionsReachTheRuntime(t *testing.T) {
	for _, tc := range []struct {
		line     string
		systemd  bool
		rootless string
	}{
		{"state x", false, "auto"},
		{"--systemd-cgroup state x", true, "auto"},
		{"--systemd-cgroup=true --systemd-cgroup=false state x", false, "auto"},
		{"--cgroup-manager systemd state x", true, "auto"},
		{"--cgroup-manager cgroupfs --systemd-cgroup state x", false, "auto"},
		{"--rootless=true state x", false, "true"},
		{"--rootless 0 state x", false, "false"},
	} {
		f := &fakeRuntime{state: &container.State{}}
		r := f.rt(t, append([]string{"--root", "/r"}, strings.Fields(tc.line)...)...)
		if r.status != 0 || f.opened.Root != "/r" || f.opened.SystemdCgroup != tc.systemd || f.opened.Rootless != tc.rootless {
			t.Errorf("%s: %+v %+v", tc.line, r, f.opened)
		}
	}
}

func TestWrongCommandLinesNameWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ line, want string }{
		{"--invalidflag start x", "unknown option --invalidflag"},
		{"start --invalidflag x", "start: unknown option --invalidflag"},
		{"start x --invalidflag", "start: unknown option --invalidflag"},
		{"frobnicate x", `unknown command "frobnicate"`},
		{"checkpoint", "checkpoint: 0 arguments given, at least 1 needed: ID"},
		{"checkpoint --page-server nowhere x", `--page-server: "nowhere", want ADDRESS:PORT`},
		{"checkpoint --page-server :80 x", "want ADDRESS:PORT"},
		{"checkpoint --page-server a:b:70000 x", "want ADDRESS:PORT"},
		{"restore --lsm-mount-context", "restore: flag needs an argument: -lsm-mount-context"},
		{"create", "create: 0 arguments given, at least 1 needed: ID"},
		{"create a b", `create: unexpected argument "b"`},
		{"list a", `list: unexpected argument "a"`},
		{"create --bundle", "create: flag needs an argument: -bundle"},
		{"create --preserve-fds many x", `invalid value "many" for flag -preserve-fds`},
		{"create --preserve-fds -1 x", "--preserve-fds: -1 is negative"},
		{"kill x FOO", `unknown signal "FOO"`},
		{"list --format xml", `--format: "xml" is neither table nor json`},
		{"--log-format xml list", `--log-format: "xml" is neither text nor json`},
		{"--cgroup-manager disabled list", `--cgroup-manager: "disabled" is not supported`},
		{"--cgroup-manager foo list", `--cgroup-manager: "foo"`},
		{"--rootless maybe list", `--rootless: "maybe"`},
		{"--root / list", "--root: /"},
		{"help frobnicate", `unknown command "frobnicate"`},
	} {
		f := &fakeRuntime{}
		r := f.rt(t, strings.Fields(tc.line)...)
		if r.status != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
			!strings.Contains(strings.ReplaceAll(r.stderr, `\"`, `"`), tc.want) {
			t.Errorf("%s: %+v, want %q", tc.line, r, tc.want)
		}
		if f.call != "" {
			t.Errorf("%s: called %q", tc.line, f.call)
		}
	}
}

func TestALiteralVerbEndsOptionsAtItsFirstArgument(t *testing.T) {
	var long bool
	f := newFlagSet()
	f.toggle(&long, "long", "l", "")
	args, err := f.parse(&command{name: "v", literal: true, max: 9}, strings.Fields("-l x ls --long -- -a"))
	if err != nil || !reflect.DeepEqual(args, strings.Fields("x ls --long -- -a")) || !long {
		t.Errorf("%q %v", args, err)
	}
}

func TestTheFailureStatusOfAVerbIsItsOwn(t *testing.T) {
	f := &fakeRuntime{err: usageError{"no"}}
	if r := f.rt(t, "start", "x"); r.status != 1 {
		t.Errorf("status %d, want 1", r.status)
	}
	old := startCommand.failure
	startCommand.failure = 255
	defer func() { startCommand.failure = old }()
	if r := f.rt(t, "start", "x"); r.status != 255 {
		t.Errorf("status %d, want 255", r.status)
	}
	if r := f.rt(t, "start", "--nope", "x"); r.status != 255 {
		t.Errorf("status of a wrong option %d, want 255", r.status)
	}
}

func TestTheDefaultRootDependsOnUidNamespaceAndRuntimeDirOnly(t *testing.T) {
	yes, no := func() bool { return true }, func() bool { return false }
	for _, tc := range []struct {
		name     string
		euid     int
		xdg      string
		inUserns func() bool
		want     string
	}{
		{"root", 0, "", no, "/run/rt"},
		{"root with a runtime directory", 0, "/run/user/0", no, "/run/rt"},
		{"root of a user namespace", 0, "/run/user/1000", yes, "/run/user/1000/rt"},
		{"root of a user namespace without a runtime directory", 0, "", yes, "/run/rt"},
		{"a user", 1000, "/run/user/1000", no, "/run/user/1000/rt"},
		{"a user with an empty runtime directory", 1000, "", no, "/run/rt"},
		{"a user with a relative runtime directory", 1000, "run", no, "/run/rt"},
	} {
		if got := defaultRoot(tc.euid, tc.xdg, tc.inUserns); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestSignalsAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]int{
		"0": 0, "9": 9, "64": 64, "KILL": 9, "SIGKILL": 9, "sigterm": 15, "Hup": 1,
		"CHLD": 17, "CLD": 17, "IOT": 6, "POLL": 29, "WINCH": 28,
		"RTMIN": 34, "SIGRTMIN": 34, "SIGRTMIN+3": 37, "RTMAX": 64, "SIGRTMAX-1": 63,
	} {
		if got, err := parseSignal(in); err != nil || int(got) != want {
			t.Errorf("%s: %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-1", "65", "SIG", "FOO", "SIGSIGKILL", "RTMIN+31", "RTMIN-1", "RTMIN+", "RTMAX+1", "RTMIN+ 1", "9 "} {
		if got, err := parseSignal(in); err == nil {
			t.Errorf("%q is signal %d", in, got)
		}
	}
}

// blocking is a runtime whose create waits until it is told to give up.
type blocking struct{ fakeRuntime }

func (b *blocking) Create(ctx context.Context, _ container.CreateOptions) error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		return err
	}
	<-ctx.Done()
	return fmt.Errorf("hook /bin/sleep: %w", ctx.Err())
}

func TestATerminationSignalEndsAVerbThatWaitsAndIsNamed(t *testing.T) {
	var out, errs bytes.Buffer
	a := App{
		Name: "rt", Stdout: &out, Stderr: &errs, StderrRead: func() bool { return false },
		Open: func(container.Runtime) Runtime { return new(blocking) },
	}
	done := make(chan int, 1)
	go func() { done <- a.Run([]string{"--log-format", "json", "create", "x"}) }()
	select {
	case status := <-done:
		if status != 1 || !strings.Contains(errs.String(), "interrupted by SIGTERM: hook /bin/sleep") ||
			!strings.Contains(errs.String(), `"code":"interrupted"`) {
			t.Errorf("status %d, %s", status, errs.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("create ignores SIGTERM")
	}
}
