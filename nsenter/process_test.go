package nsenter

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

func processCases(t *testing.T) []opCase {
	return append(append(identityCases(t), schedulingCases()...), forkCases(t)...)
}

func identityCases(t *testing.T) []opCase {
	own, err := os.Readlink("/proc/self/ns/uts")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 5000)
	uts := plan.Unshare(abi.CloneNewUTS)
	return []opCase{
		{name: "sets no_new_privs", op: plan.OpPrctl, out: "NoNewPrivs:\t1",
			ops: join(plan.Prctl(abi.PrSetNoNewPrivs, 1, 0, 0, 0), sh("grep NoNewPrivs /proc/self/status"))},
		{name: "refuses an unknown option", op: plan.OpPrctl, err: unix.EINVAL,
			ops: join(plan.Prctl(9999, 0, 0, 0, 0))},

		{name: "makes a new namespace", op: plan.OpUnshare,
			ops: join(uts, sh("readlink /proc/self/ns/uts")),
			check: func(t *testing.T, s *session) {
				if got := strings.TrimSpace(s.out.String()); got == own || got == "" {
					t.Errorf("still in %s", got)
				}
			}},
		{name: "refuses unknown flags", op: plan.OpUnshare, err: unix.EINVAL, ops: join(plan.Unshare(1))},
		{name: "enters a namespace", op: plan.OpSetns, out: own,
			ops: join(openPath(0, "/proc/self/ns/uts", 0), uts, plan.Setns(0, abi.CloneNewUTS),
				sh("readlink /proc/self/ns/uts"))},
		{name: "refuses a file that is no namespace", op: plan.OpSetns, err: unix.EINVAL,
			ops: join(openPath(0, "/etc/passwd", 0), plan.Setns(0, 0))},
		{name: "makes a session", op: plan.OpSetsid, out: "leader",
			ops: join(plan.Setsid(), sh("read a b c d e f g </proc/$$/stat; [ $f = $$ ] && echo leader"))},
		{name: "refuses a session leader", op: plan.OpSetsid, err: unix.EPERM,
			ops: join(plan.Setsid(), plan.Setsid())},
		{name: "sets the mask", op: plan.OpUmask, out: "0027", ops: join(plan.Umask(0o27), sh("umask"))},
		{name: "passes on an error", op: plan.OpUmask, err: unix.EACCES,
			ops: join(denied(unix.SYS_UMASK, unix.EACCES), plan.Umask(0))},

		{name: "sets the host name", op: plan.OpSethostname, out: "a-b.c",
			ops: join(uts, plan.Sethostname("a-b.c"), sh("cat /proc/sys/kernel/hostname"))},
		{name: "refuses a name of 65 bytes", op: plan.OpSethostname, err: unix.EINVAL,
			ops: join(uts, plan.Sethostname(long[:65]))},
		{name: "sets the domain name", op: plan.OpSetdomainname, out: "example.org",
			ops: join(uts, plan.Setdomainname("example.org"), sh("cat /proc/sys/kernel/domainname"))},
		{name: "refuses a name of 65 bytes", op: plan.OpSetdomainname, err: unix.EINVAL,
			ops: join(uts, plan.Setdomainname(long[:65]))},
		{name: "brings the interface up", op: plan.OpLoopback, out: "127.0.0.1",
			ops: join(plan.Unshare(abi.CloneNewNet), plan.Loopback(), sh("cat /proc/net/fib_trie"))},
		{name: "needs privilege", op: plan.OpLoopback, err: unix.EPERM,
			ops: join(plan.Unshare(abi.CloneNewNet), noCapabilities, plan.Loopback())},
		{name: "makes a new keyring", op: plan.OpKeyring, out: "_ses: empty",
			ops: join(plan.Keyring(), sh("cat /proc/keys"))},
		{name: "passes on an error", op: plan.OpKeyring, err: unix.EDQUOT,
			ops: join(denied(unix.SYS_KEYCTL, unix.EDQUOT), plan.Keyring())},
		{name: "is content without keys in the kernel", op: plan.OpKeyring,
			ops: join(denied(unix.SYS_KEYCTL, unix.ENOSYS), plan.Keyring())},
		{name: "sets the personality", op: plan.OpPersonality, out: "00040000",
			ops: join(plan.Personality(0x40000), sh("cat /proc/$$/personality"))},
		{name: "passes on an error", op: plan.OpPersonality, err: unix.EACCES,
			ops: join(denied(unix.SYS_PERSONALITY, unix.EACCES), plan.Personality(0))},
	}
}

