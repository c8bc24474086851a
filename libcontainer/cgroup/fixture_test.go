package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/host"
)

// fixture is a cgroup of this machine's, as a container would get it.
type fixture struct {
	*Group
	t     *testing.T
	facts *host.Facts
	set   *setting.Set
}

var sequence int

func newFixture(t *testing.T, r *specs.LinuxResources) *fixture {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("making cgroups needs root")
	}
	facts, err := host.Probe()
	if err != nil {
		t.Fatal(err)
	}
	sequence++
	set, err := setting.Create(facts, fmt.Sprintf("/rt-test-%d/%d", os.Getpid(), sequence), "", r)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, d := range set.Dirs {
		dirs = append(dirs, d.Path)
	}
	f := &fixture{Open(dirs), t, facts, set}
	t.Cleanup(func() {
		_ = f.Thaw()
		if err := f.Destroy(); err != nil {
			t.Error(err)
		}
		for _, d := range dirs {
			_ = unix.Rmdir(filepath.Dir(d))
		}
	})
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range set.Inherits {
		f.inherit(i)
	}
	for _, w := range set.Writes {
		if err := Write(w.Dir, w.File, w.Value, w.Optional); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *fixture) inherit(i setting.Inherit) {
	f.t.Helper()
	value, err := os.ReadFile(i.Top + "/" + i.File)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(i.Dir), i.Dir} {
		if err := Write(dir, i.File, strings.TrimSpace(string(value)), false); err != nil {
			f.t.Fatal(err)
		}
	}
}

// run starts a shell script in the cgroup. It returns after the script wrote its
// first line, with the script still running.
func (f *fixture) run(script string) *exec.Cmd {
	f.t.Helper()
	cmd := exec.Command("sh", "-c", "read go; "+script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for _, dir := range f.dirs {
		if err := Write(dir, "cgroup.procs", strconv.Itoa(cmd.Process.Pid), false); err != nil {
			f.t.Fatal(err)
		}
	}
	fmt.Fprintln(in, "go")
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		f.t.Fatal(err)
	}
	return cmd
}

func (f *fixture) dir(file string) string {
	f.t.Helper()
	dir := f.find(file)
	if dir == "" {
		f.t.Skipf("this host has no %s", file)
	}
	return dir
}

func (f *fixture) read(file string) string {
	f.t.Helper()
	data, err := os.ReadFile(f.dir(file) + "/" + file)
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func killed(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the process ended with %v, not by SIGKILL", err)
	}
}

func (f *fixture) gone() {
	f.t.Helper()
	for _, d := range f.dirs {
		if exists(d) {
			f.t.Errorf("%s is still there", d)
		}
	}
}
