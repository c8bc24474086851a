#!/usr/bin/env bats
load helpers

setup_file() {
	setup_host
	CRIU_CANNOT=
	if ! command -v criu >/dev/null; then
		CRIU_CANNOT="criu is not installed"
	elif ! timeout 30 criu check >"$BATS_FILE_TMPDIR/check" 2>&1; then
		CRIU_CANNOT="criu check fails here: $(grep -m1 Error "$BATS_FILE_TMPDIR/check" | tr -d '\n')"
	fi
	export CRIU_CANNOT
}

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	IMG=$BATS_TEST_TMPDIR/img
	WORK=$BATS_TEST_TMPDIR/work
	LOG=$BATS_TEST_TMPDIR/log
	RT_TIMEOUT=60
	NEW=$ID-b
}

needs_criu() {
	[ -z "$CRIU_CANNOT" ] || lacks criu "$CRIU_CANNOT"
}

COUNT='i=0; while :; do i=$((i + 1)); echo $i; echo $i >/dev/shm/i; sleep 0.05; done'

# piped FILE ARG...: a call of the runtime whose output goes through a pipe to FILE, as
# with an engine. A regular file of the host is something else.
piped() {
	local file=$1 to
	shift
	exec {to}> >(exec cat >>"$file" 3>&- 4>&- 5>&- 6>&-)
	status=0
	timeout -k 1 "$RT_TIMEOUT" "$RUNTIME" --root "$STATE" "${RT_GLOBAL[@]}" "$@" </dev/null >&"$to" 2>&1 {to}>&- 3>&- || status=$?
	exec {to}>&-
	CALL="$*" stdout='' stderr='' output=''
	[ "$status" -eq 0 ] || fail "$CALL: exit status $status: $(tail -n 3 "$file")"
}

# counting [SCRIPT [FILTER [JQ-OPTION...]]]: a container that counts to $LOG.
counting() {
	script "${1:-$COUNT}"
	[ $# -lt 2 ] || config "${@:2}"
	piped "$LOG" run --detach --bundle "$BUNDLE" "$ID"
	wait_output "$LOG" 3
}

checkpoint() {
	rt checkpoint --image-path "$IMG" --work-path "$WORK" "$@" "$ID"
}

checkpoint_ok() {
	checkpoint "$@"
	[ "$status" -eq 0 ] || fail "checkpoint $*: $(grep Error "$WORK/dump.log")"
}

# restore_ok [FLAG...]: under the id $NEW, with its output in $LOG.new.
restore_ok() {
	config '.linux.cgroupsPath = "/" + $id' --arg id "$NEW"
	piped "$LOG.new" restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$@" "$NEW" ||
		fail "$(<"$LOG.new") $(grep Error "$WORK/restore.log")"
}

restore_fails() {
	config '.linux.cgroupsPath = "/" + $id' --arg id "$NEW"
	rt restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$@" "$NEW"
	assert_fails
	[ ! -e "$STATE/$NEW" ] || fail "$STATE/$NEW is left"
	[ -z "$(find /sys/fs/cgroup -type d -name "$NEW")" ] || fail "a cgroup is left"
	refute grep -q "$NEW" /proc/self/mountinfo
}

counter_of() {
	status_of "$1"
	cat "/proc/$container_pid/root/dev/shm/i"
}

counts_from() {
	[ "$(counter_of "$1")" -gt "$2" ]
}

# goes_on ID NUMBER: the container counts, and from that number.
goes_on() {
	wait_for 10 counts_from "$1" "$2" || fail "$1 does not count on from $2"
}

# --- what it is for ---------------------------------------------------------------

@test "a checkpointed container stops and goes on where it was when it is restored" {
	needs_criu
	local last first
	counting
	checkpoint_ok
	assert_silent
	wait_for 5 eval '! pgrep -f "echo .i >/dev/shm/i" >/dev/null' || fail "it still runs"
	last=$(tail -n 1 "$LOG")
	sleep 0.3
	assert_equal "$(tail -n 1 "$LOG")" "$last" "the counter"
	restore_ok
	goes_on "$NEW" "$last"
	first=$(head -n 1 "$LOG.new")
	[ "$first" -ge "$last" ] && [ "$first" -le $((last + 1)) ] || fail "stopped at $last, went on at $first"
}

@test "a checkpointed container is stopped and can be deleted" {
	needs_criu
	rt_only "runc deletes it at once"
	counting
	checkpoint_ok
	assert_status stopped
	rt_ok delete "$ID"
	assert_status ''
}

@test "a container can be restored under its own id" {
	needs_criu
	counting
	checkpoint_ok
	NEW=$ID
	restore_ok
	goes_on "$ID" "$(tail -n 1 "$LOG")"
}

@test "with --leave-running the container goes on, and can be restored beside it" {
	needs_criu
	counting
	checkpoint_ok --leave-running --leave-running
	assert_silent
	assert_status running
	goes_on "$ID" "$(counter_of "$ID")"
	restore_ok
	goes_on "$NEW" 3
	assert_status running
}

@test "a paused container is checkpointed and stays paused" {
	needs_criu
	rt_only "runc's criu thaws it"
	counting
	rt_ok pause "$ID"
	checkpoint_ok --leave-running
	assert_status paused
	rt_ok resume "$ID"
	goes_on "$ID" "$(counter_of "$ID")"
}

@test "a checkpoint builds on a pre-dump" {
	needs_criu
	counting
	IMG=$BATS_TEST_TMPDIR/pre
	checkpoint_ok --pre-dump
	assert_status running
	IMG=$BATS_TEST_TMPDIR/img
	checkpoint_ok --parent-path ../pre
	[ -L "$IMG/parent" ] || fail "the images do not name their parent"
	restore_ok
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
}

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
	rt_ok ps "$NEW"
	assert_has "$container_pid"
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
	config '.linux.cgroupsPath = "/" + $id' --arg id "$NEW"
	rt_background restore --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW"
	wait_status running "$NEW" 10
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
	ID=$NEW
	limit_is pids pids.max pids.max 17
	limit_is memory memory.limit_in_bytes memory.max 67108864
	status_of
	grep -q "/$ID\$" "/proc/$container_pid/cgroup" || fail "it is in $(<"/proc/$container_pid/cgroup")"
}

