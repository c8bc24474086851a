# shellcheck shell=bash
# `load lib`: what the cases of containerd share.

# shellcheck source=tests/engines/lib.bash
source "$E_HOME/lib.bash"

RUN=(--runtime io.containerd.runc.v2 --runc-binary "$E_BIN")

# ctr passes SIGTERM on to the container, so what hangs takes SIGKILL.
ctr() { timeout -s KILL $((40 * ${RT_TEST_PATIENCE:-1})) ctr "$@"; }

setup() {
	untraced
	C=c$BATS_SUITE_TEST_NUMBER
}

# What a case leaves, also when it fails, goes. Ids of a case begin with $C.
teardown() {
	local id
	for id in $(ctr task ls -q | grep -E "^$C(-|\$)"); do
		ctr task kill --all --signal KILL "$id" >/dev/null 2>&1 || true
		wait_for 5 task_is "$id" STOPPED || true
		ctr task delete --force "$id" >/dev/null 2>&1 || true
	done
	for id in $(ctr container ls -q | grep -E "^$C(-|\$)"); do ctr container delete "$id" >/dev/null; done
}

# run_rm [FLAG...] -- COMMAND...: to its end, and nothing of it stays.
run_rm() {
	local flags=()
	while [ "$1" != -- ]; do flags+=("$1"); shift; done
	shift
	call ctr run --rm "${RUN[@]}" "${flags[@]}" "$BUSYBOX" "$C" "$@"
}

run_ok() {
	run_rm "$@"
	[ "$status" -eq 0 ] || fail "exit status $status, want 0"
}

# detached ID [FLAG...] -- COMMAND...: its output goes to $LOG.
detached() {
	local id=$1 flags=()
	shift
	LOG=$BATS_TEST_TMPDIR/$id.log
	while [ "$1" != -- ]; do flags+=("$1"); shift; done
	shift
	ok ctr run -d --log-uri "file://$LOG" "${RUN[@]}" "${flags[@]}" "$BUSYBOX" "$id" "$@"
}

task_status() { ctr task ls | awk -v id="$1" '$1 == id {print $3}'; }

task_is() { [ "$(task_status "$1")" = "$2" ]; }

task_pid() { ctr task ls | awk -v id="$1" '$1 == id {print $2}'; }

log_has() { grep -q -e "$1" "$LOG"; }

# ends_with STATUS ID: the task, which has ended, is deleted.
ends_with() {
	ok ctr task delete "$2"
	if [ "$1" -eq 0 ]; then
		equal "$stderr" ""
	else
		says "exit with non-zero exit code $1\""
	fi
}

exec_in() {
	local id=$1
	shift
	call ctr task exec --exec-id "e$RANDOM$RANDOM" "$id" "$@"
}
