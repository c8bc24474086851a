package container

import (
	"context"
	"os"
	"os/exec"
	"reflect"
	"syscall"
	"testing"
	"time"

	"rt/libcontainer/cgroup/stats"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/state"
)

func TestInterfacesAreReadFromTheKernelsTable(t *testing.T) {
	const table = "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
		"    lo:    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n" +
		"veth0.1: 18446744073709551615 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n"
	got, err := parseInterfaces([]byte(table))
	want := []stats.NetworkInterface{
		{Name: "lo", RxBytes: 1, RxPackets: 2, RxErrors: 3, RxDropped: 4, TxBytes: 9, TxPackets: 10, TxErrors: 11, TxDropped: 12},
		{Name: "veth0.1", RxBytes: 1<<64 - 1, TxBytes: 9},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
	for _, bad := range []string{"lo: 1 2 3\n", "lo: x 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"} {
		if got, err := parseInterfaces([]byte(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func TestTheEndOfAProcessIsNoticedAndThatOfAnotherWithItsPidIsNot(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stat, err := sys.ReadProcStat(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	rec := &state.Record{ID: "x", Pid: cmd.Process.Pid, StartTime: stat.Start}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended, err := endOf(ctx, rec)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Error("a process that runs is said to have ended")
	case <-time.After(20 * time.Millisecond):
	}
	_ = cmd.Process.Signal(os.Kill)
	_ = cmd.Wait()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the end was not noticed")
	}
	for _, other := range []*state.Record{rec, {ID: "x", Pid: os.Getpid(), StartTime: 1}} {
		if _, err := endOf(ctx, other); err == nil {
			t.Errorf("pid %d with start time %d is taken for the container", other.Pid, other.StartTime)
		}
	}
}
