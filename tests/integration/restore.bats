#!/usr/bin/env bats
load helpers
load criu

# --- the restored container is one like any other -----------------------------------

@test "state, exec, kill and delete work on a restored container, and --pid-file names it" {
	needs_criu
	counting
	checkpoint_ok
	restore_ok --pid-file "$BATS_TEST_TMPDIR/pid"
	assert_status running "$NEW"
	assert_equal "$(<"$BATS_TEST_TMPDIR/pid")" "$container_pid"
	rt_ok exec "$NEW" cat /proc/1/comm
	assert_out sh
	if is_rt; then # runc 1.1 has lost the cgroup on v2
		rt_ok ps "$NEW"
		assert_has "$container_pid"
	fi
	rt_ok pause "$NEW"
	assert_status paused "$NEW"
	rt_ok resume "$NEW"
	rt_ok kill "$NEW" KILL
	wait_status stopped "$NEW"
	rt_ok delete "$NEW"
	assert_status '' "$NEW"
}

@test "a restored container can be checkpointed and restored again" {
	needs_criu
	counting
	checkpoint_ok
	restore_ok
	wait_output "$LOG.new" '[0-9]'
	rt_ok checkpoint --image-path "$IMG.2" --work-path "$WORK" "$NEW"
	IMG=$IMG.2 NEW=$ID-c
	restore_ok
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
}

@test "restore in the foreground passes signals on and gives the exit status" {
	needs_criu
	counting "trap 'exit 7' TERM; $COUNT"
	checkpoint_ok
	elsewhere
	rt_background restore --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW"
	wait_for 40 file_has "$BG_OUT" '[0-9]' || fail "$(<"$BG_OUT")"
	kill -TERM "$BG"
	wait_background "$BG"
	assert_equal "$status" 7 "$(<"$BG_OUT")"
	is_rt || return 0
	assert_status '' "$NEW"
}

@test "limits of config.json hold for a restored container" {
	needs_criu
	counting
	checkpoint_ok
	config '.linux.resources.pids.limit = 17 | .linux.resources.memory.limit = 67108864'
	restore_ok
	! is_rt || ID=$NEW
	limit_is pids pids.max pids.max 17
	limit_is memory memory.limit_in_bytes memory.max 67108864
	status_of "$NEW"
	grep -q "/$ID\$" "/proc/$container_pid/cgroup" || fail "it is in $(<"/proc/$container_pid/cgroup")"
}

@test "a container with a cgroup namespace is restored, also below another cgroup" {
	needs_criu
	config '.linux.namespaces += [{type: "cgroup"}] | .linux.cgroupsPath = "/\($id)-parent/\($id)"' --arg id "$ID"
	counting
	checkpoint_ok
	piped "$LOG.new" restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$ID"
	goes_on "$ID" "$(tail -n 1 "$LOG")"
	if is_rt; then # runc 1.1 has lost the cgroup on v2
		status_of "$ID"
		grep -q "/$ID-parent/$ID\$" "/proc/$container_pid/cgroup" || fail "it is in $(<"/proc/$container_pid/cgroup")"
	fi
	rt_ok delete --force "$ID"
	find /sys/fs/cgroup -depth -path "*/$ID-parent*" -type d -exec rmdir {} +
}

@test "a null device as stdin is restored where the caller has a pipe there" {
	needs_criu
	counting
	checkpoint_ok
	elsewhere
	status=0
	sleep 30 3>&- 4>&- | timeout -k 1 "$RT_TIMEOUT" "$RUNTIME" --root "$STATE" restore --detach --bundle "$BUNDLE" \
		--image-path "$IMG" --work-path "$WORK" "$NEW" 2>&1 3>&- 4>&- | cat >"$LOG.new" &
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
}

@test "a limit of as many processes as there are is enough" {
	needs_criu
	rt_only "criu and its helpers count with runc"
	# It makes processes without a pause, also while criu ends.
	counting "${COUNT/0.05/0.001}"
	checkpoint_ok
	config '.linux.resources.pids.limit = 2'
	restore_ok
	goes_on "$NEW" 3
}

@test "so is pids.max of linux.resources.unified" {
	needs_criu
	rt_only "criu and its helpers count with runc"
	counting "${COUNT/0.05/0.001}"
	checkpoint_ok
	config '.linux.resources.unified = {"pids.max": "2"}'
	restore_ok
	goes_on "$NEW" 3
	ID=$NEW
	limit_is pids pids.max pids.max 2
}