func schedulingCases() []opCase {
	attr := func(size, policy uint32) []byte {
		b := make([]byte, 48)
		copy(b, words(size, policy))
		return b
	}
	return []opCase{
		{name: "sets the memory policy", op: plan.OpMempolicy, out: "prefer:0",
			ops: join(plan.Mempolicy(1, []byte{1, 0, 0, 0, 0, 0, 0, 0}), sh("cat /proc/self/numa_maps"))},
		{name: "refuses an unknown mode", op: plan.OpMempolicy, err: unix.EINVAL,
			ops: join(plan.Mempolicy(99, []byte{1, 0, 0, 0, 0, 0, 0, 0}))},
		{name: "sets both limits", op: plan.OpRlimit, out: "123 456",
			ops: join(plan.Rlimit(unix.RLIMIT_NOFILE, 123, 456), sh("echo $(ulimit -Sn) $(ulimit -Hn)"))},
		{name: "refuses a soft limit above the hard one", op: plan.OpRlimit, err: unix.EINVAL,
			ops: join(plan.Rlimit(unix.RLIMIT_NOFILE, 456, 123))},
		{name: "sets the policy", op: plan.OpScheduler, out: "SCHED_BATCH",
			ops: join(plan.Scheduler(attr(48, 3)), sh("chrt -p $$"))},
		{name: "refuses an unknown policy", op: plan.OpScheduler, err: unix.EINVAL,
			ops: join(plan.Scheduler(attr(48, 99)))},
		{name: "refuses a size beyond its buffer", op: plan.OpScheduler, err: unix.EINVAL,
			ops: join(plan.Scheduler(attr(56, 3)))},
		{name: "refuses a buffer without a size", op: plan.OpScheduler, err: unix.EINVAL,
			ops: join(plan.Scheduler([]byte{48}))},
		{name: "sets the priority", op: plan.OpIoprio, out: "idle",
			ops: join(plan.Ioprio(3<<13), sh("ionice -p $$"))},
		{name: "refuses an unknown class", op: plan.OpIoprio, err: unix.EINVAL, ops: join(plan.Ioprio(0xffff))},
		{name: "sets the processors", op: plan.OpAffinity, out: "Cpus_allowed_list:\t0\n",
			ops: join(plan.Affinity([]byte{1, 0, 0, 0, 0, 0, 0, 0}), sh("cat /proc/self/status"))},
		{name: "refuses an empty set", op: plan.OpAffinity, err: unix.EINVAL,
			ops: join(plan.Affinity(make([]byte, 8)))},
	}
}

// forked reaps the init that fork_into made: it sends no signal when it ends.
func forked(t *testing.T, s *session) syscall.WaitStatus {
	t.Helper()
	var pid int
	for _, r := range s.records {
		if r.Value != 0 {
			pid = int(r.Value)
		}
	}
	if pid == 0 {
		t.Fatal("no pid was reported")
	}
	var status unix.WaitStatus
	got, err := unix.Wait4(pid, &status, unix.WALL, nil)
	if err != nil || got != pid {
		t.Fatalf("%d is no child of the parent: %v", pid, err)
	}
	return syscall.WaitStatus(status)
}

func forkCases(t *testing.T) []opCase {
	cgroup := "/sys/fs/cgroup/unified/rt-nsenter-test"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.procs"); err == nil {
		cgroup = "/sys/fs/cgroup/rt-nsenter-test"
	}
	if err := os.Mkdir(cgroup, 0o755); err != nil && !os.IsExist(err) {
		t.Fatalf("a cgroup v2 hierarchy is needed: %v", err)
	}
	t.Cleanup(func() {
		if err := os.Remove(cgroup); err != nil {
			t.Error(err)
		}
	})
	ok := func(t *testing.T, s *session) {
		if status := forked(t, s); status != 0 {
			t.Errorf("init ended with %#x", status)
		}
	}
	return []opCase{
		{name: "makes init a child of the parent", op: plan.OpForkInto, check: ok, out: "pid 1",
			ops: join(plan.Unshare(abi.CloneNewPID), plan.ForkInto(plan.None), sh("echo pid $$"))},
		{name: "puts init in a cgroup", op: plan.OpForkInto, check: ok, out: "0::/rt-nsenter-test",
			ops: join(openPath(0, cgroup, abi.OPath), plan.ForkInto(0), sh("cat /proc/self/cgroup"))},
		{name: "refuses a directory that is no cgroup", op: plan.OpForkInto, err: unix.EBADF,
			ops: join(openPath(0, "/etc", abi.OPath), plan.ForkInto(0))},
		{name: "does not take an empty slot for no cgroup", op: plan.OpForkInto, err: unix.EBADF,
			ops: join(plan.ForkInto(0))},
	}
}
