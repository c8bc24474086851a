// Command faults proves that nothing is left behind. It makes every operation of
// full create plans fail, kills the runtime there and kills the container's own
// process there; kills create, start and delete at moments of the clock; and
// damages what is on record. After each of them delete --force has to leave the
// host as it was.
//
// scripts/test-faults.sh builds what it needs and runs it in namespaces of its own.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// settings are the command line, which workers get too.
type settings struct {
	faulty  string // the runtime built with the tag faults
	release string // the runtime as it is delivered
	rootfs  string // a busybox root file system to copy
	dir     string // where everything is made
	tag     string // a prefix of ids that nobody else uses
	workers int
	only    string // run this trial alone, or all that begin so: VARIANT:INDEX:KIND[:SIDE]
	parts   string // what to run, comma separated
	verbose bool
}

func main() {
	var s settings
	var worker int
	flag.StringVar(&s.faulty, "faulty", "./rt-faults", "runtime with fault points")
	flag.StringVar(&s.release, "release", "./rt", "runtime without")
	flag.StringVar(&s.rootfs, "rootfs", "/var/cache/rt-test/faults", "root file system")
	flag.StringVar(&s.dir, "dir", "", "scratch directory")
	flag.StringVar(&s.tag, "tag", fmt.Sprintf("rt-faults-%d", os.Getpid()), "prefix of ids")
	flag.IntVar(&s.workers, "workers", 4, "trials at a time")
	flag.StringVar(&s.only, "only", "", "one trial, VARIANT:INDEX:KIND[:SIDE]")
	flag.StringVar(&s.parts, "parts", "sweep,fds,kills,records", "what to run")
	flag.BoolVar(&s.verbose, "v", false, "print every trial")
	flag.IntVar(&worker, "worker", -1, "be a worker")
	flag.Parse()
	var err error
	if worker >= 0 {
		err = work(&s, worker)
	} else {
		err = s.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// run is everything; the error says how much was wrong.
func (s *settings) run() error {
	for _, p := range []*string{&s.faulty, &s.release, &s.rootfs} {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "rt-faults-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.dir = dir
	}
	if err := os.Chmod(s.dir, 0o711); err != nil { // for processes in user namespaces
		return err
	}
	jobs, ops, err := s.jobs()
	if err != nil {
		return err
	}
	start := time.Now()
	count, bad := s.distribute(jobs)
	for _, part := range []string{"fds", "kills", "records"} {
		if n := count[part]; n > 0 {
			fmt.Printf("%d %s: %d leaks\n", n, partNames[part], bad[part])
		}
	}
	if count["sweep"] > 0 {
		fmt.Printf("%d ops × 3 faults: %d leaks (%d runs, %d s)\n", ops, bad["sweep"], count["sweep"],
			int(time.Since(start).Seconds()))
	}
	total := bad["sweep"] + bad["fds"] + bad["kills"] + bad["records"]
	if total > 0 {
		return fmt.Errorf("%d of %d trials left something", total, len(jobs))
	}
	return nil
}

var partNames = map[string]string{
	"fds":     "failures in one process",
	"kills":   "kills at any moment",
	"records": "damaged records",
}

// distribute gives the jobs to workers, one process each: a worker is a subreaper,
// so whatever a trial leaves running is among its descendants.
func (s *settings) distribute(jobs []job) (count, bad map[string]int) {
	count, bad = map[string]int{}, map[string]int{}
	queue := make(chan job)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for n := range min(s.workers, len(jobs)) {
		wg.Go(func() {
			w, err := s.newWorker(n)
			for j := range queue {
				r := result{Job: j, Bad: []string{"the worker is gone"}}
				if err == nil {
					r = w.do(j)
				}
				mu.Lock()
				count[j.Part] += max(r.Count, 1)
				if len(r.Bad) > 0 {
					bad[j.Part] += len(r.Bad)
					fmt.Printf("LEAK %s\n\t%s\n", j.describe(), strings.Join(r.Bad, "\n\t"))
				} else if s.verbose {
					fmt.Printf("ok %s %d ms\n", j.describe(), r.Millis)
				}
				mu.Unlock()
			}
			w.stop()
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	wg.Wait()
	return count, bad
}

// workerProcess is the near end of a worker: one line of JSON there and back.
type workerProcess struct {
	cmd *exec.Cmd
	in  *json.Encoder
	out *bufio.Scanner
	end func() error
}

func (s *settings) newWorker(n int) (*workerProcess, error) {
	cmd := exec.Command("/proc/self/exe", "-worker", fmt.Sprint(n), "-faulty", s.faulty, "-release", s.release,
		"-rootfs", s.rootfs, "-dir", s.dir, "-tag", s.tag)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	return &workerProcess{cmd, json.NewEncoder(in), scanner, in.Close}, cmd.Start()
}

func (w *workerProcess) do(j job) result {
	r := result{Job: j}
	if err := w.in.Encode(j); err != nil {
		r.Bad = []string{"the worker is gone: " + err.Error()}
		return r
	}
	if !w.out.Scan() {
		r.Bad = []string{"the worker died"}
		return r
	}
	if err := json.Unmarshal(w.out.Bytes(), &r); err != nil {
		r.Bad = []string{err.Error()}
	}
	return r
}

func (w *workerProcess) stop() {
	if w != nil {
		_ = w.end()
		_ = w.cmd.Wait()
	}
}
