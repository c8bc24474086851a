#!/usr/bin/env bats
load helpers

@test "--no-pivot moves the root mount" {
	run_script_ok 'ls / ; cat /proc/self/mountinfo | wc -l' && local pivoted=$stdout
	rt_ok run --no-pivot --bundle "$BUNDLE" "$ID"
	assert_has bin
	assert_lacks boot
}

@test "--no-pivot does not expose the host's /proc and /sys" {
	# runc's own promise: nothing of the old tree is reachable
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"]) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	script 'umount -l /proc/sys 2>/dev/null; umount -l /proc; umount -l /sys; ls /proc /sys'
	rt run --no-pivot --bundle "$BUNDLE" "$ID"
	assert_lacks kernel self
}

@test "the process gets a session keyring of its own" {
	args probe keyring
	run_ok
	local inside=$stdout
	[[ $inside == "keyring serial="* ]] || fail "no keyring"
	[ "${inside%% keyring;*}" != "$("$BIN/probe" keyring | sed 's/ keyring;.*//')" ] || fail "the caller's keyring"
}

@test "--no-new-keyring keeps the caller's session keyring" {
	local mine
	mine=$("$BIN/probe" keyring)
	args probe keyring
	run_ok --no-new-keyring
	[[ ${mine%% keyring;*} == "${stdout%% keyring;*}" ]] || fail "want $mine"
}

@test "--pidfd-socket receives a pidfd of init" {
	rt_only "runc 1.1 has no --pidfd-socket"
	in_background "$BIN/recvtty" pidfd "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/pid"
	wait_for 5 test -S "$BATS_TEST_TMPDIR/s"
	create_ok --pidfd-socket "$BATS_TEST_TMPDIR/s"
	wait_for 5 test -s "$BATS_TEST_TMPDIR/pid"
	status_of
	assert_equal "$(<"$BATS_TEST_TMPDIR/pid")" "$container_pid"
	file_has "$BATS_TEST_TMPDIR/pid.meta" "cmsgs=1 fds=1" || fail "$(<"$BATS_TEST_TMPDIR/pid.meta")"
}

@test "--pidfd-socket without listener fails create and leaves nothing" {
	rt_only "runc 1.1 has no --pidfd-socket"
	create --pidfd-socket /no/such/socket
	assert_fails /no/such/socket
	assert_status ""
}

@test "--systemd-cgroup without systemd is an error that says so" {
	[ ! -d /run/systemd/system ] || skip "systemd runs here"
	RT_GLOBAL=(--systemd-cgroup)
	config '.linux.cgroupsPath = "system.slice:rt:" + $id' --arg id "$ID"
	create
	assert_fails systemd
	assert_within 2000
}

@test "annotations that mean nothing here are kept and do nothing" {
	config '.annotations = {"run.oci.handler": "krun", "org.criu.config": "/x", "org.systemd.property.CollectMode": "\u0027inactive\u0027"}'
	run_ok
}

@test "--rootless takes true, false and auto" {
	local v
	for v in true false auto; do
		RT_GLOBAL=(--rootless "$v")
		run_ok
	done
	RT_GLOBAL=(--rootless=maybe)
	run_container
	assert_fails
}
