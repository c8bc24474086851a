#!/usr/bin/env bats
# process.apparmorProfile where AppArmor is in force.
# bats file_tags=apparmor
load helpers
load criu

setup_file() {
	setup_host
	find_criu
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || return 0
	# What is not said is denied; a file named secret is denied to one of the two.
	local name
	for name in "rt-open-$RT_TEST_TAG" "rt-strict-$RT_TEST_TAG"; do
		printf 'profile %s flags=(attach_disconnected,mediate_deleted) {\n\tfile,\n\tcapability,\n\tnetwork,\n\tsignal,\n\tunix,\n' "$name"
		[[ $name == rt-open-* ]] || printf '\tdeny /**/secret rwx,\n\tdeny /secret rwx,\n\tdeny capability sys_chroot,\n'
		printf '}\n'
	done >"$BATS_FILE_TMPDIR/profiles"
	apparmor_parser --replace --skip-cache "$BATS_FILE_TMPDIR/profiles"
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/profiles" ] || apparmor_parser --remove "$BATS_FILE_TMPDIR/profiles"
	teardown_host
}

setup() {
	[ -e "$BATS_FILE_TMPDIR/profiles" ] || lacks apparmor "AppArmor is not enabled on this host"
	setup_test
	OPEN=rt-open-$RT_TEST_TAG STRICT=rt-strict-$RT_TEST_TAG
	echo hidden >"$ROOTFS/secret"
	config '.process.apparmorProfile = $profile' --arg profile "$STRICT"
}

@test "the process is confined by its profile" {
	run_script_ok 'cat /proc/self/attr/current'
	assert_out "$STRICT (enforce)"
}

@test "what the profile denies is denied, and nothing else" {
	run_script_ok 'cat /secret 2>&1; cat /etc/passwd >/dev/null && echo read'
	assert_out $'cat: can\'t open \'/secret\': Permission denied\nread'
}

@test "without a profile the process is not confined" {
	config 'del(.process.apparmorProfile)'
	run_script_ok 'cat /proc/self/attr/current /secret'
	assert_out $'unconfined\nhidden'
}

@test "a profile that is not loaded fails, with its name" {
	config '.process.apparmorProfile = "rt-nowhere"'
	run_container
	assert_fails
	assert_rt_says apparmor rt-nowhere
}

@test "exec has the container's profile, or the one it asks for" {
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/attr/current
	assert_out "$STRICT (enforce)"
	rt exec "$ID" cat /secret
	[ "$status" -eq 1 ] || fail "read it"
	rt_ok exec --apparmor "$OPEN" "$ID" cat /proc/self/attr/current /secret
	assert_out "$OPEN (enforce)"$'\nhidden'
}

@test "the profile is entered with noNewPrivileges and without" {
	config '.process.noNewPrivileges = true'
	run_script_ok 'cat /proc/self/attr/current'
	assert_out "$STRICT (enforce)"
	config '.process.noNewPrivileges = false'
	run_script_ok 'cat /proc/self/attr/current'
	assert_out "$STRICT (enforce)"
}

@test "the profile is entered by a user without capabilities, and in a user namespace" {
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	run_script_ok 'cat /proc/self/attr/current'
	assert_out "$STRICT (enforce)"
	use_userns
	run_script_ok 'cat /proc/self/attr/current'
	assert_out "$STRICT (enforce)"
}

@test "the profile confines neither the runtime nor its hooks" {
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $text]}]' \
		--arg text "cat /proc/self/attr/current >$BATS_TEST_TMPDIR/hook"
	run_script_ok true
	assert_equal "$(<"$BATS_TEST_TMPDIR/hook")" unconfined
}

@test "a restored process is confined as it was, or by --lsm-profile" {
	needs_criu
	setup_criu
	counting
	checkpoint_ok
	restore_ok
	rt_ok exec "$NEW" cat /proc/1/attr/current
	assert_out "$STRICT (enforce)"
	rt_ok delete --force "$NEW"
	restore_ok --lsm-profile "apparmor:$OPEN"
	rt_ok exec "$NEW" cat /proc/1/attr/current
	assert_out "$OPEN (enforce)"
}

@test "images without the profile of config.json are not restored" {
	needs_criu
	rt_only "runc restores what the images say"
	setup_criu
	config 'del(.process.apparmorProfile)'
	counting
	checkpoint_ok
	config '.process.apparmorProfile = $profile' --arg profile "$STRICT"
	restore_fails
	assert_rt_says process.apparmorProfile "$STRICT" unconfined --lsm-profile
	refute test -s "$LOG.new"
}
