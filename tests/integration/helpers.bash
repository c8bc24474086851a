# Shared by every suite: `load helpers` gives a test a bundle in $BUNDLE, a
# container id in $ID, and a host that is compared before and after.
#
# Harness rule: nothing that a runtime starts may hold a pipe of the harness, or
# the harness waits for the container. So every call writes to files.

: "${RUNTIME:?use scripts/test-integration.sh}"
: "${RT_TEST_CACHE:?use scripts/test-integration.sh}"
BIN=$RT_TEST_CACHE/bin
TESTDATA=$BATS_TEST_DIRNAME/../testdata
# shellcheck source=oracle.bash
source "${BASH_SOURCE[0]%/*}/oracle.bash"
# shellcheck source=tests/bats.bash
source "${BASH_SOURCE[0]%/*}/../bats.bash"

setup_file() {
	setup_host
}

setup_host() {
	# A process in a user namespace must be able to reach its rootfs.
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* 2>/dev/null || true
	mkdir -p -m 0711 "$BATS_FILE_TMPDIR/state"
	CGROUP_BASES=$(cgroup_bases)
	HOST_FIXED=$(host_fixed)
	export CGROUP_BASES HOST_FIXED
}

teardown_file() {
	teardown_host
}

teardown_host() {
	local left
	left=$(find /sys/fs/cgroup -type d -name "rt-$RT_TEST_TAG-*" 2>/dev/null)
	[ -z "$left" ] || { echo "cgroups left: $left"; return 1; }
	left=$(host_fixed)
	[ "$left" = "$HOST_FIXED" ] || { echo "HOST CHANGED: $left, was $HOST_FIXED"; return 1; }
}

setup() {
	setup_test
}

setup_test() {
	STATE=$BATS_FILE_TMPDIR/state
	ID=rt-$RT_TEST_TAG-$BATS_TEST_NUMBER
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	CONFIG=$BUNDLE/config.json
	ROOTFS=$BUNDLE/rootfs
	umask 0022
	untraced
	CALLS=0
	BACKGROUND=()
	oracle_before
	setup_bundle
}

# Containers go first, by force; then the host must be what it was.
teardown() {
	teardown_test
}

teardown_test() {
	[ -n "${STATE:-}" ] || return 0 # skipped in setup
	local dir pid rc=0
	for pid in "${BACKGROUND[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	for dir in "$STATE"/*/; do
		[ -d "$dir" ] || continue
		timeout -k 1 10 "$RUNTIME" --root "$STATE" delete --force "$(basename "$dir")" \
			</dev/null >"$BATS_TEST_TMPDIR/teardown" 2>&1 ||
			{ echo "delete --force $(basename "$dir"): $(<"$BATS_TEST_TMPDIR/teardown")"; rc=1; }
	done
	oracle_after || rc=1
	[ $rc -eq 0 ] || clear_cgroups
	return $rc
}

# One hierarchy of the host at a time has hugetlb, and crun wants it to be one of v1:
# tests that need it to be somewhere take turns. Held until the test ends.
lock_hugetlb() {
	exec {HUGETLB}>"$RT_TEST_CACHE/hugetlb.lock"
	flock "$HUGETLB"
}

# --- the bundle ---------------------------------------------------------------

# setup_bundle: config.json and a private copy of a small busybox rootfs.
setup_bundle() {
	cp -a "$RT_TEST_BUNDLE" "$BUNDLE"
}

# config FILTER [JQ-OPTION...]: edit config.json.
config() {
	local filter=$1
	shift
	local text
	text=$(jq "$filter" "$CONFIG" "$@")
	printf '%s\n' "$text" >"$CONFIG"
}

# args WORD...: what the container runs.
args() {
	config '.process.args = $ARGS.positional' --args -- "$@"
}

# script TEXT [FILTER]: the container runs a shell script; also apply FILTER.
script() {
	config '.process.args = ["sh", "-c", $text] | '"${2:-.}" --arg text "$1"
}

# A user namespace of 65536 ids from 100000, and a rootfs that its root owns.
use_userns() {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chown -R -h 100000:100000 "$ROOTFS"
}

# --- calling the runtime --------------------------------------------------------

# rt ARG...: call the runtime; sets status, stdout, stderr, output, elapsed (ms).
# OUT and ERR are the files; RT_STDIN, RT_TIMEOUT and the arrays RT_GLOBAL (flags
# before the command) and RT_WRAP (a command that runs the runtime) change the call.
rt() {
	local start
	CALLS=$((CALLS + 1))
	OUT=$BATS_TEST_TMPDIR/out.$CALLS
	ERR=$BATS_TEST_TMPDIR/err.$CALLS
	status=0
	start=${EPOCHREALTIME/[.,]/}
	timeout -k 1 "$((${RT_TIMEOUT:-10} * ${RT_TEST_PATIENCE:-1}))" "${RT_WRAP[@]}" "$RUNTIME" --root "$STATE" "${RT_GLOBAL[@]}" "$@" \
		<"${RT_STDIN:-/dev/null}" >"$OUT" 2>"$ERR" || status=$?
	elapsed=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
	reread
	CALL="$*"
	return 0
}

