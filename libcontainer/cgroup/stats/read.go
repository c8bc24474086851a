package stats

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Read collects the statistics of a container by its cgroup directories, without
// IntelRdt and NetworkInterfaces. What a host does not count stays 0; an error is
// about a file that is there and cannot be read.
func Read(dirs []string) (*Stats, error) {
	r := reader{stats: &Stats{Hugetlb: map[string]Hugetlb{}}}
	// On a hybrid host the v2 cgroup has a few counters of its own, less exact than
	// those of a v1 controller, which is therefore read later.
	for _, v2 := range []bool{true, false} {
		for _, dir := range dirs {
			r.dir = dir
			if r.has("cgroup.controllers") != v2 {
				continue
			}
			if v2 {
				r.v2()
			} else {
				r.v1()
			}
		}
	}
	return r.stats, r.err
}

// reader reads files of one cgroup directory at a time and keeps the first error. A
// missing file reads as empty.
type reader struct {
	stats *Stats
	dir   string
	err   error
}

func (r *reader) has(file string) bool {
	_, err := os.Lstat(r.dir + "/" + file)
	return err == nil
}

func (r *reader) text(file string) string {
	data, err := os.ReadFile(r.dir + "/" + file)
	// PSI can be switched off at boot, and a cgroup can go away while it is read.
	for _, harmless := range []error{fs.ErrNotExist, syscall.EOPNOTSUPP, syscall.ENODEV} {
		if errors.Is(err, harmless) {
			return ""
		}
	}
	if err != nil && r.err == nil {
		r.err = err
	}
	return string(data)
}

// number reads a file of one number; "max" is the largest there is.
func (r *reader) number(file string) uint64 { return number(r.text(file)) }

func number(s string) uint64 {
	s = strings.TrimSpace(s)
	if s == "max" {
		return math.MaxUint64
	}
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}

// numbers reads a file of numbers separated by spaces.
func (r *reader) numbers(file string) (list []uint64) {
	for _, s := range strings.Fields(r.text(file)) {
		list = append(list, number(s))
	}
	return list
}

// keyed reads lines "KEY NUMBER".
func (r *reader) keyed(file string) map[string]uint64 {
	m := map[string]uint64{}
	for line := range strings.Lines(r.text(file)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(value, 10, 64); ok && err == nil {
			m[key] = n
		}
	}
	return m
}

// psi reads lines "some avg10=1.00 avg60=0.50 avg300=0.10 total=12345".
func (r *reader) psi(file string) *PSI {
	text := r.text(file)
	if text == "" {
		return nil
	}
	var p PSI
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		to := &p.Some
		if fields[0] == "full" {
			to = &p.Full
		}
		for _, f := range fields[1:] {
			key, value, _ := strings.Cut(f, "=")
			switch key {
			case "avg10":
				to.Avg10, _ = strconv.ParseFloat(value, 64)
			case "avg60":
				to.Avg60, _ = strconv.ParseFloat(value, 64)
			case "avg300":
				to.Avg300, _ = strconv.ParseFloat(value, 64)
			case "total":
				to.Total = number(value)
			}
		}
	}
	return &p
}

// list reads "0-2,5" as the numbers it stands for.
func (r *reader) list(file string) (out []uint16) {
	text := strings.TrimSpace(r.text(file))
	if text == "" {
		return nil
	}
	for _, part := range strings.Split(text, ",") {
		first, last, ok := strings.Cut(part, "-")
		if !ok {
			last = first
		}
		a, err1 := strconv.ParseUint(first, 10, 16)
		b, err2 := strconv.ParseUint(last, 10, 16)
		if err1 != nil || err2 != nil {
			return out
		}
		for n := a; n <= b; n++ {
			out = append(out, uint16(n))
		}
	}
	return out
}

// device parses "8:16".
func device(s string) (major, minor uint64, ok bool) {
	a, b, ok := strings.Cut(s, ":")
	major, err1 := strconv.ParseUint(a, 10, 32)
	minor, err2 := strconv.ParseUint(b, 10, 32)
	return major, minor, ok && err1 == nil && err2 == nil
}

// pageSizes lists the huge page sizes by the files "hugetlb.SIZE.<suffix>".
func (r *reader) pageSizes(suffix string) (sizes []string) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		size, ok := strings.CutPrefix(e.Name(), "hugetlb.")
		if size, ok2 := strings.CutSuffix(size, "."+suffix); ok && ok2 && !strings.Contains(size, ".") {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

func (r *reader) pids() {
	if !r.has("pids.current") {
		return
	}
	r.stats.Pids.Current = r.number("pids.current")
	r.stats.Pids.Limit = r.number("pids.max")
	if r.stats.Pids.Limit == math.MaxUint64 {
		r.stats.Pids.Limit = 0
	}
}

// rdma reads lines "mlx4_0 hca_handle=2 hca_object=max".
func (r *reader) rdma() {
	if !r.has("rdma.current") {
		return
	}
	r.stats.Rdma = &Rdma{Limit: rdmaEntries(r.text("rdma.max")), Current: rdmaEntries(r.text("rdma.current"))}
}

func rdmaEntries(text string) (list []RdmaEntry) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		e := RdmaEntry{Device: fields[0]}
		for _, f := range fields[1:] {
			key, value, _ := strings.Cut(f, "=")
			n := uint32(min(number(value), math.MaxUint32))
			switch key {
			case "hca_handle":
				e.HcaHandles = n
			case "hca_object":
				e.HcaObjects = n
			}
		}
		list = append(list, e)
	}
	return list
}
