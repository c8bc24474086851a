#!/usr/bin/env bats
load helpers

@test "create returns with init waiting and nothing of the user's run" {
	script 'touch /ran; echo started' '.root.readonly = false'
	create_ok
	assert_silent
	assert_status created
	[ -d "/proc/$container_pid" ] || fail "no process $container_pid"
	sleep 0.1
	[ ! -e "$ROOTFS/ran" ] || fail "the user's program ran"
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" started
}

@test "create writes the pid of init to --pid-file, without a newline" {
	create_ok --pid-file "$BATS_TEST_TMPDIR/pid"
	status_of
	assert_equal "$(od -An -c "$BATS_TEST_TMPDIR/pid" | tr -d ' \n')" "$container_pid"
}

@test "create replaces a symbolic link at --pid-file and leaves its target alone" {
	echo precious >"$BATS_TEST_TMPDIR/target"
	ln -s target "$BATS_TEST_TMPDIR/pid"
	create_ok --pid-file "$BATS_TEST_TMPDIR/pid"
	assert_equal "$(<"$BATS_TEST_TMPDIR/target")" precious
	status_of
	assert_equal "$(<"$BATS_TEST_TMPDIR/pid")" "$container_pid"
}

@test "create reports a pid file that cannot be written and leaves no container" {
	create --pid-file "$BATS_TEST_TMPDIR/missing/pid"
	assert_fails "no such file or directory" "missing/"
	assert_status ""
}

@test "a create that fails leaves no pid file" {
	args nosuchcommand
	create --pid-file "$BATS_TEST_TMPDIR/pid"
	assert_fails
	assert_equal "$status" 1
	[ ! -e "$BATS_TEST_TMPDIR/pid" ] || fail "a pid file: $(<"$BATS_TEST_TMPDIR/pid")"
}

@test "create takes a relative --pid-file" {
	cd "$BATS_TEST_TMPDIR"
	create_ok --pid-file init.pid
	status_of
	assert_equal "$(<"$BATS_TEST_TMPDIR/init.pid")" "$container_pid"
}

@test "create uses the working directory when --bundle is not given" {
	cd "$BUNDLE"
	rt_ok create "$ID"
	rt_ok state "$ID"
	assert_has "\"$BUNDLE\""
}

@test "create takes a relative --bundle and shows it absolute" {
	cd "$BATS_TEST_TMPDIR"
	rt_ok create --bundle bundle "$ID"
	rt_ok state "$ID"
	assert_has "\"$BUNDLE\"" "\"$ROOTFS\""
}

@test "create takes flags with one dash and with an equals sign" {
	rt_ok create -bundle="$BUNDLE" -pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	[ -s "$BATS_TEST_TMPDIR/pid" ] || fail "no pid file"
}

@test "create takes the short -b" {
	rt_ok create -b "$BUNDLE" "$ID"
}

@test "create refuses an id that exists and leaves the first container alone" {
	create_ok
	status_of
	local pid=$container_pid
	create
	assert_fails
	assert_rt_says "container with given ID already exists"
	assert_status created
	assert_equal "$container_pid" "$pid"
}

@test "create refuses malformed ids" {
	local id
	for id in '../x' 'a/b' '..' '.' 'a b' $'a\nb' 'ä' ''; do
		rt create --bundle "$BUNDLE" "$id"
		assert_fails
		assert_rt_says "id"
		assert_within 1000
	done
}

@test "create takes every character that engines use in ids" {
	ID=rt-$RT_TEST_TAG-$BATS_TEST_NUMBER-Az09_+.x
	create_ok
	assert_status created
}

@test "create refuses an id of 256 bytes" {
	rt create --bundle "$BUNDLE" "$(printf 'a%.0s' {1..256})"
	assert_fails
	assert_rt_says "id"
}

@test "create needs exactly one id" {
	rt create --bundle "$BUNDLE"
	assert_fails
	rt create --bundle "$BUNDLE" "$ID" "$ID-2"
	assert_fails
}

@test "create names a flag that it does not know" {
	rt create --nosuchflag --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ] || fail "accepted"
	[[ $output == *nosuchflag* ]] || fail "does not name the flag"
}

@test "create gives the container the caller's stdin, stdout and stderr themselves" {
	script 'read x; echo "got $x"; echo err >&2'
	echo line >"$BATS_TEST_TMPDIR/in"
	RT_STDIN=$BATS_TEST_TMPDIR/in create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" "got line"
	wait_output "$CREATE_ERR" "^err$"
}

@test "create finds a missing command before start" {
	args nosuchcommand
	create
	assert_fails "nosuchcommand" 'executable file not found in $PATH'
	assert_status ""
}

@test "create finds a missing path before start" {
	args /no/such/command
	create
	assert_fails "/no/such/command" "no such file or directory"
	assert_status ""
}

@test "create finds a file that is not executable before start" {
	args /etc/passwd
	create
	assert_fails "/etc/passwd" "permission denied"
	assert_status ""
}

@test "create refuses a directory as command with permission denied" {
	rt_only "runc 1.1 says so only of old kernels' errno"
	args /etc
	create
	assert_fails "/etc" "permission denied"
}

@test "create does not find a command in the host's PATH" {
	config '.process.env = ["PATH=/nowhere"]'
	args sh
	create
	assert_fails 'executable file not found in $PATH'
}

@test "create looks a command up in the container's PATH in order" {
	mkdir -p "$ROOTFS/a" "$ROOTFS/b"
	printf '#!/bin/sh\necho from a\n' >"$ROOTFS/a/tool"
	printf '#!/bin/sh\necho from b\n' >"$ROOTFS/b/tool"
	chmod +x "$ROOTFS/b/tool"
	config '.process.env = ["PATH=/a:/b:/bin"]'
	args tool
	run_ok
	assert_out "from b"
}

@test "a configuration changed after create has no effect" {
	args echo first
	create_ok
	args echo second
	rt_ok start "$ID"
	wait_status stopped
	assert_equal "$(<"$CREATE_OUT")" first
}

@test "a configuration removed after create is not missed" {
	args echo first
	create_ok
	rm "$CONFIG"
	rt_ok start "$ID"
	wait_status stopped
	assert_equal "$(<"$CREATE_OUT")" first
	rt_ok delete "$ID"
}

@test "init becomes a child of the caller's subreaper" {
	args sleep 100
	in_background "$BIN/subreap" "$BATS_TEST_TMPDIR/children" \
		"$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	wait_output "$BATS_TEST_TMPDIR/children" '^[.]$'
	status_of
	assert_equal "$(<"$BATS_TEST_TMPDIR/children")" "cmd 0
child $container_pid
."
	rt_ok delete --force "$ID"
	wait_output "$BATS_TEST_TMPDIR/children" "exit $container_pid 137"
}

@test "init stays when its creator is gone and starts later" {
	script 'echo started'
	create_ok
	sleep 0.3
	assert_status created
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" started
}

@test "init leads a session and a process group of its own" {
	args probe session
	run_ok
	assert_has "pid=1 sid=1 pgid=1"
}

@test "init has no signal blocked or ignored" {
	args probe signals
	trap '' PIPE
	run_ok
	trap - PIPE
	assert_out "signals ignored= blocked="
}
