#!/usr/bin/env bats
load helpers

# B5 to B13 and R30: what makes a runtime hang, lie about a container or touch the
# host, beyond what the integration tests try. Every call ends at once.

# at_once MS ARG...: a call that may fail but not hang, panic or say two lines.
at_once() {
	local limit=$1
	shift
	RT_TIMEOUT=5 rt "$@"
	[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || fail "$CALL: hung"
	! [[ $output =~ (panic:|goroutine\ [0-9]) ]] || fail "$CALL: panicked"
	assert_within "$limit"
}

running() {
	args sleep 100
	create_ok
	rt_ok start "$ID"
}

@test "B5: a start that is killed at any moment leaves a container that can be started or runs" {
	rt_only "runc shows created for a running container"
	local n
	args sleep 100
	for n in 1 2 3 4 5 6 8 10 12 15 20; do
		create_ok
		rt_background start "$ID"
		sleep "$(printf '0.%03d' "$n")"
		kill -KILL "$BG" 2>/dev/null || true
		wait_background "$BG"
		status_of
		[[ $container_status == created || $container_status == running ]] || fail "$n ms: $container_status"
		at_once 1500 start "$ID"
		[ "$status" -eq 0 ] || assert_fails "already running"
		assert_status running
		at_once 1000 delete "$ID"
		[ "$status" -ne 0 ] || fail "$n ms: delete removed a running container"
		rt_ok delete --force "$ID"
	done
}

@test "B7, B8: one damaged container does not hide the others from list" {
	rt_only "runc panics"
	local content
	running
	rt_ok create --bundle "$BUNDLE" "$ID-2"
	for content in null '{}' '[]' '' garbage; do
		printf '%s' "$content" >"$STATE/$ID-2/state.json"
		at_once 1000 list
		assert_has "$ID "
		for verb in state start "kill $ID-2 KILL" pause resume ps events "exec $ID-2 true"; do
			[[ $verb == *" "* ]] || verb="$verb $ID-2"
			# shellcheck disable=SC2086
			at_once 1500 $verb
			[ "$status" -ne 0 ] || fail "$verb of a damaged container succeeded"
		done
	done
	rt_ok delete --force "$ID-2"
	assert_status running
}

@test "B10: exec does not open what the image puts at /etc/passwd" {
	rt_only "runc hangs"
	local kind
	running
	config 'del(.process.env)'
	for kind in fifo kmsg zero tty loop directory socket huge; do
		rm -rf "$ROOTFS/etc/passwd"
		case $kind in
		fifo) mkfifo "$ROOTFS/etc/passwd" ;;
		kmsg) ln -s /proc/kmsg "$ROOTFS/etc/passwd" ;;
		zero) mknod "$ROOTFS/etc/passwd" c 1 5 ;;
		tty) mknod "$ROOTFS/etc/passwd" c 5 0 ;;
		loop) ln -s passwd "$ROOTFS/etc/passwd" ;;
		directory) mkdir "$ROOTFS/etc/passwd" ;;
		socket) mknod "$ROOTFS/etc/passwd" p && rm "$ROOTFS/etc/passwd" && ln -s /proc/self/fd/0 "$ROOTFS/etc/passwd" ;;
		huge) truncate -s 8G "$ROOTFS/etc/passwd" ;;
		esac
		# shellcheck disable=SC2016
		at_once 1500 exec "$ID" sh -c 'echo $HOME'
		[ "$status" -eq 0 ] || fail "$kind"
		assert_out /
		# shellcheck disable=SC2016
		at_once 1500 exec --user 1000:1000 "$ID" sh -c 'echo $HOME'
		assert_out /
	done
}

@test "B10: a run that reads a hostile passwd obeys SIGTERM" {
	rt_only "runc has to be killed"
	local pid
	rm -f "$ROOTFS/etc/passwd"
	mkfifo "$ROOTFS/etc/passwd"
	script 'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done'
	rt_background run --bundle "$BUNDLE" "$ID"
	pid=$BG
	wait_output "$BG_OUT" up
	kill -TERM "$pid"
	wait_background "$pid"
	assert_equal "$status" 7
}

@test "S52: a volume at /etc cannot make the runtime read or open files of the host" {
	rt_only "runc reads it in the container"
	local link home
	mkdir "$BATS_TEST_TMPDIR/etc" "$BATS_TEST_TMPDIR/host"
	echo "root:x:0:0:root:/home-of-the-host:/bin/sh" >"$BATS_TEST_TMPDIR/host/passwd"
	config '.mounts += [{destination: "/etc", type: "bind", source: $s, options: ["bind"]}]' --arg s "$BATS_TEST_TMPDIR/etc"
	for link in "$BATS_TEST_TMPDIR/host/passwd" ../host/passwd "/proc/self/root$BATS_TEST_TMPDIR/host/passwd"; do
		ln -sfn "$link" "$BATS_TEST_TMPDIR/etc/passwd"
		# shellcheck disable=SC2016
		run_script 'echo $HOME'
		[ "$status" -eq 0 ] || fail "$link"
		assert_out /
	done
	# A tape rewinds and a watchdog starts when it is opened; of a pty, the other end
	# learns of it.
	for home in fifo zero; do
		rm -f "$BATS_TEST_TMPDIR/etc/passwd"
		[ $home = zero ] || mkfifo "$BATS_TEST_TMPDIR/etc/passwd"
		[ $home = fifo ] || mknod "$BATS_TEST_TMPDIR/etc/passwd" c 1 5
		# shellcheck disable=SC2016
		run_script 'echo $HOME'
		assert_out /
	done
	echo "root:x:0:0:root:/volume:/bin/sh" >"$BATS_TEST_TMPDIR/etc/other"
	ln -sfn other "$BATS_TEST_TMPDIR/etc/passwd"
	rm "$BATS_TEST_TMPDIR/etc/passwd"
	ln -s other "$BATS_TEST_TMPDIR/etc/passwd"
	# shellcheck disable=SC2016
	run_script_ok 'echo $HOME'
	assert_out /volume
}