@test "hooks run when a container is restored" {
	needs_criu
	counting
	checkpoint_ok
	config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "cat >" + $d + "/made"]}],
		poststart: [{path: "/bin/sh", args: ["sh", "-c", "cat >" + $d + "/started"]}]}' --arg d "$BATS_TEST_TMPDIR"
	restore_ok
	status_of "$NEW"
	assert_equal "$(jq .pid "$BATS_TEST_TMPDIR/made")" "$container_pid"
	is_rt || return 0
	assert_equal "$(jq .pid "$BATS_TEST_TMPDIR/started")" "$container_pid"
}

@test "a hook that fails stops the restore, and nothing is left" {
	needs_criu
	counting
	checkpoint_ok
	config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]}'
	restore_fails
	assert_rt_says "hooks.createRuntime[0]"
}

# bats test_tags=systemd
@test "systemd makes the cgroup of a restored container, on a host whose mounts are shared" {
	needs_criu
	[ -d /run/systemd/system ] || lacks systemd "this host was not booted with systemd"
	[ "$RT_TEST_ISOLATED" = no ] || lacks systemd "systemd does not know the pids of a namespace: RT_TEST_HOST=1"
	RT_GLOBAL=(--systemd-cgroup)
	counting "$COUNT" '.linux.cgroupsPath = "system.slice:x:\($id)"' --arg id "$ID"
	checkpoint_ok
	! is_rt || rt_ok delete "$ID" # runc does so itself
	config '.linux.cgroupsPath = "system.slice:x:\($id)"' --arg id "$NEW"
	piped "$LOG.new" restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW"
	if is_rt; then # runc 1.1 restores into the old cgroup
		status_of "$NEW"
		grep -q "/system.slice/x-$NEW.scope\$" "/proc/$container_pid/cgroup" || fail "it is in $(<"/proc/$container_pid/cgroup")"
		assert_equal "$(systemctl show --value -p ActiveState "x-$NEW.scope")" active
	fi
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
	rt_ok delete --force "$NEW"
}

# --- what is mounted, and who it is ---------------------------------------------------

@test "bind mounts, hidden paths and a read-only root are there again" {
	needs_criu
	mkdir -p "$BATS_TEST_TMPDIR/src/below"
	echo data >"$BATS_TEST_TMPDIR/src/file"
	counting "$COUNT" '.root.readonly = true | .mounts += [
		{destination: "/data", source: $s, type: "bind", options: ["rbind", "rw"]},
		{destination: "/ro", source: $s, type: "bind", options: ["bind", "ro", "nosuid"]},
		{destination: "/etc/one", source: ($s + "/file"), type: "bind", options: ["bind"]}]' --arg s "$BATS_TEST_TMPDIR/src"
	checkpoint_ok
	restore_ok
	rt_ok exec "$NEW" sh -c 'echo more >/data/new; cat /ro/new /etc/one; echo x 2>/dev/null >/ro/x; echo x 2>/dev/null >/x; cat /proc/kcore; ls /sys/firmware; echo 1 2>/dev/null >/proc/sys/kernel/panic; exit 0'
	assert_out $'more\ndata'
	refute test -e "$BATS_TEST_TMPDIR/src/x"
	is_rt || return 0
	refute test -e "$ROOTFS/x"
	[[ "$(mount_line /ro "$(container_pid_of "$NEW")")" == *' ro,nosuid'* ]] || fail "$(mount_line /ro "$container_pid")"
}

container_pid_of() {
	status_of "$1"
	echo "$container_pid"
}

@test "a bind mount that config.json has no more is named" {
	needs_criu
	rt_only "its words"
	counting "$COUNT" '.mounts += [{destination: "/data", source: "/usr", type: "bind", options: ["bind"]}]'
	checkpoint_ok
	config 'del(.mounts[-1])'
	restore_fails
	assert_rt_says "bind mount at /data"
}

@test "a seccomp filter, no_new_privs and capabilities are what they were" {
	needs_criu
	counting "$COUNT" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdirat", "mkdir"], action: "SCMP_ACT_ERRNO"}]}
		| .process.noNewPrivileges = true'
	status_of
	local before
	before=$(grep -E '^(Cap|NoNew|Seccomp:|Uid|Gid|Groups)' "/proc/$container_pid/status")
	checkpoint_ok
	restore_ok
	status_of "$NEW"
	rt_only "no_new_privs is not restored by criu 3.17"
	assert_equal "$(grep -E '^(Cap|NoNew|Seccomp:|Uid|Gid|Groups)' "/proc/$container_pid/status")" "$before"
}

