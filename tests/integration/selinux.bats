#!/usr/bin/env bats
# process.selinuxLabel and linux.mountLabel where SELinux is enforcing, with the types
# of tests/vm/guest/rt.cil: rt_container_t may write files of rt_file_t, rt_other_t may
# read them, and neither may read others.
# bats file_tags=selinux
load helpers

CONTAINER=system_u:system_r:rt_container_t:s0
OTHER=system_u:system_r:rt_other_t:s0
FILES=system_u:object_r:rt_file_t:s0

setup() {
	[ "$(cat /sys/fs/selinux/enforce 2>/dev/null)" = 1 ] || lacks selinux "SELinux is not enforcing on this host"
	runcon "$CONTAINER" true 2>"$BATS_TEST_TMPDIR/runcon" || ! grep -q 'invalid context' "$BATS_TEST_TMPDIR/runcon" ||
		lacks selinux "the policy of this host has no type rt_container_t"
	setup_test
	chcon -R "$FILES" "$ROOTFS"
	config '.process.selinuxLabel = $process | .linux.mountLabel = $files' --arg process "$CONTAINER" --arg files "$FILES"
}

@test "the process has its label" {
	run_script_ok 'tr -d "\0" </proc/self/attr/current'
	assert_out "$CONTAINER"
}

@test "without a label the process has the caller's" {
	local mine
	mine=$(tr -d '\0' </proc/self/attr/current)
	config 'del(.process.selinuxLabel, .linux.mountLabel)'
	run_script_ok 'tr -d "\0" </proc/self/attr/current'
	assert_out "$mine"
}

@test "what the policy denies is denied, and nothing else" {
	echo hidden >"$ROOTFS/secret"
	chcon -t shadow_t "$ROOTFS/secret"
	config '.root.readonly = false'
	run_script_ok 'cat /secret 2>&1; head -n 1 /etc/passwd; echo new >/new; cat /new'
	assert_out $'cat: can\'t open \'/secret\': Permission denied\nroot:x:0:0:root:/root:/bin/sh\nnew'
	config '.process.selinuxLabel = $process' --arg process "$OTHER"
	run_script_ok 'cat /secret 2>&1; cat /new; (echo newer >/new) 2>&1; true'
	assert_out $'cat: can\'t open \'/secret\': Permission denied\nnew\nsh: can\'t create /new: Permission denied'
}

@test "a label that the policy does not know fails, with its name" {
	config '.process.selinuxLabel = "system_u:system_r:rt_nowhere_t:s0"'
	run_container
	assert_fails
	assert_rt_says process.selinuxLabel rt_nowhere_t "the policy of SELinux"
	config '.process.selinuxLabel = $process | .linux.mountLabel = "system_u:object_r:rt_nowhere_t:s0"' --arg process "$CONTAINER"
	run_container
	assert_fails
	assert_rt_says linux.mountLabel rt_nowhere_t "the policy of SELinux"
}

@test "exec has the container's label, or the one it asks for" {
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" sh -c 'tr -d "\0" </proc/self/attr/current'
	assert_out "$CONTAINER"
	rt_ok exec --process-label "$OTHER" "$ID" sh -c 'tr -d "\0" </proc/self/attr/current'
	assert_out "$OTHER"
	rt exec --process-label system_u:system_r:rt_nowhere_t:s0 "$ID" true
	assert_fails
	assert_rt_says rt_nowhere_t
}

@test "the label is entered with noNewPrivileges and without" {
	config '.process.noNewPrivileges = true'
	run_script_ok 'tr -d "\0" </proc/self/attr/current'
	assert_out "$CONTAINER"
	config '.process.noNewPrivileges = false'
	run_script_ok 'tr -d "\0" </proc/self/attr/current'
	assert_out "$CONTAINER"
}

@test "the label is entered by a user without capabilities, and in a user namespace" {
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	run_script_ok 'tr -d "\0" </proc/self/attr/current'
	assert_out "$CONTAINER"
	use_userns
	run_script_ok 'tr -d "\0" </proc/self/attr/current'
	assert_out "$CONTAINER"
}

@test "file systems that are made for the container have mountLabel" {
	local path
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid"]}]'
	script 'echo text >/tmp/file; echo ready; sleep 1000'
	create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" ready
	status_of
	for path in dev dev/null dev/shm dev/pts dev/pts/ptmx dev/mqueue tmp tmp/file; do
		assert_equal "$(stat -c %C "/proc/$container_pid/root/$path")" "$FILES" "$path"
	done
}

@test "what is masked is empty" {
	config '.linux.maskedPaths += ["/proc/cpuinfo", "/proc/fs"]'
	run_script_ok 'wc -c </proc/cpuinfo; ls /proc/fs'
	assert_out 0
}

@test "what has labels of its own keeps them" {
	local source=$BATS_TEST_TMPDIR/source
	echo hidden >"$source"
	chcon -t shadow_t "$source"
	config '.mounts += [{destination: "/mnt/file", type: "bind", source: $s, options: ["bind"]}] | .root.readonly = false' --arg s "$source"
	run_script_ok 'cat /mnt/file 2>&1; true'
	assert_out "cat: can't open '/mnt/file': Permission denied"
	assert_equal "$(stat -c %C "$source")" "$(stat -c %C "$source" | sed 's/:[^:]*_t:/:shadow_t:/')"
}

@test "a context of the mount's own wins over mountLabel" {
	rt_only "runc gives the kernel both, which refuses them"
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["context=\"system_u:object_r:shadow_t:s0\""]}]'
	run_script_ok 'ls /tmp 2>&1; true'
	assert_has "Permission denied"
}

@test "the session keyring is the container's to use, in create and in exec" {
	args probe keylabel
	run_ok
	assert_out "keylabel $CONTAINER"
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" probe keylabel
	assert_out "keylabel $CONTAINER"
}

@test "the label confines neither the runtime nor its hooks" {
	local mine
	mine=$(tr -d '\0' </proc/self/attr/current)
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $text]}]' \
		--arg text "tr -d '\\0' </proc/self/attr/current >$BATS_TEST_TMPDIR/hook"
	run_script_ok true
	assert_equal "$(<"$BATS_TEST_TMPDIR/hook")" "$mine"
}

@test "a terminal can be used" {
	RT_WRAP=("$BIN/withpty" "$BATS_TEST_TMPDIR/pty")
	script 'test -t 0 && echo on a terminal >/dev/tty' '.process.terminal = true'
	run_container
	[ "$status" -eq 0 ] || fail "on the terminal: $(<"$BATS_TEST_TMPDIR/pty")"
	grep -q "on a terminal" "$BATS_TEST_TMPDIR/pty" || fail "on the terminal: $(<"$BATS_TEST_TMPDIR/pty")"
}
