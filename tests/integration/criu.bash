# Shared by the suites that checkpoint and restore, after helpers: a container that
# counts, and what saves it and lets it go on.

setup_file() {
	setup_host
	find_criu
}

# find_criu sets CRIU_CANNOT to why it cannot be used.
find_criu() {
	CRIU_CANNOT=
	# criu asks the kernel what it can do over the loopback device.
	[ "${RT_TEST_ISOLATED:-}" = no ] || ip link set lo up
	if ! command -v criu >/dev/null; then
		CRIU_CANNOT="criu is not installed"
	elif ! timeout $((30 * ${RT_TEST_PATIENCE:-1})) criu check >"$BATS_FILE_TMPDIR/check" 2>&1; then
		CRIU_CANNOT="criu check fails here: $(grep -m1 Error "$BATS_FILE_TMPDIR/check" | tr -d '\n')"
	fi
	export CRIU_CANNOT
}

setup() {
	setup_test
	setup_criu
}

setup_criu() {
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

# elsewhere: the container to be restored has a cgroup of its own. runc 1.1 restores
# into the old one on cgroup v2, and leaves it behind.
elsewhere() {
	is_rt || return 0
	config '.linux.cgroupsPath = "/" + $id' --arg id "$NEW"
}

# restore_ok [FLAG...]: under the id $NEW, with its output in $LOG.new.
restore_ok() {
	elsewhere
	piped "$LOG.new" restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$@" "$NEW" ||
		fail "$(<"$LOG.new") $(grep Error "$WORK/restore.log")"
}

restore_fails() {
	elsewhere
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
	wait_for 20 counts_from "$1" "$2" || fail "$1 does not count on from $2"
}
