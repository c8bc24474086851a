package cgroup

import (
	"context"
	"errors"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestAnOOMKillIsCounted(t *testing.T) {
	f := newFixture(t, &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](8 << 20), Swap: ptr[int64](8 << 20)}})
	f.dir("memory.limit_in_bytes")
	if n, err := f.OOMKills(); n != 0 || err != nil {
		t.Errorf("before: %d, %v", n, err)
	}
	cmd := f.run("echo; exec head -c 64M /dev/zero | tail")
	_ = cmd.Wait()
	if n, err := f.OOMKills(); n == 0 || err != nil {
		t.Errorf("after: %d, %v", n, err)
	}
}

func TestAnOOMIsReportedToWhoWatches(t *testing.T) {
	f := newFixture(t, &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr[int64](8 << 20), Swap: ptr[int64](8 << 20)}})
	f.dir("memory.limit_in_bytes")
	ready, found, ended := make(chan bool), make(chan bool, 1), make(chan error, 1)
	report := func() {
		select {
		case found <- true:
		default: // the kernel reports one death any number of times
		}
	}
	go func() { ended <- f.WatchOOM(t.Context(), func() { close(ready) }, report) }()
	<-ready
	select {
	case <-found:
		t.Error("reported before there was any")
	case <-time.After(20 * time.Millisecond):
	}
	_ = f.run("echo; exec head -c 64M /dev/zero | tail").Wait()
	select {
	case <-found:
	case err := <-ended:
		t.Fatalf("the watch ended: %v", err)
	case <-time.After(5 * time.Second):
		t.Fatal("not reported")
	}
	if err := f.Destroy(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the watch goes on without a cgroup")
	}
}

func TestWatchingEndsWithItsContext(t *testing.T) {
	f := newFixture(t, nil)
	f.dir("memory.stat")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.WatchOOM(ctx, cancel, func() {}) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
	if err := Open(nil).WatchOOM(t.Context(), nil, nil); !errors.Is(err, ErrNoMemory) {
		t.Errorf("without a memory cgroup: %v", err)
	}
}
