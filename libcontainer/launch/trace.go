package launch

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"rt/libcontainer/plan"
)

// Trace collects when each operation began and ended, in both lanes. A nil Trace
// collects nothing.
type Trace struct {
	fd     int // shared with init: two 64-bit times for each operation
	ops    int
	began  int64      // when the stage was started
	Parent [][2]int64 // nanoseconds of CLOCK_MONOTONIC, by operation
}

func (t *Trace) now() int64 {
	if t == nil {
		return 0
	}
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

func (t *Trace) parent(i int, start int64) {
	if t == nil {
		return
	}
	for len(t.Parent) <= i {
		t.Parent = append(t.Parent, [2]int64{})
	}
	t.Parent[i] = [2]int64{start, t.now()}
}

func (t *Trace) open() (err error) {
	t.began = t.now()
	t.fd, err = unix.MemfdCreate("rt-trace", unix.MFD_CLOEXEC)
	return os.NewSyscallError("memfd_create", err)
}

// size makes room for that many operations.
func (t *Trace) size(ops int) error {
	if t == nil {
		return nil
	}
	t.ops = ops
	return os.NewSyscallError("ftruncate", unix.Ftruncate(t.fd, int64(ops)*16))
}

// WriteFile writes both lanes in the trace event format that Chrome and Perfetto
// read: complete events, times in microseconds.
func (t *Trace) WriteFile(path string, p *plan.Plan) error {
	type event struct {
		Name string         `json:"name"`
		Ph   string         `json:"ph"`
		Ts   float64        `json:"ts"`
		Dur  float64        `json:"dur"`
		Pid  int            `json:"pid"`
		Tid  int            `json:"tid"`
		Args map[string]any `json:"args,omitempty"`
	}
	child := make([]byte, t.ops*16)
	if t.ops > 0 {
		_, _ = unix.Pread(t.fd, child, 0)
	}
	var events []event
	add := func(lane, i int, start, end int64) {
		if start == 0 || i >= len(p.Ops) {
			return
		}
		op := &p.Ops[i]
		events = append(events, event{
			Name: op.Code.String(), Ph: "X", Ts: float64(start) / 1e3, Dur: float64(max(end-start, 0)) / 1e3,
			Pid: 1, Tid: lane, Args: map[string]any{"index": i, "op": p.Text(op), "origin": op.Origin},
		})
	}
	for i, times := range t.Parent {
		add(1, i, times[0], times[1])
	}
	plan := true // what comes before the plan is not traced yet
	for i := range t.ops {
		start := int64(binary.NativeEndian.Uint64(child[16*i:]))
		if plan && start != 0 {
			plan = false
			events = append(events, event{
				Name: "stage", Ph: "X", Ts: float64(t.began) / 1e3, Dur: float64(start-t.began) / 1e3, Pid: 1, Tid: 2,
				Args: map[string]any{"op": "starts, makes namespaces ahead, waits for the plan", "origin": ""},
			})
		}
		end := int64(binary.NativeEndian.Uint64(child[16*i+8:]))
		add(2, i, start, end)
	}
	data, err := json.Marshal(map[string]any{"displayTimeUnit": "ns", "traceEvents": events})
	if err != nil {
		return err
	}
	// Without O_NONBLOCK a FIFO that nobody reads would be waited for.
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC | unix.O_NONBLOCK | unix.O_NOCTTY
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}
