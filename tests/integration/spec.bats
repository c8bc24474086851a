#!/usr/bin/env bats
load helpers

@test "spec writes a configuration that runs" {
	rm "$CONFIG"
	cd "$BUNDLE"
	rt_ok spec
	assert_silent
	config '.process.terminal = false | .process.args = ["echo", "hello"]'
	run_ok
	assert_out hello
}

@test "spec writes into --bundle" {
	rm "$CONFIG"
	rt_ok spec --bundle "$BUNDLE"
	jq -e '.process.args == ["sh"] and .process.terminal == true and .root.path == "rootfs"' "$CONFIG"
	rm "$CONFIG"
	rt_ok spec -b "$BUNDLE"
	[ -s "$CONFIG" ]
}

@test "spec refuses to overwrite" {
	cd "$BUNDLE"
	rt spec
	assert_fails "config.json" "exists"
	jq -e '.process.args == ["true"]' "$CONFIG"
}

@test "spec gives the process no more than runc's default capabilities" {
	rm "$CONFIG"
	rt_ok spec -b "$BUNDLE"
	jq -e '.process.capabilities | (.bounding | sort) == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
		and .bounding == .effective and .bounding == .permitted and .inheritable == null' "$CONFIG"
	jq -e '.process.noNewPrivileges and .root.readonly' "$CONFIG"
}

@test "spec gives no ambient capabilities" {
	rt_only "runc 1.1 still gave them"
	rm "$CONFIG"
	rt_ok spec -b "$BUNDLE"
	jq -e '.process.capabilities.ambient == null' "$CONFIG"
}

@test "spec says the version of the specification it is written for" {
	rm "$CONFIG"
	rt_ok spec -b "$BUNDLE"
	jq -e '.ociVersion | test("^1[.][0-9]+[.][0-9]+")' "$CONFIG"
}

@test "spec masks and protects the usual paths" {
	rm "$CONFIG"
	rt_ok spec -b "$BUNDLE"
	jq -e '(.linux.maskedPaths | contains(["/proc/acpi", "/proc/kcore", "/proc/keys", "/sys/firmware"]))
		and (.linux.readonlyPaths | contains(["/proc/bus", "/proc/sys", "/proc/sysrq-trigger"]))' "$CONFIG"
	jq -e '[.linux.namespaces[].type] | contains(["pid", "network", "ipc", "uts", "mount"])' "$CONFIG"
}

@test "spec --rootless adds a user namespace and takes resources and network away" {
	rm "$CONFIG"
	rt_ok spec --rootless -b "$BUNDLE"
	jq -e '([.linux.namespaces[].type] | index("user") != null and index("network") == null)
		and (.linux.uidMappings | length == 1 and .[0].containerID == 0 and .[0].size == 1)
		and (.linux.gidMappings | length == 1)
		and .linux.resources == null
		and ([.mounts[] | select(.destination == "/sys")][0].options | index("rbind") != null)' "$CONFIG"
}

@test "spec takes no argument" {
	rm "$CONFIG"
	cd "$BUNDLE"
	rt spec extra
	assert_fails
	[ ! -e "$CONFIG" ] || fail "written"
}

@test "spec reports a bundle that does not exist" {
	rt spec --bundle "$BATS_TEST_TMPDIR/none"
	assert_fails "$BATS_TEST_TMPDIR/none" "no such file or directory"
}
