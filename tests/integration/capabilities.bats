#!/usr/bin/env bats
load helpers

caps() {
	args grep ^Cap /proc/self/status
	run_ok
	stdout=$(tr -d '\t' <<<"$stdout")
}

# mask CAP...: the 16 digits of a set, by number.
mask() {
	local n m=0
	for n; do m=$((m | 1 << n)); done
	printf '%016x' "$m"
}

@test "the five sets are what the configuration says" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW"],
		permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], effective: ["CAP_CHOWN", "CAP_NET_RAW"],
		inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"]} | .process.user = {uid: 1000, gid: 1000}'
	caps
	# execve as a user: permitted and effective shrink to ambient
	assert_out "CapInh:$(mask 13)
CapPrm:$(mask 13)
CapEff:$(mask 13)
CapBnd:$(mask 0 5 7 13)
CapAmb:$(mask 13)"
}

@test "root keeps what the bounding set allows" {
	caps
	assert_out "CapInh:$(mask)
CapPrm:$(mask 29 5 10)
CapEff:$(mask 29 5 10)
CapBnd:$(mask 29 5 10)
CapAmb:$(mask)"
}

@test "a user without ambient capabilities has none" {
	config '.process.user = {uid: 1000, gid: 1000}'
	caps
	assert_has "CapPrm:$(mask)" "CapEff:$(mask)" "CapAmb:$(mask)" "CapInh:$(mask)"
}

@test "empty sets leave nothing" {
	config '.process.capabilities = {bounding: [], permitted: [], effective: []}'
	caps
	assert_out "CapInh:$(mask)
CapPrm:$(mask)
CapEff:$(mask)
CapBnd:$(mask)
CapAmb:$(mask)"
}

@test "an unknown capability is a warning and not a failure" {
	config '.process.capabilities.bounding += ["CAP_BOGUS"] | .process.capabilities.effective += ["CAP_BOGUS"]'
	run_script_ok 'echo up'
	assert_out up
	[[ $stderr == *CAP_BOGUS* ]] || fail "no warning"
}

@test "a capability that the caller lacks is a warning and not a failure" {
	rt_only "runc 1.1 fails"
	# the last capability that this process does not have
	local lost name
	lost=$((~0x$(awk '/^CapBnd/ {print $2}' /proc/self/status) & 0x1000000))
	[ "$lost" -ne 0 ] || skip "this process has CAP_SYS_RESOURCE"
	config '.process.capabilities |= map_values(. + ["CAP_SYS_RESOURCE"])'
	caps
	assert_has "CapBnd:$(mask 29 5 10)"
}

@test "names are accepted with CAP_ only as the specification writes them" {
	config '.process.capabilities.bounding = ["CAP_NET_RAW"] | .process.capabilities.permitted = ["CAP_NET_RAW"]
		| .process.capabilities.effective = ["CAP_NET_RAW"]'
	caps
	assert_has "CapBnd:$(mask 13)"
}

@test "no capability of a file survives noNewPrivileges" {
	config '.process.user = {uid: 1000, gid: 1000}'
	mkdir "$ROOTFS/suid"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/suid/grep"
	chmod 4755 "$ROOTFS/suid/grep"
	args /suid/grep -E '^(CapEff|Uid)' /proc/self/status
	run_ok
	assert_has "CapEff:	$(mask)" "Uid:	1000	1000	1000	1000"
}

@test "in a user namespace the sets are those of the namespace" {
	use_userns
	config '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_CHOWN"])'
	caps
	assert_has "CapEff:$(mask 21 0)" "CapBnd:$(mask 21 0)"
}