@test "a container in a user namespace is restored in one" {
	needs_criu
	use_userns
	counting
	checkpoint_ok
	restore_ok
	status_of "$NEW"
	assert_equal "$(tr -s ' ' <"/proc/$container_pid/uid_map")" " 0 100000 65536"
	goes_on "$NEW" 3
	rt_ok exec "$NEW" id -u
	assert_out 0
}

@test "a network namespace that is joined is joined again, and one of its own has lo up" {
	needs_criu
	counting
	checkpoint_ok
	restore_ok
	rt_only "runc leaves it down"
	status_of "$NEW"
	[[ $(nsenter -t "$container_pid" -n ip -o link show lo) == *,UP* ]] || fail "lo is down"
}

@test "a network namespace given by path is left alone" {
	needs_criu
	in_background unshare --net sleep 1000
	local ns=/proc/$BG/ns/net
	wait_for 5 eval '[ "$(readlink '"$ns"')" != "$(readlink /proc/self/ns/net)" ]'
	counting "$COUNT" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$ns"
	checkpoint_ok
	restore_ok
	status_of "$NEW"
	assert_equal "$(readlink "/proc/$container_pid/ns/net")" "$(readlink "$ns")"
}

@test "a container on a terminal gets a new one" {
	needs_criu
	local sock=$BATS_TEST_TMPDIR/tty.sock
	in_background "$BIN/recvtty" tty "$sock" "$BATS_TEST_TMPDIR/tty"
	wait_for 5 test -S "$sock"
	script "$COUNT" '.process.terminal = true'
	rt_ok run --detach --bundle "$BUNDLE" --console-socket "$sock" "$ID"
	wait_output "$BATS_TEST_TMPDIR/tty" 3
	checkpoint_ok
	rm -f "$sock"
	in_background "$BIN/recvtty" tty "$sock" "$BATS_TEST_TMPDIR/tty.new"
	wait_for 5 test -S "$sock"
	elsewhere
	rt_ok restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" --console-socket "$sock" "$NEW"
	wait_output "$BATS_TEST_TMPDIR/tty.new" '[0-9]'
}

@test "output to a file of the host goes on in that file" {
	needs_criu
	rt_only "runc's criu refuses such a file"
	local lines
	script "$COUNT"
	rt_ok run --detach --bundle "$BUNDLE" "$ID"
	LOG=$OUT
	wait_output "$LOG" 3
	checkpoint_ok
	lines=$(wc -l <"$LOG")
	elsewhere
	"$RUNTIME" --root "$STATE" restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW" \
		</dev/null >>"$LOG" 2>>"$ERR" 3>&- || fail "$(<"$ERR")"
	goes_on "$NEW" "$lines"
	assert_equal "$(sed -n "$((lines + 1))p" "$LOG")" "$((lines + 1))"
}

@test "established connections are refused, and with --tcp-established they go on" {
	needs_criu
	rt_only "runc leaves lo down"
	command -v iptables-restore >/dev/null || lacks criu "criu takes iptables to lock connections"
	counting 'sleep 1000 | busybox nc -l -p 5000 >/dev/shm/got & sleep 0.3; echo 3; i=0
		(while :; do i=$((i + 1)); echo $i; sleep 0.1; done) | busybox nc 127.0.0.1 5000'
	wait_for 10 eval 'status_of; [ -s /proc/$container_pid/root/dev/shm/got ]'
	checkpoint
	assert_fails tcp-established
	assert_status running
	checkpoint_ok --tcp-established
	restore_ok --tcp-established
	status_of "$NEW"
	local had
	had=$(wc -l <"/proc/$container_pid/root/dev/shm/got")
	wait_for 20 eval '[ "$(wc -l </proc/$container_pid/root/dev/shm/got)" -gt '"$had"' ]' || fail "nothing arrives"
}

@test "memory stays where it is until it is used with --lazy-pages" {
	needs_criu
	local told=$BATS_TEST_TMPDIR/told
	counting
	# shellcheck disable=SC2016
	in_background bash -c 'exec 9>"$0"; exec "$@"' "$told" "$RUNTIME" --root "$STATE" checkpoint --lazy-pages \
		--page-server 127.0.0.1:27277 --status-fd 9 --image-path "$IMG" --work-path "$WORK" "$ID"
	wait_for 20 test -s "$told" || fail "$(<"$BG_OUT")"
	assert_equal "$(od -An -tx1 <"$told")" " 00"
	in_background criu lazy-pages --images-dir "$IMG" --work-dir "$WORK" --page-server --address 127.0.0.1 --port 27277
	wait_for 20 test -S "$WORK/lazy-pages.socket" || fail "$(<"$BG_OUT")"
	restore_ok --lazy-pages
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
}
