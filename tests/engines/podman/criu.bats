load lib

COUNT='i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done'

# runc 1.1 leaves behind the cgroup that it restores into.
teardown_file() {
	is_rt || find /sys/fs/cgroup/libpod_parent -mindepth 1 -depth -type d -name 'libpod-*' -exec rmdir {} +
}

last() { podman logs --tail 1 "$1"; }
counts_from() { [ "$(last "$1")" -gt "$2" ]; }

# goes_on NAME [COMMAND...]: it counts on, and not from the start, after the command.
goes_on() {
	local name=$1 was
	was=$(last "$C")
	[ $# -eq 1 ] || ok "${@:2}"
	eventually 20 counts_from "$name" "$was"
	equal "$(podman logs "$C" | grep -cx 1)" 1 "starts"
}

@test "a container is restored from its checkpoint and goes on" {
	detached "$C" busybox sh -c "$COUNT"
	eventually 10 log_has "$C" 3
	ok podman container checkpoint "$C"
	inspect "$C" '{{.State.Status}} {{.State.Checkpointed}}'
	is "exited true"
	goes_on "$C" podman container restore "$C"
	state_is "$C" running
	ok podman exec "$C" echo restored
	is restored
}

@test "checkpoint leaves the container running if it is told to" {
	detached "$C" busybox sh -c "$COUNT"
	eventually 10 log_has "$C" 3
	ok podman container checkpoint --leave-running "$C"
	state_is "$C" running
	goes_on "$C"
}

@test "a checkpoint is exported and imported under another name, with what was written" {
	detached "$C" --memory 64m busybox sh -c "echo kept >/file; $COUNT"
	eventually 10 log_has "$C" 3
	ok podman container checkpoint --export "$BATS_TEST_TMPDIR/c.tar.gz" "$C"
	local was
	was=$(last "$C")
	ok podman rm "$C"
	ok podman container restore --import "$BATS_TEST_TMPDIR/c.tar.gz" --name "$C-new"
	eventually 20 counts_from "$C-new" "$was"
	ok podman exec "$C-new" cat /file
	is kept
	# runc 1.1 has lost the cgroup on v2, and Podman sees no limit.
	is_rt || return 0
	ok podman exec "$C-new" cat /sys/fs/cgroup/memory.max
	is 67108864
}
