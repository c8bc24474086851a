#!/usr/bin/env bats
load helpers

@test "start runs the user's program once and says nothing" {
	script 'echo ran >>/log; sleep 100' '.root.readonly = false'
	create_ok
	rt_ok start "$ID"
	assert_silent
	wait_for 5 test -s "$ROOTFS/log"
	assert_status running
	assert_equal "$(<"$ROOTFS/log")" ran
}

@test "nobody has start's stdout and stderr when it has ended" {
	config '.hooks.poststart = [{path: "/bin/busybox", args: ["sh", "-c", "echo out"]}]'
	args sleep 100
	create_ok
	timeout 5 "$RUNTIME" --root "$STATE" start "$ID" </dev/null 2>&1 3>&- | timeout 5 cat >"$BATS_TEST_TMPDIR/said" 3>&- ||
		fail "somebody holds the pipe"
	assert_equal "$(<"$BATS_TEST_TMPDIR/said")" ""
	assert_status running
}

@test "start refuses a container that does not exist" {
	rt start "$ID"
	assert_fails "does not exist"
	assert_within 1000
}

@test "start refuses a running container and leaves it alone" {
	args sleep 100
	create_ok
	rt_ok start "$ID"
	rt start "$ID"
	assert_fails "cannot start an already running container"
	assert_within 1000
	assert_status running
}

@test "start refuses a stopped container" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt start "$ID"
	assert_fails "cannot start a container that has stopped"
	assert_within 1000
}

@test "start fails within a second when init was killed" {
	create_ok
	status_of
	kill -KILL "$container_pid"
	wait_status stopped
	rt start "$ID"
	assert_fails
	assert_within 1000
}

@test "start needs exactly one id" {
	rt start
	assert_fails
	rt start a b
	assert_fails
}

@test "of five parallel starts exactly one succeeds" {
	local i won=0 pids=()
	args sleep 100
	create_ok
	for i in 1 2 3 4 5; do
		rt_background start "$ID"
		pids+=("$BG")
	done
	for i in "${pids[@]}"; do
		if wait "$i"; then won=$((won + 1)); fi
	done
	assert_equal "$won" 1 "winners"
	assert_status running
}

@test "a third party that reads exec.fifo neither starts nor loses the container" {
	rt_only "runc hangs or lies about the status after this (B6)"
	args sleep 100
	create_ok
	"$BIN/probe" readgate "$STATE/$ID/exec.fifo" >"$BATS_TEST_TMPDIR/gate"
	assert_status created
	RT_TIMEOUT=3 rt_ok start "$ID"
	assert_within 1000
	assert_status running
}

@test "a reader of exec.fifo that waits for start cannot take the start away" {
	rt_only "runc's start is taken by any reader (B6)"
	args sleep 100
	create_ok
	in_background cat "$STATE/$ID/exec.fifo"
	sleep 0.1
	RT_TIMEOUT=3 rt start "$ID"
	[ "$status" -eq 0 ] || assert_fails
	assert_within 1000
	# A stolen byte may fail the start, never make the status a lie.
	status_of
	[ "$status" -eq 0 ] && [ "$container_status" = running ] || [ "$container_status" = created ] ||
		fail "status $container_status"
}

@test "a running container is not deleted after its exec.fifo was read" {
	rt_only "runc kills it (B6)"
	args sleep 100
	create_ok
	"$BIN/probe" readgate "$STATE/$ID/exec.fifo" >"$BATS_TEST_TMPDIR/gate"
	rt_ok start "$ID"
	rt delete "$ID"
	assert_fails "running"
	assert_status running
}

@test "a start that is killed can be repeated or finds the container running" {
	rt_only "runc shows created for a running container (B5)"
	args sleep 100
	create_ok
	rt_background start "$ID"
	sleep 0.004
	kill -KILL "$BG" 2>/dev/null || true
	wait_background "$BG"
	RT_TIMEOUT=3 rt start "$ID"
	assert_within 1500
	[ "$status" -eq 0 ] || assert_fails "already running"
	assert_status running
}

@test "start after the executable vanished tells the true reason" {
	rt_only "runc's start does not wait for execve"
	args /tool
	cp "$ROOTFS/bin/busybox" "$ROOTFS/tool"
	create_ok
	rm "$ROOTFS/tool"
	rt start "$ID"
	assert_fails "/tool" "no such file or directory"
	wait_status stopped
	rt_ok state "$ID"
	[[ $(jq -r .error <<<"$stdout") == *"no such file or directory"* ]] || fail "state does not keep the reason"
}

@test "start of an executable of the wrong format tells the true reason" {
	rt_only "runc's start does not wait for execve"
	echo garbage >"$ROOTFS/tool"
	chmod +x "$ROOTFS/tool"
	args /tool
	create
	[ "$status" -ne 0 ] || rt start "$ID"
	assert_fails "/tool" "exec format error"
}

@test "start of a script whose interpreter is missing tells the true reason" {
	rt_only "runc's start does not wait for execve"
	printf '#!/no/such/interpreter\n' >"$ROOTFS/tool"
	chmod +x "$ROOTFS/tool"
	args /tool
	create_ok
	rt start "$ID"
	assert_fails "/tool" "no such file or directory"
}
