#!/usr/bin/env bats
load helpers

@test "run gives the program's exit code and removes the container" {
	local code
	for code in 0 1 7 255; do
		run_script "exit $code"
		assert_equal "$status" "$code"
		assert_silent
	done
	assert_status ""
}

@test "run gives 128 plus the number of the signal that ended the program" {
	run_script 'kill -KILL $$; sleep 1' 'del(.linux.namespaces[] | select(.type == "pid"))'
	assert_equal "$status" 137
	run_script 'kill -TERM $$; sleep 1' 'del(.linux.namespaces[] | select(.type == "pid"))'
	assert_equal "$status" 143
}

@test "run passes stdin, stdout and stderr through" {
	head -c 1000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/in"
	script 'cat; echo err >&2'
	RT_STDIN=$BATS_TEST_TMPDIR/in run_ok
	cmp "$OUT" "$BATS_TEST_TMPDIR/in"
	assert_equal "$stderr" err
}

@test "run passes a pipe through to its end" {
	script 'cat | wc -c'
	head -c 300000 /dev/zero | timeout 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/n" 3>&-
	assert_equal "$(tr -d ' ' <"$BATS_TEST_TMPDIR/n")" 300000
}

@test "run forwards signals to the program" {
	local s
	script 'for s in HUP USR1 USR2 INT; do trap "echo got-$s" $s; done; trap "echo got-TERM; exit 9" TERM; echo ready; while :; do sleep 0.02; done'
	rt_background run --bundle "$BUNDLE" "$ID"
	wait_output "$BG_OUT" ready
	for s in HUP USR1 USR2 INT TERM; do
		kill "-$s" "$BG"
		wait_output "$BG_OUT" "got-$s"
	done
	wait_background "$BG"
	assert_equal "$status" 9
}

@test "run --detach returns while the program runs" {
	script 'echo up; sleep 100'
	run_ok --detach
	wait_output "$OUT" up
	assert_status running
}

@test "run -d writes the pid file" {
	args sleep 100
	run_ok -d --pid-file "$BATS_TEST_TMPDIR/pid"
	status_of
	assert_equal "$(<"$BATS_TEST_TMPDIR/pid")" "$container_pid"
}

@test "run --keep leaves the stopped container and its cgroup until delete" {
	args true
	run_ok --keep
	assert_status stopped
	local base found=
	for base in $CGROUP_BASES; do
		[ ! -d "$base/$ID" ] || found=yes
	done
	[ -n "$found" ] || fail "no cgroup left"
	rt_ok delete "$ID"
}

@test "run --keep refuses the id until delete" {
	args true
	run_ok --keep
	run_container
	assert_fails
	assert_rt_says "already exists"
}

@test "run reports a missing command and leaves nothing" {
	args nosuchcommand
	run_container
	assert_fails 'executable file not found in $PATH'
	assert_equal "$status" 1
	assert_status ""
}

@test "run reports an interpreter that is missing" {
	rt_only "runc calls it exec failed without the reason"
	printf '#!/no/such/interpreter\n' >"$ROOTFS/tool"
	chmod +x "$ROOTFS/tool"
	args /tool
	run_container
	assert_fails "/tool" "no such file or directory"
	assert_equal "$status" 1
}

@test "run leaves no zombie and reaps what the container leaves behind" {
	# Orphans of a container without a pid namespace come to the subreaper.
	script 'sh -c "sleep 0.1 & " & sleep 0.3' 'del(.linux.namespaces[] | select(.type == "pid"))'
	run_ok
}

@test "run --no-subreaper leaves orphans to the caller's reaper" {
	local rc=0
	# The orphan outlives init, so that a reaping run would have to wait for it.
	script 'sleep 0.4 & echo ready' 'del(.linux.namespaces[] | select(.type == "pid"))'
	"$BIN/subreap" "$BATS_TEST_TMPDIR/children" "$RUNTIME" --root "$STATE" \
		run --no-subreaper --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 || rc=$?
	assert_equal "$rc" 0
	file_has "$BATS_TEST_TMPDIR/children" "^cmd 0" || fail "$(<"$BATS_TEST_TMPDIR/children")"
}

@test "run takes a terminal's input and output" {
	script 'stty size; read x; echo "got $x"; tty' '.process.terminal = true'
	"$BIN/withpty" -s 30x90 -w '30 90' -i $'hello\n' "$BATS_TEST_TMPDIR/o" \
		timeout --foreground 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
	file_has "$BATS_TEST_TMPDIR/o" 'got hello'
	file_has "$BATS_TEST_TMPDIR/o" '/dev/'
	assert_equal "$(<"$BATS_TEST_TMPDIR/o.tty")" cooked "terminal modes afterwards"
}

@test "run passes a change of the terminal's size on" {
	script 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.02; done' '.process.terminal = true'
	"$BIN/withpty" -s 30x90 -w ready -r 41x101 "$BATS_TEST_TMPDIR/o" \
		timeout --foreground 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
	file_has "$BATS_TEST_TMPDIR/o" '41 101' || fail "$(<"$BATS_TEST_TMPDIR/o")"
}

@test "run gives the exit code through a terminal and restores its modes" {
	local rc=0
	script 'exit 5' '.process.terminal = true'
	"$BIN/withpty" "$BATS_TEST_TMPDIR/o" timeout --foreground 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" || rc=$?
	assert_equal "$rc" 5
	assert_equal "$(<"$BATS_TEST_TMPDIR/o.tty")" cooked
}

@test "run through a terminal loses no byte of a large output" {
	script 'dd if=/dev/zero bs=1000 count=1000 2>/dev/null | tr "\0" x; echo end' '.process.terminal = true'
	"$BIN/withpty" "$BATS_TEST_TMPDIR/o" timeout --foreground 20 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
	assert_equal "$(tr -d '\r\n' <"$BATS_TEST_TMPDIR/o" | wc -c)" 1000003
}

@test "run with a terminal passes signals typed at it to the program alone" {
	local rc=0
	script 'trap "echo got-int; exit 6" INT; echo ready; while :; do sleep 0.02; done' '.process.terminal = true'
	"$BIN/withpty" -w ready -i $'\003' "$BATS_TEST_TMPDIR/o" timeout --foreground 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" || rc=$?
	assert_equal "$rc" 6
	file_has "$BATS_TEST_TMPDIR/o" got-int
}

@test "run obeys SIGTERM while a hook hangs" {
	rt_only "runc waits for the hook"
	config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "30"]}]'
	rt_background run --bundle "$BUNDLE" "$ID"
	sleep 0.4
	kill -TERM "$BG"
	wait_for 3 eval '! kill -0 $BG 2>/dev/null' || fail "still there"
	wait_background "$BG"
	[ "$status" -ne 0 ] || fail "exit status 0"
}

@test "twenty containers run at the same time" {
	local i pids=()
	script 'exit 4'
	for i in {1..20}; do
		rt_background run --bundle "$BUNDLE" "$ID-$i"
		pids+=("$BG")
	done
	for i in "${pids[@]}"; do
		wait_background "$i"
		[ "$status" -eq 4 ] || fail "exit status $status: $(cat "$BATS_TEST_TMPDIR"/background.* | head -20)"
	done
}
