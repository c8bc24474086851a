#!/usr/bin/env bats
load helpers

setup() {
	rt_only "no other runtime has a plan"
	setup_test
}

@test "plan prints every operation with the field it comes from, and starts nothing" {
	config '.linux.sysctl = {"net.core.somaxconn": "256"}'
	rt_ok plan --bundle "$BUNDLE"
	assert_has mqueue "mounts[4]" "linux.maskedPaths[" "linux.readonlyPaths[" "hostname" \
		"linux.sysctl" "pivot_root" "process.capabilities"
	assert_status ""
}

@test "plan --json is JSON with one object for each operation" {
	rt_ok plan --json --bundle "$BUNDLE"
	jq -e '(if type == "array" then . else .ops end) | length > 30 and all(.[]; type == "object")' <<<"$stdout"
}

@test "plan of the same bundle twice is the same" {
	rt_ok plan --bundle "$BUNDLE"
	local first=$stdout
	rt_ok plan --bundle "$BUNDLE"
	assert_out "$first"
}

@test "plan uses the working directory when --bundle is not given" {
	cd "$BUNDLE"
	rt_ok plan
	assert_has pivot_root
}

@test "plan does not touch the rootfs" {
	rm -rf "$ROOTFS/proc" "$ROOTFS/sys" "$ROOTFS/dev"
	local before
	before=$(find "$ROOTFS" | sort)
	rt_ok plan --bundle "$BUNDLE"
	assert_equal "$(find "$ROOTFS" | sort)" "$before"
}

@test "plan refuses what create refuses" {
	config '.process.args = []'
	rt plan --bundle "$BUNDLE"
	assert_fails "process.args"
}

@test "plan shows the effect of --no-pivot and --no-new-keyring" {
	rt_ok plan --bundle "$BUNDLE"
	local with=$stdout
	rt_ok plan --no-pivot --bundle "$BUNDLE"
	[ "$stdout" != "$with" ] || fail "no difference with --no-pivot"
	assert_lacks pivot_root
	rt_ok plan --no-new-keyring --bundle "$BUNDLE"
	[ "$stdout" != "$with" ] || fail "no difference with --no-new-keyring"
}

@test "--trace writes a Chrome trace with an event for each operation" {
	RT_GLOBAL=(--trace "$BATS_TEST_TMPDIR/trace.json")
	rt run --bundle "$BUNDLE" "$ID"
	if [ "$status" -ne 0 ]; then # also as a flag of the command
		RT_GLOBAL=()
		run_ok --trace "$BATS_TEST_TMPDIR/trace.json"
	fi
	jq -e '(if type == "array" then . else .traceEvents end)
		| length > 20 and all(.[]; has("ph") and has("name")) and any(.[]; .ph == "X" and .dur >= 0 and .ts >= 0)' \
		"$BATS_TEST_TMPDIR/trace.json" || fail "trace"
}
