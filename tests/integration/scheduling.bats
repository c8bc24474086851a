#!/usr/bin/env bats
load helpers

setup() {
	rt_only "runc 1.1 has none of it"
	setup_test
}

sched() {
	config ".process.scheduler = $1"
	args probe sched
	run_ok
}

@test "scheduler sets policy and nice value" {
	sched '{policy: "SCHED_OTHER", nice: 5}'
	assert_has "policy=0" "nice=5"
	sched '{policy: "SCHED_BATCH", nice: 7}'
	assert_has "policy=3" "nice=7"
	sched '{policy: "SCHED_IDLE"}'
	assert_has "policy=5"
}

@test "scheduler sets realtime policies with their priority" {
	# Where real-time time is shared out by cgroup (v1), a new cgroup has none.
	[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] ||
		config '.linux.resources.cpu = {realtimeRuntime: 1000, realtimePeriod: 1000000}'
	sched '{policy: "SCHED_FIFO", priority: 10}'
	assert_has "policy=1" "priority=10"
	sched '{policy: "SCHED_RR", priority: 11}'
	assert_has "policy=2" "priority=11"
}

@test "scheduler sets flags" {
	sched '{policy: "SCHED_OTHER", flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	assert_has "flags=1"
}

@test "scheduler sets a deadline" {
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 50000000, period: 100000000}'
	args probe sched
	run_container
	# The kernel refuses a deadline to a process that may not run on every CPU.
	if [ "$status" -ne 0 ]; then
		assert_fails process.scheduler "operation not permitted"
	else
		assert_has "policy=6" "runtime=10000000" "deadline=50000000" "period=100000000"
	fi
}

@test "without scheduler nothing changes" {
	args probe sched
	run_ok
	assert_has "policy=0 flags=0 nice=0"
}

@test "an unknown policy or flag is refused" {
	config '.process.scheduler = {policy: "SCHED_NOSUCH"}'
	run_container
	assert_fails "process.scheduler.policy" SCHED_NOSUCH
	config '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_NOSUCH"]}'
	run_container
	assert_fails "process.scheduler.flags[0]" SCHED_FLAG_NOSUCH
}

@test "a nice value out of range is refused" {
	config '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}'
	run_container
	assert_fails "process.scheduler.nice"
}

@test "ioPriority sets class and priority" {
	local c
	args probe ioprio
	for c in RT:1 BE:2 IDLE:3; do
		config '.process.ioPriority = {class: ("IOPRIO_CLASS_" + $c), priority: 4}' --arg c "${c%:*}"
		run_ok
		assert_out "ioprio class=${c#*:} level=4"
	done
}

@test "ioPriority of an unknown class or out of range is refused" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_NOSUCH", priority: 4}'
	run_container
	assert_fails "process.ioPriority.class" IOPRIO_CLASS_NOSUCH
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
	run_container
	assert_fails "process.ioPriority.priority" 8
}

@test "execCPUAffinity does not bind init" {
	config '.process.execCPUAffinity = {initial: "0", final: "0"}'
	args probe affinity
	run_ok
	assert_out "$("$BIN/probe" affinity)"
}

@test "execCPUAffinity that is no list of CPUs is refused" {
	local v
	for v in nonsense 1- 3-1 -1 99999999; do
		config '.process.execCPUAffinity = {final: $v}' --arg v "$v"
		run_container
		assert_fails "process.execCPUAffinity.final"
	done
}

@test "personality LINUX32 changes the machine's name" {
	config '.linux.personality = {domain: "LINUX32"}'
	run_script_ok 'uname -m; probe personality'
	assert_out "i686
personality 0x8"
	config '.linux.personality = {domain: "LINUX"}'
	run_script_ok 'uname -m; probe personality'
	assert_out "$(uname -m)
personality 0"
}

@test "personality flags are named as not honoured" {
	config '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
	run_container
	# The specification knows no flag: refused or warned about, never silent.
	[[ $stderr == *linux.personality.flags* ]] || fail "silent"
}

@test "an unknown personality is refused" {
	config '.linux.personality = {domain: "BSD"}'
	run_container
	assert_fails "linux.personality.domain" BSD
}

mempolicy() {
	config ".linux.memoryPolicy = $1"
	args probe mempolicy
	run_ok
}

@test "memoryPolicy sets mode, nodes and flags" {
	needs_config CONFIG_NUMA "memory policies"
	mempolicy '{mode: "MPOL_BIND", nodes: "0"}'
	assert_out "mempolicy mode=2 flags=0 nodes=0x1"
	mempolicy '{mode: "MPOL_INTERLEAVE", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	assert_out "mempolicy mode=3 flags=0x8000 nodes=0x1"
	mempolicy '{mode: "MPOL_PREFERRED", nodes: "0"}'
	assert_has "mode=1"
	mempolicy '{mode: "MPOL_LOCAL"}'
	assert_has "mode=4"
	mempolicy '{mode: "MPOL_DEFAULT"}'
	assert_out "mempolicy mode=0 flags=0 nodes=0"
}

@test "memoryPolicy knows the newer modes" {
	needs_config CONFIG_NUMA "memory policies"
	needs_kernel 6.9 MPOL_WEIGHTED_INTERLEAVE
	mempolicy '{mode: "MPOL_PREFERRED_MANY", nodes: "0"}'
	assert_has "mode=5"
	mempolicy '{mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0"}'
	assert_has "mode=6"
}

@test "a memoryPolicy with an unknown mode, flag or node list is refused" {
	config '.linux.memoryPolicy = {mode: "MPOL_NOSUCH"}'
	run_container
	assert_fails "linux.memoryPolicy.mode" MPOL_NOSUCH
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NOSUCH"]}'
	run_container
	assert_fails "linux.memoryPolicy.flags[0]" MPOL_F_NOSUCH
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "x"}'
	run_container
	assert_fails "linux.memoryPolicy.nodes"
}

@test "a memoryPolicy that the kernel refuses is reported" {
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "63"}'
	run_container
	assert_fails linux.memoryPolicy
}
