#!/usr/bin/env bats
load helpers

setup() {
	rt_only "runc 1.1 has no netDevices"
	needs_config CONFIG_VETH "veth devices"
	setup_test
	[ -n "${RT_TEST_ISOLATED+x}" ]
	DEV=rtv$((BASHPID % 100000))
	ip link add "$DEV" type veth peer name "${DEV}p"
}

teardown() {
	[ -z "${DEV:-}" ] || ip link del "${DEV}p" 2>/dev/null || true
	teardown_test
}

@test "a network device is moved into the container and is up" {
	config '.linux.netDevices = {($d): {}}' --arg d "$DEV"
	run_script_ok 'ip link show'
	assert_has "$DEV" UP
	# its namespace is gone, and with it the device
	wait_for 5 eval '! ip link show "$DEV" 2>/dev/null'
}

@test "a network device gets its new name" {
	config '.linux.netDevices = {($d): {name: "inside0"}}' --arg d "$DEV"
	run_script_ok 'ip link show'
	assert_has inside0
	assert_lacks "$DEV@"
}

@test "a name with %d is numbered by the kernel" {
	config '.linux.netDevices = {($d): {name: "eth%d"}}' --arg d "$DEV"
	run_script_ok 'ip link show'
	assert_has eth0
}

@test "permanent global addresses move along" {
	ip addr add 192.0.2.5/24 dev "$DEV"
	ip -6 addr add 2001:db8::5/64 dev "$DEV"
	config '.linux.netDevices = {($d): {}}' --arg d "$DEV"
	run_script_ok 'ip addr show'
	assert_has 192.0.2.5/24 2001:db8::5/64
}

@test "a device's MTU and address stay" {
	ip link set "$DEV" mtu 1400 address 02:00:00:00:00:42
	config '.linux.netDevices = {($d): {}}' --arg d "$DEV"
	run_script_ok 'ip link show'
	assert_has "mtu 1400" 02:00:00:00:00:42
}

@test "the device is there when create returns" {
	config '.linux.netDevices = {($d): {}}' --arg d "$DEV"
	create_ok
	status_of
	nsenter --net="/proc/$container_pid/ns/net" ip link show "$DEV"
}

@test "a device that does not exist is refused" {
	config '.linux.netDevices = {nosuchdev0: {}}'
	run_container
	assert_fails "linux.netDevices" nosuchdev0
}

@test "a name that is taken in the container is refused" {
	config '.linux.netDevices = {($d): {name: "lo"}}' --arg d "$DEV"
	run_container
	assert_fails "linux.netDevices" lo
	ip link show "$DEV" || fail "the device is gone"
}

@test "names that the kernel does not take are refused" {
	local n
	for n in averyveryverylongname a/b . .. 'a b' ''; do
		config '.linux.netDevices = {($d): {name: $n}}' --arg d "$DEV" --arg n "$n"
		run_container
		[ -n "$n" ] || continue # empty: the host's name
		assert_fails "linux.netDevices"
	done
	[ "$status" -eq 0 ] || fail "an empty name is no name"
}

@test "a device without a network namespace is refused" {
	config '.linux.netDevices = {($d): {}} | del(.linux.namespaces[] | select(.type == "network"))' --arg d "$DEV"
	run_container
	assert_fails "linux.netDevices"
}

@test "a create that fails later leaves no half-moved device in the way" {
	config '.linux.netDevices = {($d): {name: "inside0"}}' --arg d "$DEV"
	args nosuchcommand
	run_container
	assert_fails nosuchcommand
	# moved back or gone with its namespace, never in the host under the new name
	refute ip link show inside0
}
