load lib

@test "create, start, stop, start again, restart and rm" {
	ok podman create --label "$LABEL" --network none --name "$C" busybox sh -c 'trap "echo term; exit 3" TERM; echo ready; while :; do sleep 0.05; done'
	state_is "$C" created
	ok podman start "$C"
	eventually 10 log_has "$C" ready
	ok podman stop -t 10 "$C"
	inspect "$C" '{{.State.Status}} {{.State.ExitCode}}'
	is "exited 3"
	ok podman start "$C"
	eventually 5 state_is "$C" running
	ok podman restart -t 0 "$C"
	state_is "$C" running
	fails 2 podman rm "$C"
	ok podman rm -f -t 0 "$C"
	fails 1 podman container exists "$C"
}

@test "init or podman init" {
	ok podman create --label "$LABEL" --network none --name "$C" busybox echo from-init
	ok podman init "$C"
	state_is "$C" initialized
	ok podman start -a "$C"
	is from-init
}

@test "stop kills what ignores TERM after its time" {
	detached "$C" busybox sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	eventually 10 log_has "$C" ready
	ok podman stop -t 1 "$C"
	inspect "$C" '{{.State.ExitCode}}'
	is 137
}

@test "kill sends any signal" {
	detached "$C" busybox sh -c 'trap "echo usr1" USR1; echo ready; while :; do sleep 0.05; done'
	eventually 10 log_has "$C" ready
	ok podman kill -s USR1 "$C"
	eventually 5 log_has "$C" usr1
	ok podman kill "$C"
	eventually 5 state_is "$C" exited
	inspect "$C" '{{.State.ExitCode}}'
	is 137
	call podman kill "$C"
	[ "$status" -ne 0 ]
}

@test "kill ends every process of a container in the host's pid namespace" {
	detached "$C" --pid host busybox sh -c 'sleep 8765 & sleep 8765 & echo ready; wait'
	eventually 10 log_has "$C" ready
	ok podman kill "$C"
	eventually 5 state_is "$C" exited
	eventually 5 eval '! pgrep -f "^sleep 8765"'
}

@test "pause stops the processes, unpause lets them continue" {
	detached "$C" busybox sh -c 'while :; do echo x; sleep 0.05; done'
	eventually 10 log_has "$C" x
	ok podman pause "$C"
	state_is "$C" paused
	local before
	before=$(podman logs "$C" | wc -l)
	sleep 0.3
	equal "$(podman logs "$C" | wc -l)" "$before" lines
	call podman exec "$C" true
	[ "$status" -ne 0 ] || fail "exec in a paused container"
	ok podman unpause "$C"
	eventually 5 eval '[ "$(podman logs "$C" | wc -l)" -gt "$before" ]'
}

@test "wait gives the exit status" {
	detached "$C" busybox sh -c 'sleep 0.5; exit 11'
	ok podman wait "$C"
	is 11
}

@test "logs have stdout and stderr, and no word of the runtime's" {
	detached "$C" busybox sh -c 'echo one; echo two >&2'
	ok podman wait "$C"
	ok podman logs "$C"
	is one
	equal "$stderr" two
}

@test "exec gives output, exit status and its own user" {
	sleeper "$C"
	ok podman exec "$C" echo hello
	is hello
	fails 9 podman exec "$C" sh -c 'exit 9'
	ok podman exec -u 1000 -w /tmp -e A=b "$C" sh -c 'id -u; pwd; echo "$A"'
	is "1000
/tmp
b"
	stdout=$(printf 'a\nb\n' | podman exec -i "$C" wc -l 3>&- 4>&-)
	is 2
	ok podman exec -d "$C" touch /made
	eventually 5 podman exec "$C" test -e /made
}

@test "exec of a missing program gives 127, of a directory 126" {
	sleeper "$C"
	fails 127 podman exec "$C" nosuchprogram
	fails 126 podman exec "$C" /etc
	state_is "$C" running
}

@test "exec and run on a terminal" {
	tty_start "${PODMAN[@]}" run --rm -it --label "$LABEL" --network none busybox sh
	tty_await '#'
	tty_send 'stty size; tty\n'
	tty_await '30 100'
	tty_await /dev/pts/0
	tty_send 'exit 5\n'
	tty_end
	equal "$status" 5
	sleeper "$C"
	tty_start "${PODMAN[@]}" exec -it "$C" sh -c 'trap "echo interrupted; exit 6" INT; echo ready; while :; do sleep 0.1; done'
	tty_await ready
	tty_send '\003'
	tty_await interrupted
	tty_end
	equal "$status" 6
}

@test "attach gets the output of a container" {
	detached "$C" -i busybox sh -c 'read x; echo "got $x"; read y'
	stdout=$({ echo word; sleep 1; } | timeout 20 "${PODMAN[@]}" attach "$C" 3>&- 4>&- 2>&1) || true
	says "got word"
}

@test "top, stats, inspect, port and diff" {
	sleeper "$C"
	ok podman top "$C" pid comm
	says sleep
	ok podman top "$C" hpid
	[ -d "/proc/$(tail -1 <<<"$stdout" | tr -d ' ')" ]
	ok podman stats --no-stream --format '{{.Name}} {{.PIDs}}' "$C"
	is "$C 1"
	inspect "$C" '{{.OCIRuntime}} {{.State.Running}}'
	says true
	ok podman exec "$C" touch /tmp/new
	ok podman diff "$C"
	says "A /tmp/new"
}

@test "update changes limits of what runs" {
	[[ $(podman update --help) == *--memory* ]] || skip "this Podman has no update"
	sleeper "$C" --memory 64m
	ok podman update --memory 128m --cpu-shares 300 "$C"
	call podman exec "$C" sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max'
	line 134217728
}

@test "a healthcheck runs in the container and its end is its result" {
	sleeper "$C" --health-cmd 'test -e /tmp/healthy' --health-interval disable
	fails 1 podman healthcheck run "$C"
	ok podman exec "$C" touch /tmp/healthy
	ok podman healthcheck run "$C"
	local n
	for n in 1 2 3 4 5; do ok podman healthcheck run "$C"; done
}

@test "cp copies in and out, commit makes an image, and it runs" {
	sleeper "$C"
	echo content >"$BATS_TEST_TMPDIR/f"
	ok podman cp "$BATS_TEST_TMPDIR/f" "$C:/tmp/f"
	ok podman exec "$C" cat /tmp/f
	is content
	ok podman cp "$C:/etc/passwd" "$BATS_TEST_TMPDIR/passwd"
	grep -q root "$BATS_TEST_TMPDIR/passwd"
	ok podman commit -q "$C" "localhost/committed-$C"
	run_rm "localhost/committed-$C" cat /tmp/f
	is content
	ok podman rmi -f "localhost/committed-$C"
}

@test "volumes are bound, read-only if they say so, and shared by name" {
	VOLUMES=("$C-v")
	mkdir "$BATS_TEST_TMPDIR/d"
	echo content >"$BATS_TEST_TMPDIR/d/f"
	run_rm -v "$BATS_TEST_TMPDIR/d:/d:ro" busybox sh -c 'cat /d/f; touch /d/g 2>&1; true'
	says content "Read-only file system"
	run_rm -v "$C-v:/v" busybox sh -c 'echo kept >/v/f'
	run_rm --mount "type=volume,src=$C-v,dst=/w" busybox cat /w/f
	is kept
	run_rm --mount type=tmpfs,dst=/t busybox sh -c 'grep -c " /t tmpfs" /proc/mounts'
	is 1
}
