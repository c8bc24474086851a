#!/usr/bin/env bats
load helpers

# tty_socket [INPUT]: a receiver of the terminal, as containerd-shim and conmon have.
tty_socket() {
	SOCK=$BATS_TEST_TMPDIR/tty.sock
	TTY=$BATS_TEST_TMPDIR/tty.out
	in_background "$BIN/recvtty" tty "$SOCK" "$TTY" "$@"
	wait_for 5 test -S "$SOCK"
}

tty_has() {
	wait_output "$TTY" "$1"
}

@test "create sends the terminal's master to the console socket" {
	tty_socket
	script 'echo hello; tty; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all three' '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	assert_silent
	rt_ok start "$ID"
	tty_has hello
	tty_has "all three"
	wait_status stopped
}

@test "the message on the console socket has one control message with one descriptor" {
	tty_socket
	config '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	wait_for 5 test -s "$TTY.meta"
	local meta
	meta=$(<"$TTY.meta")
	[[ $meta =~ ^bytes=([0-9]+)\ cmsgs=1\ fds=1\  ]] || fail "$meta"
	[ "${BASH_REMATCH[1]}" -ge 1 ] && [ "${BASH_REMATCH[1]}" -lt 4096 ] || fail "$meta"
}

@test "create does not wait for an answer of the console socket's owner" {
	# go-runc accepts only when create has ended: a listener that never accepts.
	SOCK=$BATS_TEST_TMPDIR/tty.sock
	in_background "$BIN/recvtty" tty "$SOCK" "$BATS_TEST_TMPDIR/x"
	wait_for 5 test -S "$SOCK"
	kill -STOP "$BG"
	config '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	assert_within 2000
	kill -CONT "$BG"
}

@test "with a terminal nothing keeps the caller's stdin, stdout and stderr" {
	tty_socket
	script 'sleep 1000' '.process.terminal = true'
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# cat ends when the last writer is gone.
	in_background cat "$BATS_TEST_TMPDIR/pipe"
	"$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" --console-socket "$SOCK" "$ID" \
		</dev/null >"$BATS_TEST_TMPDIR/pipe" 2>&1 3>&-
	wait_for 2 eval '! kill -0 $BG 2>/dev/null' || fail "somebody holds the pipe"
	assert_status created
}

@test "init is on the terminal before create ends" {
	tty_socket
	config '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	status_of
	local fd
	for fd in 0 1 2; do
		[[ $(readlink "/proc/$container_pid/fd/$fd") == /dev/pts/* || $(readlink "/proc/$container_pid/fd/$fd") == /dev/console || $(readlink "/proc/$container_pid/fd/$fd") == /[0-9]* ]] ||
			fail "fd $fd is $(readlink "/proc/$container_pid/fd/$fd")"
	done
}

@test "the terminal is the controlling terminal and its foreground group is the process" {
	tty_socket
	config '.process.terminal = true'
	args probe session
	create_ok --console-socket "$SOCK"
	rt_ok start "$ID"
	tty_has 'pid=1 sid=1 pgid=1 fgpgid=1 ctty=yes'
}

@test "input typed at the terminal reaches the program" {
	tty_socket $'hello\n'
	script 'read x; echo "got <$x>"' '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	rt_ok start "$ID"
	tty_has 'got <hello>'
}

@test "/dev/console is the terminal" {
	tty_socket
	script 'stat -c "%F" /dev/console; echo via console >/dev/console; cat /proc/self/mountinfo' '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	rt_ok start "$ID"
	tty_has 'character special file'
	tty_has 'via console'
	tty_has ' /dev/console .* devpts '
}

@test "without a terminal there is no /dev/console from the host" {
	run_script_ok 'ls -l /dev/console 2>/dev/null; cat /proc/self/mountinfo'
	assert_lacks " /dev/console "
}

@test "consoleSize is the terminal's size from the start" {
	tty_socket
	config '.process.terminal = true | .process.consoleSize = {height: 33, width: 111}'
	args probe winsize
	create_ok --console-socket "$SOCK"
	rt_ok start "$ID"
	tty_has 'winsize 33x111'
}

@test "consoleSize without a terminal is ignored" {
	config '.process.consoleSize = {height: 33, width: 111}'
	run_script_ok 'echo up'
	assert_out up
}

@test "the terminal belongs to the user" {
	tty_socket
	script 'stat -c "owner %u" $(tty); echo ok >$(tty)' '.process.terminal = true | .process.user = {uid: 1000, gid: 1000}'
	create_ok --console-socket "$SOCK"
	rt_ok start "$ID"
	tty_has 'owner 1000'
	tty_has '^ok'
}

@test "a terminal works in a user namespace" {
	use_userns
	tty_socket
	script 'tty; stat -c "owner %u" $(tty); probe session' '.process.terminal = true'
	create_ok --console-socket "$SOCK"
	rt_ok start "$ID"
	tty_has '/dev/'
	tty_has 'owner 0'
	tty_has 'ctty=yes'
}

@test "create with a terminal and without a console socket is refused" {
	config '.process.terminal = true'
	create
	assert_fails "console socket"
}

@test "create with a console socket and without a terminal is refused" {
	tty_socket
	create --console-socket "$SOCK"
	assert_fails "console"
}

@test "run --detach with a terminal and without a console socket is refused" {
	config '.process.terminal = true'
	run_container --detach
	assert_fails "console socket"
}

@test "run --detach with a console socket sends the terminal" {
	tty_socket
	script 'echo hello' '.process.terminal = true'
	run_ok --detach --console-socket "$SOCK"
	tty_has hello
}

@test "run in the foreground with a console socket is refused" {
	tty_socket
	config '.process.terminal = true'
	run_container --console-socket "$SOCK"
	assert_fails "console"
}

@test "a console socket that does not exist, is a file or has no listener is refused" {
	config '.process.terminal = true'
	create --console-socket /no/such/socket
	assert_fails "/no/such/socket" "no such file or directory"
	touch "$BATS_TEST_TMPDIR/file"
	create --console-socket "$BATS_TEST_TMPDIR/file"
	assert_fails "$BATS_TEST_TMPDIR/file"
	assert_within 1000
}

@test "the connection to the console socket is closed when create fails" {
	tty_socket
	config '.process.terminal = true'
	args nosuchcommand
	create --console-socket "$SOCK"
	assert_fails nosuchcommand
	wait_for 2 eval '! kill -0 $BG 2>/dev/null' || fail "the receiver still waits"
}

@test "the path of a console socket may be longer than an address" {
	rt_only "runc 1.1 dials the path as it is"
	local dir=$BATS_TEST_TMPDIR/$(printf 'd%.0s' {1..120})
	mkdir "$dir"
	cd "$dir"
	in_background "$BIN/recvtty" tty s "$BATS_TEST_TMPDIR/tty.out"
	wait_for 5 test -S s
	cd /
	config '.process.terminal = true'
	create_ok --console-socket "$dir/s"
	rt_ok delete --force "$ID"
}
