#!/usr/bin/env bats
load helpers

@test "delete removes a stopped container and its cgroups" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt_ok delete "$ID"
	assert_silent
	assert_status ""
}

@test "delete removes a created container and its init" {
	create_ok
	status_of
	rt_ok delete "$ID"
	[ ! -e "/proc/$container_pid" ] || file_has "/proc/$container_pid/status" '^State:.Z' || fail "init is alive"
}

@test "delete refuses a running container and leaves it alone" {
	args sleep 100
	create_ok
	rt_ok start "$ID"
	rt delete "$ID"
	assert_fails "cannot delete container $ID that is not stopped: running"
	assert_status running
}

# bats test_tags=cgroup
@test "delete --force ends and removes a running container" {
	args sleep 100
	create_ok
	rt_ok start "$ID"
	status_of
	rt_ok delete --force "$ID"
	assert_silent
	assert_status ""
	[ ! -e "/proc/$container_pid" ] || file_has "/proc/$container_pid/status" '^State:.Z' || fail "init is alive"
}

@test "delete -f does too" {
	args sleep 100
	create_ok
	rt_ok start "$ID"
	rt_ok delete -f "$ID"
}

@test "delete refuses an unknown container" {
	rt delete "$ID"
	assert_fails "does not exist"
}

@test "delete --force of an unknown container succeeds silently" {
	rt_ok delete --force "$ID"
	assert_silent
}

@test "delete does not look outside the root directory" {
	local id
	mkdir -p "$BATS_TEST_TMPDIR/victim"
	touch "$BATS_TEST_TMPDIR/victim/state.json"
	for id in ../victim .. . / a/b ''; do
		rt delete --force "$id"
		[ "$status" -ne 124 ] || fail "hangs"
	done
	[ -e "$BATS_TEST_TMPDIR/victim/state.json" ] || fail "removed a foreign directory"
	[ -d "$STATE" ] || fail "removed the root directory"
}

@test "an id can be used again right after delete" {
	local i
	for i in 1 2 3; do
		create_ok
		rt_ok delete "$ID"
	done
}

# bats test_tags=cgroup
@test "delete ends what a container without a pid namespace left behind" {
	script 'sleep 1000 & echo ready' 'del(.linux.namespaces[] | select(.type == "pid"))'
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt delete --force "$ID"
	[ "$status" -eq 0 ] || fail "delete"
	wait_for 5 no_new_processes || fail "left: $NEW_PROCESSES"
}

# bats test_tags=cgroup
@test "delete removes cgroups that the container made below its own" {
	local parent=/sys/fs/cgroup/pids
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || parent=/sys/fs/cgroup
	script "for d in /sys/fs/cgroup/ /sys/fs/cgroup/*/; do mkdir -p \$d/a/b 2>/dev/null; done; ls -d $parent/a/b" \
		'(.mounts[] | select(.type == "cgroup")).options -= ["ro"] | .linux.namespaces += [{type: "cgroup"}]'
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	assert_equal "$(<"$CREATE_OUT")" "$parent/a/b"
	rt_ok delete "$ID"
}

@test "delete of a container whose state directory vanished says that it does not exist" {
	create_ok
	status_of
	mv "$STATE/$ID" "$BATS_TEST_TMPDIR/gone"
	rt kill "$ID" KILL
	assert_fails "does not exist"
	mv "$BATS_TEST_TMPDIR/gone" "$STATE/$ID"
}

@test "parallel delete --force all succeed and leave nothing" {
	rt_only "runc's losers may fail on half-removed state"
	local i pids=()
	args sleep 100
	create_ok
	rt_ok start "$ID"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		rt_background delete --force "$ID"
		pids+=("$BG")
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "a delete --force failed: $(cat "$BATS_TEST_TMPDIR"/background*)"
	done
	assert_status ""
}

@test "delete --force cleans up after a creator that was killed at any moment" {
	rt_only "runc leaks cgroups (B1)"
	local ms pid
	for ms in 001 002 003 004 005 006 008 010 012 014 017 020 025; do
		rt_background create --bundle "$BUNDLE" "$ID"
		pid=$BG
		sleep "0.$ms"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
		rt state "$ID"
		[ "$status" -ne 0 ] || [[ $stdout =~ (creating|created|stopped) ]] || fail "state lies"
		rt_ok delete --force "$ID"
		assert_within 3000
		oracle_after || fail "left behind by a creator killed after $ms ms"
	done
	create_ok
}

@test "delete --force cleans up after a creator that is stopped in the middle" {
	rt_only "runc removes the state and leaves the rest (B4)"
	local pid
	config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "30"]}]'
	rt_background create --bundle "$BUNDLE" "$ID"
	pid=$BG
	wait_for 5 test -d "$STATE/$ID"
	sleep 0.2
	kill -STOP "$pid"
	RT_TIMEOUT=15 rt delete --force "$ID"
	kill -KILL "$pid"
	wait "$pid" || true
	# Either it waits and says why it could not, or it takes over; never 0 with something left.
	if [ "$status" -ne 0 ]; then
		rt_ok delete --force "$ID"
	fi
	oracle_after || fail "left behind"
}

# bats test_tags=cgroup
@test "delete --force cleans up after a creator that was killed in a hook" {
	rt_only "runc leaks the hook and the cgroups (B3)"
	local pid
	config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "30"]}]'
	rt_background create --bundle "$BUNDLE" "$ID"
	pid=$BG
	wait_for 5 test -d "$STATE/$ID"
	sleep 0.2
	kill -KILL "$pid"
	wait "$pid" || true
	rt_ok delete --force "$ID"
	oracle_after || fail "left behind"
}

@test "create obeys SIGTERM, undoes its work and says so" {
	rt_only "runc leaves the half-made container"
	local pid rc=0
	config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "30"]}]'
	rt_background create --bundle "$BUNDLE" "$ID"
	pid=$BG
	wait_for 5 test -d "$STATE/$ID"
	sleep 0.2
	kill -TERM "$pid"
	local start=${EPOCHREALTIME/[.,]/}
	wait "$pid" || rc=$?
	[ "$rc" -ne 0 ] || fail "create succeeded"
	[ $(((${EPOCHREALTIME/[.,]/} - start) / 1000)) -lt 2000 ] || fail "took longer than two seconds"
	rt_ok delete --force "$ID"
	oracle_after || fail "left behind"
}
