#!/usr/bin/env bats
load helpers

@test "of twenty parallel creates with one id exactly one wins" {
	local i won=0 pids=()
	args sleep 100
	for i in {1..20}; do
		rt_background create --bundle "$BUNDLE" "$ID"
		pids+=("$BG")
	done
	for i in "${pids[@]}"; do
		wait_background "$i"
		[ "$status" -ne 0 ] || won=$((won + 1))
	done
	assert_equal "$won" 1 winners
	assert_status created
	rt_ok start "$ID"
	assert_status running
}

@test "a loser of the race does not harm the winner" {
	create_ok
	status_of
	local pid=$container_pid i
	for i in 1 2 3 4 5; do
		create
		assert_fails
	done
	assert_status created
	assert_equal "$container_pid" "$pid"
}

@test "state during a create is complete or does not exist" {
	local n=0 seen=''
	rt_background create --bundle "$BUNDLE" "$ID"
	local creator=$BG
	while [ -d "/proc/$creator" ] && ! file_has "/proc/$creator/status" '^State:.Z' && [ $n -lt 100 ]; do
		rt state "$ID"
		n=$((n + 1))
		if [ "$status" -eq 0 ]; then
			jq -e '.status == "creating" or .status == "created"' <<<"$stdout" >/dev/null || fail "$stdout"
			seen+=x
		else
			[[ $stderr == *"does not exist"* ]] || ! is_rt || fail "$stderr"
		fi
	done
	wait_background "$creator"
	assert_equal "$status" 0
}

@test "once state says created, start succeeds" {
	local i
	for i in 1 2 3; do
		rt_background create --bundle "$BUNDLE" "$ID-$i"
		local creator=$BG
		wait_status created "$ID-$i"
		rt start "$ID-$i"
		[ "$status" -eq 0 ] || ! is_rt || fail "start"
		wait_background "$creator"
		rt_ok delete --force "$ID-$i"
	done
}

@test "create and delete --force of one id race without leaving anything" {
	rt_only "runc leaks cgroups in this race (B4)"
	local i creator deleter
	for i in 1 2 3 4 5 6; do
		rt_background create --bundle "$BUNDLE" "$ID"
		creator=$BG
		sleep "0.00$i"
		rt_background delete --force "$ID"
		deleter=$BG
		wait_background "$creator"
		wait_background "$deleter"
		rt_ok delete --force "$ID"
		oracle_after || fail "round $i"
	done
}

@test "kill is not blocked by a start that hangs in a hook" {
	config '.hooks.poststart = [{path: "/bin/sleep", args: ["sleep", "30"]}]'
	args sleep 1000
	is_rt || skip "runc 1.1 runs poststart hooks at create"
	create_ok
	rt_background start "$ID"
	wait_for 5 has_status running "$ID"
	RT_TIMEOUT=5 rt_ok kill "$ID" KILL
	assert_within 2000
}

@test "a create that hangs in a hook holds up no other container" {
	local creator
	args sleep 1000
	rt_ok create --bundle "$BUNDLE" "$ID-2"
	config '.hooks.createRuntime = [{path: "/bin/busybox", args: ["sh", "-c", $s]}]' \
		--arg s "touch $BATS_TEST_TMPDIR/in; until [ -e $BATS_TEST_TMPDIR/go ]; do sleep 0.05; done"
	rt_background create --bundle "$BUNDLE" "$ID"
	creator=$BG
	wait_for 5 test -e "$BATS_TEST_TMPDIR/in"
	RT_TIMEOUT=5 rt_ok start "$ID-2"
	RT_TIMEOUT=5 rt_ok list
	RT_TIMEOUT=5 rt_ok kill "$ID-2" KILL
	wait_status stopped "$ID-2"
	RT_TIMEOUT=5 rt_ok delete "$ID-2"
	kill -0 "$creator" || fail "create has ended"
	touch "$BATS_TEST_TMPDIR/go"
	wait_background "$creator"
	assert_equal "$status" 0 "exit status of create"
}

@test "kill and state are not blocked by an exec that runs" {
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_background exec "$ID" sleep 1000
	local exec=$BG
	wait_for 5 eval '[[ "$("$RUNTIME" --root "$STATE" ps "$ID" | grep -c sleep)" == 2 ]]' || fail "exec does not run"
	RT_TIMEOUT=5 rt_ok state "$ID"
	assert_within 2000
	RT_TIMEOUT=5 rt_ok kill "$ID" KILL
	assert_within 2000
	wait_background "$exec"
	assert_equal "$status" 137
}

@test "many states and kills at once all answer" {
	local i pids=()
	args sleep 100
	create_ok
	rt_ok start "$ID"
	for i in {1..20}; do
		rt_background state "$ID"
		pids+=("$BG")
		rt_background kill "$ID" 0
		pids+=("$BG")
	done
	for i in "${pids[@]}"; do
		wait_background "$i"
		[ "$status" -eq 0 ] || fail "$(cat "$BATS_TEST_TMPDIR"/background.*)"
	done
}

@test "fifty containers exist at the same time" {
	local i
	for i in {1..50}; do
		rt_ok create --bundle "$BUNDLE" "$ID-$i"
	done
	rt_ok list -q
	assert_equal "$(wc -l <<<"$stdout")" 50
}

@test "a runtime whose caller sets a parent-death signal leaves a container that lives on" {
	args sleep 100
	# The caller dies right after create; the signal must not have been inherited.
	bash -c 'setpriv --pdeathsig KILL "$@"; exit 0' bash "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID" \
		</dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 3>&-
	sleep 0.1
	assert_status created
	bash -c 'setpriv --pdeathsig KILL "$@"; exit 0' bash "$RUNTIME" --root "$STATE" start "$ID" \
		</dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 3>&-
	sleep 0.1
	assert_status running
}

@test "the whole life of a container needs no environment and any working directory" {
	local c
	args sleep 100
	cd /
	for c in "create --bundle $BUNDLE" start state "kill" "delete --force"; do
		# shellcheck disable=SC2086
		env -i XDG_RUNTIME_DIR= "$RUNTIME" --root "$STATE" $c "$ID" </dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 3>&- ||
			fail "$c: $(<"$BATS_TEST_TMPDIR/o")"
	done
}
