package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// worker runs jobs one after the other.
type worker struct {
	*settings
	oracle  *oracle
	dir     string
	number  int
	trials  int
	bundles map[string]*bundle
	variant string // of the job at hand
}

// state is where containers are kept; a user has a directory of its own.
func (w *worker) state() string {
	if w.variant == "user" {
		return w.dir + "/user-state"
	}
	return w.dir + "/state"
}

// work is the life of a worker process: jobs on stdin, results on stdout.
func work(s *settings, number int) error {
	w := &worker{settings: s, number: number, dir: filepath.Join(s.dir, fmt.Sprint("w", number)), bundles: map[string]*bundle{}}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	for _, dir := range []string{w.dir, w.dir + "/state", w.dir + "/pid", w.dir + "/user-state"} {
		if err := os.Mkdir(dir, 0o711); err != nil {
			return err
		}
	}
	for _, dir := range []string{w.dir + "/pid", w.dir + "/user-state"} {
		if err := os.Chown(dir, user, user); err != nil {
			return err
		}
	}
	for _, name := range []string{"console", "pidfd", "agent"} {
		if err := listen(w.dir + "/" + name + ".sock"); err != nil {
			return err
		}
	}
	var err error
	if w.oracle, err = newOracle(w.dir); err != nil {
		return err
	}
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var j job
		if err := in.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		start := time.Now()
		r := w.do(j)
		r.Job, r.Millis = j, time.Since(start).Milliseconds()
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}

// listen takes every connection and reads it to the end; descriptors that come along
// are closed by the kernel.
func listen(path string) error {
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o777); err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}()
	return nil
}

func (w *worker) do(j job) result {
	w.variant = j.Variant
	b, err := w.bundle(j.Variant)
	if err != nil {
		return result{Bad: []string{err.Error()}}
	}
	switch j.Part {
	case "sweep":
		return w.sweep(b, j)
	case "fds":
		return w.fds(b, j.Op)
	case "kills":
		return w.killSeries(b, j.Verb)
	case "records":
		return w.records(b, j.Verb)
	}
	return result{Bad: []string{"no such part"}}
}

func (w *worker) bundle(variant string) (*bundle, error) {
	if b := w.bundles[variant]; b != nil {
		return b, nil
	}
	b, err := newBundle(filepath.Join(w.dir, variant), variant, w.rootfs)
	w.bundles[variant] = b
	return b, err
}

// id makes one that was never used.
func (w *worker) id() string {
	w.trials++
	return fmt.Sprintf("%s-%d-%d", w.tag, w.number, w.trials)
}

// outcome is how a call of the runtime ended.
type outcome struct {
	status syscall.WaitStatus
	hung   bool
	took   time.Duration
	stderr string
}

func (o outcome) ok() bool { return !o.hung && o.status.Exited() && o.status.ExitStatus() == 0 }

func (o outcome) killed() bool {
	return o.status.Signaled() && o.status.Signal() == syscall.SIGKILL && !o.hung
}

func (o outcome) String() string {
	how := fmt.Sprintf("exit status %d", o.status.ExitStatus())
	if o.status.Signaled() {
		how = "killed by " + o.status.Signal().String()
	}
	if o.hung {
		how = "hung"
	}
	return fmt.Sprintf("%s after %v: %s", how, o.took.Round(time.Millisecond), strings.TrimSpace(o.stderr))
}

// limit is how long a verb may take.
const limit = 5 * time.Second

// calling is a call of the runtime that goes on.
type calling struct {
	pid   int
	start time.Time
	err   *os.File
}

// call starts the runtime. Its output goes to a file: a pipe would be the
// container's too.
func (w *worker) call(fault, exe string, args ...string) *calling {
	null, _ := os.OpenFile("/dev/null", os.O_RDWR, 0)
	defer null.Close()
	errs, err := os.Create(w.dir + "/stderr")
	if err != nil {
		panic(err)
	}
	env := os.Environ()
	if fault != "" {
		env = append(env, "RT_FAULT="+fault)
	}
	p := &calling{start: time.Now(), err: errs}
	p.pid, err = syscall.ForkExec(exe, append([]string{exe, "--root", w.state()}, args...),
		&syscall.ProcAttr{Env: env, Files: []uintptr{null.Fd(), null.Fd(), errs.Fd()}, Sys: caller(w.variant)})
	if err != nil {
		panic(err)
	}
	return p
}

// wait ends a process that takes longer than the limit. Orphans are reaped
// meanwhile, as every subreaper does: a pid namespace ends only when the processes
// that entered it from outside are.
func (p *calling) wait(limit time.Duration) (o outcome) {
	defer p.err.Close()
	var ws unix.WaitStatus
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, 2*time.Millisecond) {
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		if pid == p.pid || err != nil && err != unix.EINTR {
			break
		}
		if pid > 0 {
			continue
		}
		if !o.hung && time.Since(p.start) > limit {
			o.hung = true
			_ = unix.Kill(p.pid, unix.SIGKILL)
		}
		time.Sleep(pause)
	}
	o.status, o.took = syscall.WaitStatus(ws), time.Since(p.start)
	text := make([]byte, 4096)
	n, _ := p.err.ReadAt(text, 0)
	o.stderr = string(text[:n])
	return o
}

func (w *worker) rt(fault, exe string, args ...string) outcome {
	return w.call(fault, exe, args...).wait(limit)
}

// deleted removes a container by force, every fifth time twice, and returns what is
// wrong.
func (w *worker) deleted(exe, id string) (bad []string) {
	_, err := os.Lstat(w.dir + "/state/" + id)
	unknown := os.IsNotExist(err)
	if o := w.rt("", exe, "delete", "--force", id); !o.ok() {
		return []string{"delete --force: " + o.String()}
	}
	left := w.oracle.left(id)
	for deadline := time.Now().Add(2 * time.Second); unknown && processesAlone(left) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		left = w.oracle.left(id)
	}
	for _, l := range left {
		bad = append(bad, "after delete --force: "+l)
	}
	if w.trials%5 > 0 && len(bad) == 0 {
		return bad
	}
	if o := w.rt("", exe, "delete", "--force", id); !o.ok() {
		bad = append(bad, "second delete --force: "+o.String())
	}
	return bad
}

// processesAlone reports whether processes are all that is left. A stage whose creator was killed
// before it had put anything on record has nothing, and ends by itself.
func processesAlone(left []string) bool {
	for _, l := range left {
		if !strings.HasPrefix(l, "process") {
			return false
		}
	}
	return len(left) > 0
}
