#!/usr/bin/env bats
# What criu saves and restores only if it is told to, and how else it is told.
load helpers
load criu

@test "a socket that the host has the other end of is refused, and with --ext-unix-sk it goes on" {
	needs_criu
	local dir=$BATS_TEST_TMPDIR/s got had
	mkdir "$dir"
	in_background "$BIN/keep" receive "$dir/sock"
	got=$BG_OUT
	wait_for 5 test -S "$dir/sock"
	cp "$BIN/keep" "$ROOTFS/bin/"
	# criu knows the sockets of the container's network namespace alone.
	counting "keep send $dir/sock & $COUNT" '.mounts += [{destination: $d, source: $d, type: "bind", options: ["bind"]}]
		| .linux.namespaces |= map(select(.type != "network"))' --arg d "$dir"
	wait_output "$got" 3
	checkpoint
	assert_fails
	assert_rt_says ext-unix-sk
	assert_status running
	checkpoint_ok --ext-unix-sk
	had=$(wc -l <"$got")
	restore_ok --ext-unix-sk
	wait_for 20 eval '[ "$(wc -l <"$got")" -gt "$had" ]' || fail "nothing arrives"
	assert_equal "$(sed -n "$((had + 1))p" "$got")" $((had + 1))
}

@test "a file lock is refused, and with --file-locks it is held again" {
	needs_criu
	cp "$BIN/keep" "$ROOTFS/bin/"
	counting "exec 9>/dev/shm/lock; keep lock 9; $COUNT"
	checkpoint
	assert_fails
	assert_rt_says file-locks
	assert_status running
	checkpoint_ok --file-locks
	restore_ok --file-locks
	goes_on "$NEW" 3
	rt exec "$NEW" sh -c 'exec 9>/dev/shm/lock; keep lock 9'
	assert_equal "$status" 1 "$output"
}

@test "a file that has another name now is refused, and with --link-remap it is open again" {
	needs_criu
	rt_only "runc 1.1 has no --link-remap"
	counting "exec 9>/one; ln /one /two; rm /one; $COUNT" '.root.readonly = false'
	checkpoint
	assert_fails link-remap
	assert_status running
	checkpoint_ok --link-remap
	restore_ok
	rt_ok exec "$NEW" sh -c 'echo text >/proc/1/fd/9; cat /two'
	assert_out text
	assert_equal "$(find "$ROOTFS" -name 'link_remap*')" ""
}

@test "the caller's terminal, which is on no mount of the container's, is refused and stays" {
	needs_criu
	local pty=$BATS_TEST_TMPDIR/pty
	script "$COUNT"
	in_background "$BIN/withpty" "$pty" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
	wait_output "$pty" 3
	checkpoint --shell-job
	assert_fails
	assert_rt_says /dev/pts
	assert_status running
	goes_on "$ID" "$(counter_of "$ID")"
}

@test "a connection is closed when it is restored with --tcp-close" {
	needs_criu
	rt_only "runc 1.1 has no --tcp-close"
	command -v iptables-restore >/dev/null || lacks criu "criu takes iptables to lock connections"
	counting "sleep 1000 | busybox nc -l -p 5000 & sleep 0.3; sleep 1000 | busybox nc 127.0.0.1 5000 & $COUNT"
	status_of
	wait_for 10 file_has "/proc/$container_pid/net/tcp" ' 01 ' || fail "no connection"
	checkpoint_ok --tcp-established
	restore_ok --tcp-close
	goes_on "$NEW" 3
	status_of "$NEW"
	refute grep ' 01 ' "/proc/$container_pid/net/tcp"
}

@test "the annotation org.criu.config names a file of criu's with more options" {
	needs_criu
	cp "$BIN/keep" "$ROOTFS/bin/"
	echo file-locks >"$BATS_TEST_TMPDIR/criu.conf"
	counting "exec 9>/dev/shm/lock; keep lock 9; $COUNT" '.annotations["org.criu.config"] = $f' --arg f "$BATS_TEST_TMPDIR/criu.conf"
	checkpoint_ok
	restore_ok
	goes_on "$NEW" 3
	rt exec "$NEW" sh -c 'exec 9>/dev/shm/lock; keep lock 9'
	assert_equal "$status" 1 "$output"
}

@test "/etc/criu/runc.conf has more options, but not for an annotation that is empty" {
	needs_criu
	cp "$BIN/keep" "$ROOTFS/bin/"
	cp -a /etc "$BATS_TEST_TMPDIR/etc"
	mkdir -p "$BATS_TEST_TMPDIR/etc/criu"
	echo file-locks >"$BATS_TEST_TMPDIR/etc/criu/runc.conf"
	counting "exec 9>/dev/shm/lock; keep lock 9; $COUNT"
	RT_WRAP=(unshare --mount sh -c 'mount --bind "$0" /etc && exec "$@"' "$BATS_TEST_TMPDIR/etc")
	checkpoint_ok --leave-running
	RT_WRAP=()
	rt_ok delete --force "$ID"
	counting "exec 9>/dev/shm/lock; keep lock 9; $COUNT" '.annotations["org.criu.config"] = ""'
	RT_WRAP=(unshare --mount sh -c 'mount --bind "$0" /etc && exec "$@"' "$BATS_TEST_TMPDIR/etc")
	checkpoint
	assert_fails
	assert_rt_says file-locks
}

@test "restore in the foreground has the container on the caller's terminal" {
	needs_criu
	local sock=$BATS_TEST_TMPDIR/tty.sock pty=$BATS_TEST_TMPDIR/pty rc=0
	in_background "$BIN/recvtty" tty "$sock" "$BATS_TEST_TMPDIR/tty"
	wait_for 5 test -S "$sock"
	script 'until read -t 1 line; do echo tick; done; echo "got $line"; stty size; exit 5' '.process.terminal = true'
	rt_ok run --detach --bundle "$BUNDLE" --console-socket "$sock" "$ID"
	wait_output "$BATS_TEST_TMPDIR/tty" tick
	checkpoint_ok
	elsewhere
	"$BIN/withpty" -s 30x90 -w tick -i $'hello\n' "$pty" timeout --foreground 60 \
		"$RUNTIME" --root "$STATE" restore --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW" || rc=$?
	assert_equal "$rc" 5 "$(<"$pty")"
	file_has "$pty" "got hello" || fail "$(<"$pty")"
	file_has "$pty" "30 90" || fail "$(<"$pty")"
	assert_equal "$(<"$pty.tty")" cooked
}
