#!/usr/bin/env bats
# What needs CAP_SYS_RESOURCE, which the root of some hosts lacks.
# bats file_tags=privileged
load helpers

setup() {
	[ $((0x$(awk '/^CapEff/ {print $2}' /proc/self/status) & 0x1000000)) -ne 0 ] ||
		lacks sys_resource "this process lacks CAP_SYS_RESOURCE"
	setup_test
}

@test "a hard limit can be raised above the caller's" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3000, hard: 4000}]'
	script 'ulimit -Sn; ulimit -Hn'
	RT_WRAP=(prlimit --nofile=1024:2048)
	run_ok
	assert_out $'3000\n4000'
}

@test "a limit of the kernel's own is not passed even so" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 100000000000}]'
	run_container
	assert_fails "operation not permitted"
	assert_rt_says "process.rlimits[0]" RLIMIT_NOFILE
}

@test "the OOM score can be lowered, for exec too" {
	config '.process.oomScoreAdj = -500'
	args sleep 1000
	create_ok
	assert_status created
	assert_equal "$(<"/proc/$container_pid/oom_score_adj")" -500
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/oom_score_adj
	assert_out -500
}

@test "the process has every capability that it is given" {
	config '.process.capabilities |= map_values(["CAP_SYS_RESOURCE", "CAP_SYS_ADMIN"])'
	run_script_ok 'grep CapEff /proc/self/status'
	assert_out "CapEff:	0000000001200000"
	[ -z "$stderr" ] || fail "a warning"
}

@test "with CAP_SYS_RESOURCE the process raises its own limits" {
	config '.process.capabilities |= map_values(. + ["CAP_SYS_RESOURCE"])
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 100}]'
	run_script_ok 'ulimit -n 200 && ulimit -n; echo -100 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj'
	assert_out $'200\n-100'
}