@test "B11: fifos in the place of files that the caller names hang nothing" {
	rt_only "runc hangs on some"
	local fifo=$BATS_TEST_TMPDIR/fifo field
	mkfifo "$fifo"
	running
	at_once 1500 exec --process "$fifo" "$ID"
	[ "$status" -ne 0 ] || fail "exec --process"
	# A fifo may be the output of a process; without a writer, it is waited for.
	RT_TIMEOUT=1 rt update --resources "$fifo" "$ID"
	[ "$status" -eq 124 ] || fail "update --resources does not end at SIGTERM"
	at_once 1500 exec --console-socket "$fifo" --tty --detach "$ID" true
	[ "$status" -ne 0 ] || fail "exec --console-socket"
	rm -f "$fifo" && mkfifo "$fifo"
	at_once 1500 exec --pid-file "$fifo" "$ID" true
	rm -f "$fifo" && mkfifo "$fifo"
	at_once 1500 create --bundle "$BUNDLE" --pidfd-socket "$fifo" "$ID-2"
	[ "$status" -ne 0 ] || fail "create --pidfd-socket"
	at_once 1500 create --bundle "$BUNDLE" --pid-file "$fifo" "$ID-2"
	[ "$status" -ne 0 ] || rt_ok delete --force "$ID-2"
	rm -f "$fifo" && mkfifo "$fifo"
	RT_GLOBAL=(--trace "$fifo")
	at_once 3000 create --bundle "$BUNDLE" "$ID-2"
	[ "$status" -ne 0 ] || rt_ok delete --force "$ID-2"
	RT_GLOBAL=(--log "$fifo" --log-format json)
	at_once 1500 list
	RT_GLOBAL=()
	for field in '.root.path = $f' '.linux.namespaces[0].path = $f' '.hooks = {createRuntime: [{path: $f}]}' \
		'.hooks = {startContainer: [{path: $f}]}' '.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY", listenerPath: $f}'; do
		cp "$TESTDATA/config.json" "$CONFIG"
		config "$field" --arg f "$fifo"
		at_once 2000 run --bundle "$BUNDLE" "$ID-2"
		[ "$status" -ne 0 ] || fail "$field"
		assert_fails
	done
}

@test "B12: exec --cgroup does not leave for a sibling whose name begins like the container's" {
	local dir base
	running
	for base in $CGROUP_BASES; do
		if [ -d "$base/$ID" ]; then dir=$base; break; fi
	done
	rt_ok create --bundle "$BUNDLE" "$ID-sibling"
	for path in "../$ID-sibling" "/../$ID-sibling" "x/../../$ID-sibling" "..//$ID-sibling/" "$dir/$ID-sibling"; do
		rt exec --cgroup "$path" "$ID" true
		[ "$status" -ne 0 ] || fail "--cgroup $path"
	done
}

@test "B13, S27: no kind of run or failure changes the mounts of a host that shares them" {
	rt_only "runc leaves a bind mount behind"
	local propagation
	on_shared_host
	for propagation in private rslave rshared unbindable; do
		cp "$TESTDATA/config.json" "$CONFIG"
		config '.linux.rootfsPropagation = $p | .process.args = ["true"]' --arg p "$propagation"
		run_container
		assert_shared_host_unchanged
		config '.process.args = ["/no/such/program"]'
		run_container
		[ "$status" -ne 0 ] || fail "ran"
		assert_shared_host_unchanged
	done
	config 'del(.linux.namespaces[] | select(.type == "mount")) | del(.linux.maskedPaths, .linux.readonlyPaths, .linux.rootfsPropagation)
		| .mounts = [] | .root.readonly = false | .process.args = ["true"]'
	run_container
	assert_shared_host_unchanged
}

@test "R30: a container on a file system that does not answer hangs no verb" {
	rt_only "runc does not look at the program"
	[ -c /dev/fuse ] || skip "kernel has no /dev/fuse"
	local server dir=$BATS_TEST_TMPDIR/silent
	mkdir "$dir"
	in_background "$ATTACK/silentfs" "$ROOTFS/bin/busybox" "$dir"
	server=$BG
	wait_output "$BG_OUT" mounted
	mkdir "$ROOTFS/silent"
	config '.mounts += [{destination: "/silent", type: "bind", source: $s, options: ["bind"]}]' --arg s "$dir"
	args /silent/sleep 100
	create_ok
	rt_ok start "$ID"
	kill -USR1 "$server"
	at_once 1000 state "$ID"
	assert_has '"status": "running"'
	at_once 1000 list
	assert_has "$ID"
	at_once 1500 exec "$ID" true
	in_background timeout -k 2 1 "$RUNTIME" --root "$STATE" exec --cwd /silent/dir "$ID" true
	wait_background "$BG"
	[ "$status" -ne 137 ] || fail "exec does not end at SIGTERM"
	at_once 1500 kill "$ID" KILL
	# A page of the program that is asked for now never comes, and then it cannot die.
	in_background timeout -k 2 1 "$RUNTIME" --root "$STATE" delete --force "$ID"
	wait_background "$BG"
	[ "$status" -ne 137 ] || fail "delete does not end at SIGTERM"
	[ "$status" -eq 0 ] || file_has "$BG_OUT" "process [0-9]* has not died" || fail "$(<"$BG_OUT")"
	kill -KILL "$server"
	umount -l "$dir"
	at_once 2000 delete --force "$ID"
	[ "$status" -eq 0 ] || fail "delete --force"
}