@test "a limit of as many processes as there are is enough" {
	needs_criu
	rt_only "criu's helpers count with runc"
	counting
	checkpoint_ok
	config '.linux.resources.pids.limit = 2'
	restore_ok
	goes_on "$NEW" 3
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
	config '.linux.cgroupsPath = "/" + $id' --arg id "$NEW"
	rt_ok restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" --console-socket "$sock" "$NEW"
	wait_output "$BATS_TEST_TMPDIR/tty.new" '[0-9]'
}

@test "output to a file of the host goes to the file that restore is given" {
	needs_criu
	rt_only "runc's criu refuses such a file"
	script "$COUNT"
	rt_ok run --detach --bundle "$BUNDLE" "$ID"
	wait_output "$OUT" 3
	checkpoint_ok
	config '.linux.cgroupsPath = "/" + $id' --arg id "$NEW"
	rt_ok restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW"
	wait_output "$OUT" '[0-9]'
}

# --- what goes wrong --------------------------------------------------------------------

@test "a dump that fails leaves the container running and says why" {
	needs_criu
	counting "exec 9>/dev/shm/lock; flock 9; $COUNT"
	checkpoint
	assert_fails
	assert_rt_says "file-locks" "$WORK/dump.log"
	assert_status running
	goes_on "$ID" "$(counter_of "$ID")"
	checkpoint_ok --file-locks
	restore_ok --file-locks
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
}

@test "a restore that fails leaves nothing and says why" {
	needs_criu
	counting
	checkpoint_ok
	truncate -s 10 "$IMG"/core-1.img
	restore_fails
	assert_rt_says "core-1" "$WORK/restore.log"
}

@test "a container that is not running cannot be checkpointed" {
	needs_criu
	create_ok
	checkpoint
	assert_fails "created state"
	rt_ok kill "$ID" KILL
	wait_status stopped
	checkpoint
	assert_fails "stopped state"
	rt checkpoint nothere
	assert_fails "does not exist"
}

@test "restore refuses an id that is in use" {
	needs_criu
	counting
	checkpoint_ok --leave-running
	rt restore --detach --bundle "$BUNDLE" --image-path "$IMG" "$ID"
	assert_fails exists
	assert_status running
}

@test "restore refuses images that are not there" {
	needs_criu
	rt restore --detach --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/nothere" "$NEW"
	assert_fails nothere
	mkdir "$IMG"
	rt restore --detach --bundle "$BUNDLE" --image-path "$IMG" "$NEW"
	assert_fails "$IMG"
	assert_status '' "$NEW"
}

@test "values that cannot be meant are refused by name" {
	needs_criu
	rt_only "its words"
	counting
	checkpoint --manage-cgroups-mode most
	assert_fails manage-cgroups-mode most full
	checkpoint --empty-ns pid
	assert_fails empty-ns pid network
	checkpoint --parent-path /abs
	assert_fails parent-path relative
	checkpoint --parent-path ../none
	assert_fails parent-path none
	checkpoint --status-fd 77 --lazy-pages
	assert_fails status-fd 77
	checkpoint --page-server nowhere
	assert_fails page-server ADDRESS:PORT
	rt restore --lsm-profile nothing "$NEW"
	assert_fails lsm-profile apparmor:NAME
	assert_status running
}

@test "without criu the package is named" {
	rt_only "its words"
	RT_WRAP=(env PATH="$BATS_TEST_TMPDIR")
	rt checkpoint "$ID"
	assert_fails "package criu"
	rt restore "$ID"
	assert_fails "package criu"
	RT_WRAP=()
	RT_GLOBAL=(--criu /nowhere/criu)
	rt checkpoint "$ID"
	assert_fails --criu /nowhere/criu
}

@test "checkpoint and restore are told of by --help" {
	rt_ok checkpoint --help
	assert_has --leave-running
	rt_ok restore --help
	assert_has --lsm-profile
	rt restore --lsm-mount-context
	assert_fails "flag needs an argument"
}
