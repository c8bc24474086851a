#!/usr/bin/env bats
load helpers

@test "NOTIFY_SOCKET reaches the container and READY=1 comes back" {
	in_background "$BIN/recvtty" dgram "$BATS_TEST_TMPDIR/n" "$BATS_TEST_TMPDIR/got" 9
	local receiver=$BG
	wait_for 5 test -S "$BATS_TEST_TMPDIR/n"
	script 'echo "socket $NOTIFY_SOCKET"; probe notify READY=1; sleep 1000'
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/n rt_background run --bundle "$BUNDLE" "$ID"
	wait_output "$BG_OUT" "notify ok"
	wait_output "$BATS_TEST_TMPDIR/got" READY=1
	grep -q '^socket /' "$BG_OUT" || fail "no NOTIFY_SOCKET inside"
	refute grep -q "^socket $BATS_TEST_TMPDIR" "$BG_OUT"
}

@test "NOTIFY_SOCKET works for create and start" {
	in_background "$BIN/recvtty" dgram "$BATS_TEST_TMPDIR/n" "$BATS_TEST_TMPDIR/got" 9
	wait_for 5 test -S "$BATS_TEST_TMPDIR/n"
	script 'probe notify READY=1; sleep 1000'
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/n create_ok
	# start waits for READY=1
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/n rt_ok start "$ID"
	wait_output "$BATS_TEST_TMPDIR/got" READY=1
}

@test "without NOTIFY_SOCKET the container has none" {
	run_script_ok 'echo "<$NOTIFY_SOCKET>"'
	assert_out "<>"
}
