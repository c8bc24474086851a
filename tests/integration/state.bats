#!/usr/bin/env bats
load helpers

@test "state shows what engines read of a created container" {
	create_ok
	rt_ok state "$ID"
	[ -z "$stderr" ] || fail "stderr on success"
	jq -e --arg id "$ID" --arg b "$BUNDLE" '
		.id == $id and .status == "created" and .pid > 0 and .bundle == $b
		and .rootfs == $b + "/rootfs" and (.ociVersion | test("^1[.]"))
		and (.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$"))
		and has("owner")' <<<"$stdout" || fail "state"
}

# assert_keys: of the last state, so that CRI-O reads none into a field of its own.
assert_keys() {
	jq -e 'keys - ["annotations"] == ["bundle", "created", "id", "ociVersion", "owner", "pid", "rootfs", "status"]' <<<"$stdout" ||
		fail "other keys"
}

@test "state has none of the keys that CRI-O reads into fields of its own" {
	args sleep 100
	create_ok
	assert_status created
	assert_keys
	rt_ok start "$ID"
	assert_status running
	assert_keys
	rt_ok kill "$ID" KILL
	wait_status stopped
	assert_keys
}

@test "state goes from created to running to stopped" {
	args sleep 100
	create_ok
	assert_status created
	rt_ok start "$ID"
	assert_status running
	rt_ok kill "$ID" KILL
	wait_status stopped
	assert_equal "$container_pid" 0
}

@test "state keeps the pid of init from created to running" {
	args sleep 100
	create_ok
	status_of
	local pid=$container_pid
	rt_ok start "$ID"
	status_of
	assert_equal "$container_pid" "$pid"
}

@test "state of an unknown container fails" {
	rt state "$ID"
	assert_fails "does not exist"
	[ -z "$stdout" ] || fail "stdout on failure"
}

@test "state counts a zombie init as stopped" {
	args true
	# Nobody reaps: the parent of init is stopped.
	in_background "$BIN/subreap" "$BATS_TEST_TMPDIR/children" \
		"$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	local parent=$BG
	wait_output "$BATS_TEST_TMPDIR/children" '^[.]$'
	status_of
	local pid=$container_pid
	kill -STOP "$parent"
	rt_ok start "$ID"
	wait_for 5 grep -q '^State:.Z' "/proc/$pid/status"
	assert_status stopped
	assert_equal "$container_pid" 0
	rt_ok delete "$ID"
	kill -CONT "$parent"
}

@test "state survives until delete" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	sleep 0.2
	assert_status stopped
	rt_ok delete "$ID"
	assert_status ""
}

@test "state shows the annotations" {
	config '.annotations = {"org.example.a": "1", "with \"quotes\"": "two\nlines", "io.kubernetes.cri.x": "y"}'
	create_ok
	rt_ok state "$ID"
	jq -e --slurpfile c "$CONFIG" '.annotations == $c[0].annotations' <<<"$stdout" || fail "annotations"
}

@test "state keeps tens of kilobytes of annotations as they are" {
	config ".annotations = $ANNOTATIONS"
	create_ok
	rt_ok state "$ID"
	jq -e --slurpfile c "$CONFIG" '.annotations == $c[0].annotations and (.annotations | length == 2003)' <<<"$stdout" || fail "annotations"
}

@test "state does not take a new process with the old pid for the container" {
	rt_only "the layout of state.json is rt's"
	args sleep 100
	create_ok
	status_of
	# The same pid, but a process that started at another time.
	local pid=$container_pid file=$STATE/$ID/state.json
	in_background sleep 50
	local other=$BG
	kill -KILL "$pid"
	wait_status stopped
	sed -E "s/(\"[a-z_]*pid\"[[:space:]]*:[[:space:]]*)$pid\b/\1$other/I" "$file" >"$file.new"
	grep -q "$other" "$file.new" || fail "no pid in state.json"
	mv "$file.new" "$file"
	assert_status stopped
	rt_ok delete --force "$ID"
	kill -0 "$other" || fail "a foreign process was killed"
}

@test "state works with an empty environment" {
	create_ok
	env -i "$RUNTIME" --root "$STATE" state "$ID" >"$BATS_TEST_TMPDIR/s"
	file_has "$BATS_TEST_TMPDIR/s" created
}

@test "every cut of state.json is an error and never a panic, and delete --force cleans up" {
	rt_only "runc panics and cannot delete (B7, B8)"
	local file=$STATE/$ID/state.json size cut content
	create_ok
	cp "$file" "$BATS_TEST_TMPDIR/saved"
	size=$(stat -c %s "$file")
	for cut in 0 1 2 $((size / 4)) $((size / 2)) $((size - 2)); do
		head -c "$cut" "$BATS_TEST_TMPDIR/saved" >"$file"
		rt state "$ID"
		assert_fails
		assert_within 1000
	done
	for content in null '{}' '[]' '"x"' 'garbage' '{"id":1}' $'\x00\xff'; do
		printf '%s' "$content" >"$file"
		rt state "$ID"
		! [[ $output =~ (panic:|goroutine) ]] || fail "panic on $content"
		[ "$status" -ne 124 ] || fail "hangs on $content"
		rt list
		! [[ $output =~ (panic:|goroutine) ]] || fail "list panics on $content"
	done
	rt_ok delete --force "$ID"
	assert_status ""
}

@test "a state.json that is a fifo or a directory hangs nothing" {
	rt_only "runc cannot delete it"
	local file=$STATE/$ID/state.json
	create_ok
	rm "$file"
	mkfifo "$file"
	RT_TIMEOUT=3 rt state "$ID"
	assert_fails
	RT_TIMEOUT=3 rt list
	[ "$status" -ne 124 ] || fail "list hangs"
	rm "$file"
	mkdir "$file"
	RT_TIMEOUT=3 rt state "$ID"
	assert_fails
	RT_TIMEOUT=5 rt_ok delete --force "$ID"
}
