# shellcheck shell=bash
# `load ../lib` gives a case what cases of all engines use.
#
# E_ENGINE, E_RUNTIME ("rt", or the reference's name), E_BIN (its binary), E_DIR (the
# engine's directory) and E_HOME come from tests/engines/run.

: "${E_RUNTIME:?use tests/engines/run}"
# shellcheck source=tests/engines/host.bash
source "$E_HOME/host.bash"
# shellcheck source=tests/bats.bash
source "$E_HOME/../bats.bash"
# shellcheck source=tests/engines/images.bash
source "$E_HOME/images.bash"
# shellcheck source=/dev/null
source "$E_HOME/$E_ENGINE/engine.bash"

is_rt() { [ "$E_RUNTIME" = rt ]; }

fail() {
	echo "FAILED: $*"
	echo "call: ${CALL:-} (exit status ${status:-})"
	echo "stdout: ${stdout:-}"
	echo "stderr: ${stderr:-}"
	return 1
}

# call COMMAND...: sets status, stdout and stderr. What it starts holds no pipe of bats.
call() {
	CALL=$*
	status=0
	"$@" </dev/null >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- 4>&- || status=$?
	stdout=$(<"$BATS_TEST_TMPDIR/stdout")
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

ok() {
	call "$@"
	[ "$status" -eq 0 ] || fail "exit status $status, want 0"
}

# fails STATUS COMMAND...
fails() {
	local want=$1
	shift
	call "$@"
	[ "$status" -eq "$want" ] || fail "exit status $status, want $want"
}

# is TEXT: the last call's stdout.
is() { [ "$stdout" = "$1" ] || fail "stdout is '$stdout', want '$1'"; }

# says TEXT...: the last call's stdout or stderr has each.
says() {
	local word
	for word; do
		[[ $stdout$'\n'$stderr == *"$word"* ]] || fail "no '$word'"
	done
}

# line TEXT...: stdout has each as a whole line.
line() {
	local text
	for text; do
		[[ $'\n'${stdout//$'\r'/}$'\n' == *$'\n'"$text"$'\n'* ]] || fail "no line '$text'"
	done
}

refute_says() {
	local word
	for word; do
		[[ $stdout$'\n'$stderr != *"$word"* ]] || fail "has '$word'"
	done
}

refuted() { ! "$@" >/dev/null 2>&1; }

equal() { [ "$1" = "$2" ] || fail "${3:+$3: }got '$1', want '$2'"; }

# matches REGEX: the last call's stdout.
matches() { [[ $stdout =~ $1 ]] || fail "stdout does not match '$1'"; }

# eventually SECONDS COMMAND...
eventually() { wait_for "$@" || fail "not within $1 s: ${*:2}"; }

# pauses COMMAND...: runc 1.1 gives up on a v1 freezer while processes are being forked,
# and may be asked again.
pauses() {
	is_rt || eventually 10 "$@" 2>/dev/null
	! is_rt || ok "$@"
}

# --- a terminal ------------------------------------------------------------------------
#
# tty_start COMMAND...; tty_await TEXT; tty_send TEXT; ...; tty_end sets status, stdout.

# The command gets a terminal of 100 columns and 30 lines.
tty_start() {
	local cmd
	CALL=$*
	stderr=
	TTY_OUT=$BATS_TEST_TMPDIR/tty.out
	rm -f "$BATS_TEST_TMPDIR/tty.in"
	mkfifo "$BATS_TEST_TMPDIR/tty.in"
	printf -v cmd '%q ' "$@"
	timeout -k 1 60 script -qec "stty cols 100 rows 30; exec $cmd" /dev/null \
		<"$BATS_TEST_TMPDIR/tty.in" >"$TTY_OUT" 2>&1 3>&- 4>&- &
	TTY_PID=$!
	exec 7>"$BATS_TEST_TMPDIR/tty.in"
}

# tty_send TEXT: as printf's %b, so \n is Enter and \003 is Ctrl-C.
tty_send() { printf '%b' "$1" >&7; }

tty_has() { grep -q -F -e "$1" "$TTY_OUT"; }

tty_await() { wait_for "${2:-10}" tty_has "$1" || fail "the terminal shows no '$1': $(<"$TTY_OUT")"; }

tty_end() {
	status=0
	wait "$TTY_PID" || status=$?
	exec 7>&-
	stdout=$(tr -d '\r' <"$TTY_OUT")
}
