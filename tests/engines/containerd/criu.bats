load lib

COUNT='i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done'

# counted FILE NUMBER: what writes there has counted further.
counted() {
	local last
	last=$(tail -n 1 "$1")
	[[ $last =~ ^[0-9]+$ ]] && [ "$last" -gt "$2" ]
}

# counting NAME NUMBER: the task counts further, and is the one that said SELF.
counting() {
	exec_in "$1" cat /count
	read -r self number <<<"$stdout"
	[ "$status" -eq 0 ] && [ "$self" = "${SELF:-$self}" ] && [ "$number" -gt "$2" ]
}

# In a file, because ctr ends, and reads no more, when what it restores has started.
@test "a task is restored from its checkpoint and goes on" {
	local self number
	detached "$C" -- sh -c 'self=$(cat /proc/sys/kernel/random/uuid); i=0
		while :; do i=$((i + 1)); echo $self $i >/new; mv /new /count; sleep 0.1; done'
	eventually 10 counting "$C" 3
	ok ctr container checkpoint --rw --image --task "$C" "localhost/$C:saved"
	eventually 10 counting "$C" 3
	SELF=$self
	ok ctr task kill --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
	ends_with 137 "$C"
	ok ctr container restore --rw --live "$C-new" "localhost/$C:saved"
	eventually 20 counting "$C-new" "$number"
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
