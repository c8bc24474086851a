#!/usr/bin/env bats
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
}

# counting: a container whose init and one more process count as fast as they can.
counting() {
	script 'echo ready; (while :; do b=$((b + 1)); echo $b >/dev/shm/b; done) & while :; do a=$((a + 1)); echo $a >/dev/shm/a; done'
	create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" ready
	status_of
}

counter() {
	cat "/proc/$container_pid/root/dev/shm/$1"
}

counts_on() {
	[ "$(counter "$1")" != "$2" ]
}

assert_counts() {
	local now
	for c; do
		now=$(counter "$c")
		wait_for 5 counts_on "$c" "$now" || fail "counter $c stands at '$now'"
	done
}

# bats test_tags=cgroup
@test "pause stops every process and resume lets them continue" {
	local a b
	counting
	assert_counts a b
	rt_ok pause "$ID"
	assert_silent
	a=$(counter a) b=$(counter b)
	sleep 0.3
	assert_equal "$(counter a) $(counter b)" "$a $b"
	rt_ok resume "$ID"
	assert_silent
	assert_counts a b
}

@test "a paused container is shown as paused, and as running when it is resumed" {
	counting
	rt_ok pause "$ID"
	assert_status paused
	rt_ok list
	assert_has paused
	rt_ok resume "$ID"
	assert_status running
}

@test "pause can be repeated after resume" {
	counting
	for _ in 1 2 3 4 5; do
		rt_ok pause "$ID"
		rt_ok resume "$ID"
	done
	assert_counts a b
}

# bats test_tags=cgroup
@test "pause stops what exec started" {
	counting
	rt_ok exec -d "$ID" sh -c 'while :; do c=$((c + 1)); echo $c >/dev/shm/c; done'
	wait_for 5 test -s "/proc/$container_pid/root/dev/shm/c"
	rt_ok pause "$ID"
	local c
	c=$(counter c)
	sleep 0.2
	assert_equal "$(counter c)" "$c"
	rt_ok resume "$ID"
	assert_counts c
}

@test "pause of a paused container is refused" {
	counting
	rt_ok pause "$ID"
	rt pause "$ID"
	assert_fails "container not running"
	assert_status paused
}

@test "resume of a running container is refused" {
	counting
	rt resume "$ID"
	assert_fails "container not paused"
	assert_status running
}

@test "a stopped container can be neither paused nor resumed" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt pause "$ID"
	assert_fails "container not running"
	rt resume "$ID"
	assert_fails "container not paused"
}

@test "an unknown container can be neither paused nor resumed" {
	rt pause "$ID"
	assert_fails "does not exist"
	rt resume "$ID"
	assert_fails "does not exist"
}

@test "a created container can be paused, resumed and then started" {
	args echo done
	create_ok
	rt_ok pause "$ID"
	assert_status paused
	rt_ok resume "$ID"
	assert_status created
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" done
}

# bats test_tags=cgroup
@test "start of a paused container is refused and changes nothing" {
	args echo done
	create_ok
	rt_ok pause "$ID"
	rt start "$ID"
	assert_fails "cannot start"
	rt_ok resume "$ID"
	assert_status created
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" done
}

@test "exec in a paused container is refused with 255 and leaves no pid file" {
	counting
	rt_ok pause "$ID"
	rt exec --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" true
	assert_equal "$status" 255
	assert_fails "cannot exec in a paused container (use --ignore-paused to override)"
	[ ! -e "$BATS_TEST_TMPDIR/pid" ]
	assert_status paused
}

# bats test_tags=cgroup
@test "a paused container can be killed and deleted" {
	counting
	rt_ok pause "$ID"
	rt_ok kill "$ID" KILL
	wait_status stopped
	rt_ok delete "$ID"
	assert_status ""
}

# bats test_tags=cgroup
@test "a paused container without a pid namespace can be killed with all its processes" {
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	counting
	rt_ok pause "$ID"
	rt_ok kill --all "$ID" KILL
	wait_status stopped
	wait_for 5 no_new_processes || fail "left: $NEW_PROCESSES"
	rt_ok delete "$ID"
}

@test "a signal that was sent to a paused container arrives when it is resumed" {
	script 'trap "echo term; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
	create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" ready
	rt_ok pause "$ID"
	rt_ok kill "$ID" TERM
	sleep 0.2
	refute file_has "$CREATE_OUT" term
	rt_ok resume "$ID"
	wait_output "$CREATE_OUT" term
}

# bats test_tags=cgroup
@test "delete refuses a paused container and delete --force removes it" {
	counting
	rt_ok pause "$ID"
	rt delete "$ID"
	assert_fails "not stopped"
	assert_status paused
	rt_ok delete --force "$ID"
	assert_status ""
}

# bats test_tags=cgroup
@test "a container with a frozen cgroup of its own can be killed and deleted" {
	rt_only "runc leaves the frozen process behind"
	local dir=/sys/fs/cgroup/freezer/$ID pid
	counting
	rt_ok exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 999
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	if [ -d "$dir" ]; then
		mkdir "$dir/inner"
		echo "$pid" >"$dir/inner/cgroup.procs"
		echo FROZEN >"$dir/inner/freezer.state"
	else
		dir=/sys/fs/cgroup/$ID
		mkdir "$dir/inner"
		echo "$pid" >"$dir/inner/cgroup.procs"
		echo 1 >"$dir/inner/cgroup.freeze"
	fi
	rt_ok delete --force "$ID"
	[ ! -d "$dir" ] || fail "$dir is left"
}

# bats test_tags=cgroup
@test "commands that change a container wait for each other" {
	counting
	local i
	for i in 1 2 3 4; do
		rt_background pause "$ID"
		rt_background resume "$ID"
		rt_background update --pids-limit "$((100 + i))" "$ID"
	done
	for i in "${BACKGROUND[@]}"; do
		wait_background "$i"
		[ "$status" -le 1 ] || fail "exit status $status"
	done
	rt resume "$ID"
	assert_status running
	assert_counts a b
}
