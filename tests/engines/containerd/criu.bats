load lib

COUNT='i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done'

# counted FILE NUMBER: what writes there has counted further.
counted() {
	local last
	last=$(tail -n 1 "$1")
	[[ $last =~ ^[0-9]+$ ]] && [ "$last" -gt "$2" ]
}

@test "a task is restored from its checkpoint and goes on" {
	detached "$C" -- sh -c "$COUNT"
	eventually 10 counted "$LOG" 3
	ok ctr container checkpoint --rw --image --task "$C" "localhost/$C:saved"
	local was
	was=$(tail -n 1 "$LOG")
	ok ctr task kill --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
	ends_with 137 "$C"
	ctr container restore --rw --live "$C-new" "localhost/$C:saved" </dev/null >"$BATS_TEST_TMPDIR/new" 2>&1 3>&- 4>&- &
	eventually 20 counted "$BATS_TEST_TMPDIR/new" "$was" || fail "$(<"$BATS_TEST_TMPDIR/new")"
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/new")" -gt 3 ] || fail "it counts from $(head -n 1 "$BATS_TEST_TMPDIR/new")"
	exec_in "$C-new" sh -c 'sleep 0.2; echo restored'
	is restored
	ok ctr image rm "localhost/$C:saved"
}

@test "checkpoint leaves images where it is told, and the task running or not" {
	local dir=$BATS_TEST_TMPDIR/images
	detached "$C" -- sh -c "$COUNT"
	eventually 10 counted "$LOG" 3
	ok ctr task checkpoint --image-path "$dir" --work-path "$BATS_TEST_TMPDIR/work" "$C"
	[ -s "$dir/inventory.img" ]
	task_is "$C" RUNNING
	eventually 10 counted "$LOG" "$(tail -n 1 "$LOG")"
	rm -r "$dir"
	ok ctr task checkpoint --exit --image-path "$dir" --work-path "$BATS_TEST_TMPDIR/work" "$C"
	[ -s "$dir/inventory.img" ]
	eventually 5 task_is "$C" STOPPED
}
