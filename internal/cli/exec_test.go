package cli

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"rt/libcontainer/container"
)

func TestExecTakesEveryOption(t *testing.T) {
	f := &fakeRuntime{exit: 3}
	r := f.rt(t, "exec", "--cwd", "/w", "-e", "A=1", "--env=B=2", "-t", "-u", "5:6", "-g", "7", "--additional-gids", "8",
		"--cap", "CAP_KILL", "-c", "CAP_CHOWN", "--no-new-privs", "--apparmor", "p", "--process-label", "l", "-d",
		"--pid-file", "/f", "--console-socket", "/c", "--pidfd-socket", "/s", "--preserve-fds", "2",
		"--cgroup", "cpu:a", "--cgroup", "b", "--ignore-paused", "--trace", "/t", "x", "ls", "-l", "--", "-d")
	want := container.ExecOptions{
		ID: "x", Args: []string{"ls", "-l", "--", "-d"}, Cwd: "/w", Env: []string{"A=1", "B=2"}, Tty: true, User: "5:6",
		AdditionalGids: []uint32{7, 8}, Caps: []string{"CAP_KILL", "CAP_CHOWN"}, NoNewPrivs: true, AppArmor: "p",
		ProcessLabel: "l", Detach: true, PidFile: "/f", ConsoleSocket: "/c", PidfdSocket: "/s", PreserveFDs: 2,
		Cgroups: []string{"cpu:a", "b"}, IgnorePaused: true, Trace: "/t",
	}
	if !reflect.DeepEqual(f.exec, want) || r != (result{status: 3}) {
		t.Errorf("%+v\ngot  %+v\nwant %+v", r, f.exec, want)
	}
}

func TestExecThatFailsEndsWith255(t *testing.T) {
	for _, line := range []string{
		"exec", "exec x", "exec --no-such x true", "exec -g -1 x true", "exec -g 4294967296 x true",
		"exec --preserve-fds=-1 x true", "exec -p f x true", "exec -e",
	} {
		f := new(fakeRuntime)
		if r := f.rt(t, strings.Fields(line)...); r.status != 255 || r.stderr == "" || f.call != "" {
			t.Errorf("%s: %+v %s", line, r, f.call)
		}
	}
	f := &fakeRuntime{err: errors.New("no")}
	if r := f.rt(t, "exec", "x", "true"); r.status != 255 {
		t.Errorf("%+v", r)
	}
}
