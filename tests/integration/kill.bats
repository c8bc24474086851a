#!/usr/bin/env bats
load helpers

@test "kill sends TERM by default" {
	running_script 'trap "echo term; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
	rt_ok kill "$ID"
	assert_silent
	wait_output "$CREATE_OUT" term
}

@test "kill takes signals by number and by name, with and without SIG, in any case" {
	local s
	running_script 'for s in HUP USR1 USR2 WINCH; do trap "echo got-$s" $s; done; echo ready; while :; do sleep 0.05; done'
	for s in 1:HUP HUP:HUP SIGUSR1:USR1 usr2:USR2 sigwinch:WINCH 28:WINCH; do
		: >"$BATS_TEST_TMPDIR/mark"
		local before
		before=$(grep -c "got-${s#*:}" "$CREATE_OUT" || true)
		rt_ok kill "$ID" "${s%%:*}"
		wait_for 5 eval '[ "$(grep -c "got-${s#*:}" "$CREATE_OUT")" -gt "$before" ]' || fail "no ${s#*:}"
	done
}

@test "kill refuses a signal that does not exist" {
	local s
	create_ok
	for s in NOSUCH 65 999 9x; do
		rt kill "$ID" "$s"
		assert_fails
		assert_rt_says "signal" "$s"
	done
	rt kill "$ID" -1 # a flag or a signal, in any case wrong
	assert_fails
	assert_status created
}

@test "kill refuses an unknown container" {
	rt kill "$ID" KILL
	assert_fails "does not exist"
}

@test "kill refuses a stopped container" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt kill "$ID" TERM
	assert_fails "container not running"
}

@test "kill --all of a stopped container succeeds" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt_ok kill --all "$ID" KILL
	rt_ok kill -a "$ID" 9
}

@test "kill ends a created container" {
	create_ok
	rt_ok kill "$ID" KILL
	wait_status stopped
}

@test "kill with signal 0 only asks" {
	running_script 'echo ready; sleep 100'
	rt_ok kill "$ID" 0
	assert_status running
}

# bats test_tags=cgroup
@test "kill --all reaches every process of the container" {
	running_script 'sh -c "trap \"echo child; exit 0\" USR1; echo ready; while :; do sleep 0.05; done" & trap "echo init" USR1; while :; do sleep 0.05; done'
	rt_ok kill --all "$ID" USR1
	wait_output "$CREATE_OUT" child
	wait_output "$CREATE_OUT" init
}

# bats test_tags=cgroup
@test "kill KILL ends every process of a container without a pid namespace" {
	running_script 'sleep 1000 & sleep 1000 & echo ready; wait' 'del(.linux.namespaces[] | select(.type == "pid"))'
	status_of
	local procs
	procs=$(cat /sys/fs/cgroup/pids/"$ID"/cgroup.procs /sys/fs/cgroup/"$ID"/cgroup.procs 2>/dev/null) || true
	[ "$(wc -l <<<"$procs")" -eq 3 ] || fail "processes: $procs"
	rt_ok kill --all "$ID" KILL
	wait_status stopped
	wait_for 5 no_new_processes || fail "left: $NEW_PROCESSES"
}

@test "kill KILL without --all ends every process of a container without a pid namespace" {
	rt_only "runc 1.1 kills init alone"
	running_script 'sleep 1000 & sleep 1000 & echo ready; wait' 'del(.linux.namespaces[] | select(.type == "pid"))'
	rt_ok kill "$ID" KILL
	wait_status stopped
	wait_for 5 no_new_processes || fail "left: $NEW_PROCESSES"
}

@test "kill takes the signal before or after the flag" {
	running_script 'echo ready; sleep 100'
	rt_ok kill --all "$ID" 0
	rt_ok kill -all "$ID" 0
	assert_status running
}