# The container that a call left behind may have written since.
reread() {
	slurp stdout "$OUT"
	slurp stderr "$ERR"
	output=$stdout${stderr:+${stdout:+$'\n'}$stderr}
}

# slurp VARIABLE FILE: the text of the file, as $(<FILE) has it, without NUL bytes and
# newlines at its end, but without a process.
slurp() {
	local part text=
	while IFS= read -r -d '' part; do text+=$part; done <"$2"
	text+=$part
	printf -v "$1" %s "${text%"${text##*[!$'\n']}"}"
}

rt_ok() {
	rt "$@"
	[ "$status" -eq 0 ] || fail "$CALL: exit status $status, want 0"
}

# create [FLAG...]: a container of $BUNDLE. Its output goes to $CREATE_OUT.
create() {
	rt create --bundle "$BUNDLE" "$@" "$ID"
	CREATE_OUT=$OUT
	CREATE_ERR=$ERR
}

create_ok() {
	create "$@"
	[ "$status" -eq 0 ] || fail "create $*: exit status $status, want 0"
}

# run_ok [FLAG...]: run the container of $BUNDLE to its end.
run_ok() {
	rt_ok run --bundle "$BUNDLE" "$@" "$ID"
}

run_container() {
	rt run --bundle "$BUNDLE" "$@" "$ID"
}

# run_script TEXT [FILTER]
run_script() {
	script "$@"
	run_container
}

run_script_ok() {
	script "$@"
	run_ok
}

# in_background COMMAND...: started now, killed after the test. Sets BG to its pid,
# BG_OUT to the file with its output. It holds nothing that bats waits for.
in_background() {
	BG_OUT=$BATS_TEST_TMPDIR/background.${#BACKGROUND[@]}
	exec_background "$@" <"${RT_STDIN:-/dev/null}" >"$BG_OUT" 2>&1 3>&- 4>&- 5>&- 6>&- &
	BG=$!
	BACKGROUND+=("$BG")
}

exec_background() {
	exec "$@"
}

# rt_background ARG...: a call of the runtime that goes on during the test.
rt_background() {
	in_background "$RUNTIME" --root "$STATE" "${RT_GLOBAL[@]}" "$@"
}

# wait_background PID: sets status.
wait_background() {
	status=0
	wait "$1" || status=$?
}

is_rt() {
	[ "${RUNTIME##*/}" = rt ]
}

# on_shared_host [SCRIPT]: further calls see a host whose mounts are all shared, as
# systemd makes them, after SCRIPT changed its mounts. The host's mounts are written
# down before and after the call: assert_shared_host_unchanged.
on_shared_host() {
	# shellcheck disable=SC2016
	RT_WRAP=(unshare --mount --propagation shared sh -c "${1:-:}"'
		cat /proc/self/mountinfo >"$0.before"
		"$@"; rc=$?
		cat /proc/self/mountinfo >"$0.after"
		exit $rc' "$BATS_TEST_TMPDIR/mounts")
}

# on_private_host SCRIPT: the same without propagation.
on_private_host() {
	on_shared_host "$1"
	RT_WRAP[3]=private
}

assert_shared_host_unchanged() {
	diff "$BATS_TEST_TMPDIR/mounts.before" "$BATS_TEST_TMPDIR/mounts.after" || fail "the host's mounts changed"
}

# --- state ------------------------------------------------------------------------

# status_of [ID]: sets container_status and container_pid; "" for no container.
status_of() {
	rt state "${1:-$ID}"
	container_status='' container_pid=0
	[ "$status" -eq 0 ] || return 0
	[[ $stdout =~ \"status\":\ *\"([a-z]+)\" ]]
	container_status=${BASH_REMATCH[1]}
	[[ $stdout =~ \"pid\":\ *([0-9]+) ]]
	container_pid=${BASH_REMATCH[1]}
}

assert_status() {
	status_of "${2:-$ID}"
	[ "$container_status" = "$1" ] || fail "status is '$container_status', want '$1'"
}

# wait_for SECONDS COMMAND...: until it succeeds. RT_TEST_PATIENCE says how many times
# slower than others this machine may be.
wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000 * ${RT_TEST_PATIENCE:-1}))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.02
	done
}

has_status() {
	status_of "$2"
	[ "$container_status" = "$1" ]
}

wait_status() {
	wait_for "${3:-5}" has_status "$1" "${2:-$ID}" || fail "status is '$container_status', want '$1'"
}

file_has() {
	grep -q -e "$2" "$1" 2>/dev/null
}

# wait_output FILE PATTERN
wait_output() {
	wait_for 5 file_has "$1" "$2" || fail "no '$2' in $1: $(<"$1")"
}

# Tens of kilobytes, with what an encoder may take for something special.
# shellcheck disable=SC2034 # used by suites
ANNOTATIONS='([range(2000) | {key: "key.\(.)", value: "value \(.)"}] | from_entries)
	+ {"org.example.text": "<a href=\"x\">&amp; \u2028 \u0001 \\", "org.example.größe": "日本 \ud83d\ude00", "empty": ""}'

# running [FILTER]: the container runs, its configuration changed by FILTER. Sets
# container_pid.
running() {
	[ $# -eq 0 ] || config "$1"
	create_ok
	rt_ok start "$ID"
	status_of
}

# running_script TEXT [FILTER]: the container runs a script that has said "ready". Sets
# container_pid.
running_script() {
	script "$@"
	running
	wait_output "$CREATE_OUT" ready
}

# --- assertions --------------------------------------------------------------------

fail() {
	echo "FAILED: $*"
	echo "runtime call: ${CALL:-} (exit status ${status:-}, ${elapsed:-} ms)"
	echo "stdout: ${stdout:-}"
	echo "stderr: ${stderr:-}"
	return 1
}

# assert_fails [SUBSTRING...]: the last call failed as an error of the runtime, said
# so in one line on stderr, and named each SUBSTRING (upper or lower case).
assert_fails() {
	local word
	[ "$status" -ne 0 ] || fail "$CALL: exit status 0, want a failure"
	[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || fail "$CALL: hung"
	! [[ $output =~ (panic:|goroutine\ [0-9]) ]] || fail "$CALL: panicked"
	for word; do
		[[ ${stderr,,} == *"${word,,}"* ]] || fail "$CALL: error does not say '$word'"
	done
	is_rt || return 0
	[ -n "$stderr" ] || fail "$CALL: failed without a word on stderr"
	[[ $stderr != *$'\n'* ]] || fail "$CALL: more than one line on stderr"
}

# Only where rt is expected to say it.
assert_rt_says() {
	local word
	is_rt || return 0
	for word; do
		[[ ${stderr,,} == *"${word,,}"* ]] || fail "$CALL: error does not say '$word'"
	done
}

# assert_within MS: how long the last call took. On a machine with more to do than
# CPUs the call waits for its turns, so the limit grows with the load.
assert_within() {
	local load cpus limit
	read -r load _ </proc/loadavg
	cpus=$(nproc)
	limit=$(($1 * (1 + 10#${load%.*} / cpus)))
	[ ${#RT_WRAP[@]} -eq 0 ] || limit=$((limit + 500)) # for the wrapper itself
	[ "$elapsed" -le "$limit" ] || fail "$CALL: took $elapsed ms, want at most $1 (load $load)"
}

# assert_out TEXT / assert_line LINE: of the last call's stdout.
assert_out() {
	[ "$stdout" = "$1" ] || fail "stdout is '$stdout', want '$1'"
}

assert_has() {
	local word
	for word; do
		[[ $stdout == *"$word"* ]] || fail "stdout has no '$word'"
	done
}

assert_lacks() {
	local word
	for word; do
		[[ $stdout != *"$word"* ]] || fail "stdout has '$word'"
	done
}

assert_silent() {
	[ -z "$output" ] || fail "$CALL: said something"
}

refute() {
	if "$@"; then
		fail "succeeded: $*"
	fi
}

assert_equal() {
	[ "$1" = "$2" ] || fail "${3:+$3: }got '$1', want '$2'"
}

# mount_line TARGET [PID]: the topmost mount at TARGET as a process sees it, or
# as $stdout (a copy of a mountinfo) has it.
mount_line() {
	local text=$stdout
	[ -z "${2:-}" ] || text=$(<"/proc/$2/mountinfo")
	awk -v t="$1" '$5 == t {l = $0} END {print l; exit l == ""}' <<<"$text" || fail "no mount at $1"
}

# --- what may be skipped --------------------------------------------------------------

# rt_only REASON: other runtimes are not expected to pass.
rt_only() {
	is_rt || skip "rt only: $1"
}

# lacks FEATURE REASON: a skip; a failure where RT_TEST_MUST, words with commas between
# them, says that the host has FEATURE.
lacks() {
	[[ ,${RT_TEST_MUST:-}, != *",$1,"* ]] || fail "$2, and RT_TEST_MUST has $1"
	skip "$2"
}

# needs_kernel VERSION FEATURE: skips on an older kernel alone, so a new kernel
# without the feature is a failure.
needs_kernel() {
	local have
	have=$(uname -r)
	if [ "$(printf '%s\n' "$1" "${have%%-*}" | sort -V | head -1)" != "$1" ]; then
		skip "kernel $have has no $2 (needs $1)"
	fi
}

# needs_config OPTION FEATURE: skips where the kernel says that it was built without.
needs_config() {
	local text=''
	if [ -r /proc/config.gz ]; then
		text=$(zcat /proc/config.gz)
	elif [ -r "/boot/config-$(uname -r)" ]; then
		text=$(<"/boot/config-$(uname -r)")
	fi
	if [[ $text == *"# $1 is not set"* ]]; then
		skip "kernel built without $1: no $2"
	fi
}
