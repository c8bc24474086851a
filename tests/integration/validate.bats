#!/usr/bin/env bats
load helpers

setup() {
	rt_only "no other runtime validates"
	setup_test
}

@test "validate finds nothing in a good bundle" {
	rt_ok validate --bundle "$BUNDLE"
}

@test "validate uses the working directory when --bundle is not given" {
	cd "$BUNDLE"
	rt_ok validate
}

@test "validate starts nothing" {
	rt_ok validate --bundle "$BUNDLE"
	assert_status ""
}

@test "validate reports an unknown key by its path, as a warning" {
	config '.linux.rootPropagation = "shared" | .process.usr = {} | .mounts[0].opts = []'
	rt validate --bundle "$BUNDLE"
	assert_equal "$status" 0 "exit status for warnings alone"
	[[ $output == *linux.rootPropagation* ]] || fail "linux.rootPropagation"
	[[ $output == *process.usr* ]] || fail "process.usr"
	[[ $output == *"mounts[0].opts"* ]] || fail "mounts[0].opts"
}

@test "validate reports every error, not only the first" {
	config '.process.cwd = "relative" | .process.rlimits = [{type: "RLIMIT_FOO", soft: 1, hard: 1}]
		| .linux.namespaces += [{type: "mount"}]'
	rt validate --bundle "$BUNDLE"
	[ "$status" -ne 0 ] || fail "exit status 0"
	[[ $output == *process.cwd* ]] || fail "process.cwd"
	[[ $output == *"process.rlimits[0]"* ]] || fail "process.rlimits[0]"
	[[ $output == *"linux.namespaces[5]"* ]] || fail "linux.namespaces[5]"
}

@test "validate names an unknown capability as a warning" {
	config '.process.capabilities.bounding += ["CAP_BOGUS"]'
	rt_ok validate --bundle "$BUNDLE"
	[[ $output == *CAP_BOGUS* ]] || fail "CAP_BOGUS"
}

@test "validate reports a missing rootfs" {
	config '.root.path = "nowhere"'
	rt validate --bundle "$BUNDLE"
	[ "$status" -ne 0 ] || fail "exit status 0"
	[[ $output == *root.path* ]] || fail "root.path"
}
