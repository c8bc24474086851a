package nsenter

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// permitted is the set of capabilities that the test has to give away.
func permitted() uint64 {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return 0
	}
	return uint64(data[1].Permitted)<<32 | uint64(data[0].Permitted)
}

func privilegeCases(*testing.T) []opCase {
	status := sh("cat /proc/self/status")
	allow := filter(unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW})
	const netRaw = 1 << 13
	all := permitted()
	return []opCase{
		{name: "sets the three ids", op: plan.OpSetresuid, out: "Uid:\t1234\t1234\t1234",
			ops: join(plan.Setresuid(1234), status)},
		{name: "does not come back", op: plan.OpSetresuid, err: unix.EPERM,
			ops: join(plan.Setresuid(1234), plan.Setresuid(0))},
		{name: "sets the three ids", op: plan.OpSetresgid, out: "Gid:\t1234\t1234\t1234",
			ops: join(plan.Setresgid(1234), status)},
		{name: "needs privilege", op: plan.OpSetresgid, err: unix.EPERM,
			ops: join(plan.Setresuid(1234), plan.Setresgid(5))},
		{name: "sets the list", op: plan.OpSetgroups, out: "Groups:\t5 70000 \n",
			ops: join(plan.Setgroups(words(5, 70000)), status)},
		{name: "clears the list", op: plan.OpSetgroups, out: "Groups:\t \n",
			ops: join(plan.Setgroups(nil), status)},
		{name: "needs privilege", op: plan.OpSetgroups, err: unix.EPERM,
			ops: join(plan.Setresuid(1234), plan.Setgroups(words(5)))},

		{name: "keeps what it is told", op: plan.OpCapbset, out: "CapBnd:\t0000000100000001\n",
			ops: join(plan.Capbset(1<<32|1), status)},
		{name: "needs privilege", op: plan.OpCapbset, err: unix.EPERM,
			ops: join(noCapabilities, plan.Capbset(0))},
		{name: "sets what execve inherits", op: plan.OpCapset, out: "CapInh:\t0000000100000001\n",
			ops: join(plan.Capset(all, all, 1<<32|1), status)},
		{name: "does not give back", op: plan.OpCapset, err: unix.EPERM,
			ops: join(noCapabilities, plan.Capset(1, 1, 0))},
		{name: "survives execve", op: plan.OpAmbient, out: "CapEff:\t0000000000002000\n",
			ops: join(plan.Prctl(abi.PrSetKeepcaps, 1, 0, 0, 0), plan.Setresuid(1234),
				plan.Capset(netRaw, netRaw, netRaw), plan.Ambient(netRaw), status)},
		{name: "needs an inheritable capability", op: plan.OpAmbient, err: unix.EPERM,
			ops: join(plan.Capset(all, all, 0), plan.Ambient(netRaw))},

		{name: "loads a filter", op: plan.OpSeccomp, out: "Seccomp:\t2\n",
			ops: join(plan.Seccomp(plan.None, 0, allow), status)},
		{name: "hands out a listener", op: plan.OpSeccomp,
			ops: join(plan.Seccomp(3, abi.SeccompFilterFlagNewListener, allow), plan.Arrive("x", 3)),
			check: func(t *testing.T, s *session) {
				name, err := os.Readlink("/proc/self/fd/" + itoa(s.files[0].Fd()))
				if err != nil || !strings.Contains(name, "seccomp") {
					t.Errorf("%s is no listener: %v", name, err)
				}
			}},
		{name: "refuses an empty filter", op: plan.OpSeccomp, err: unix.EINVAL,
			ops: join(plan.Seccomp(plan.None, 0, nil))},
		{name: "refuses half an instruction", op: plan.OpSeccomp, err: unix.EINVAL,
			ops: join(plan.Seccomp(plan.None, 0, append(allow[:8:8], 0)))},
		{name: "refuses a filter whose length does not fit", op: plan.OpSeccomp, err: unix.EINVAL,
			ops: join(plan.Seccomp(plan.None, 0, append(make([]byte, 8<<16), allow...)))},
	}
}
