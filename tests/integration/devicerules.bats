#!/usr/bin/env bats
# What the rules of linux.resources.devices let through. No driver has major number
# 240, so a device that may be opened is "no such device" and another one "operation
# not permitted".
# bats file_tags=cgroup
load helpers

# Writes the container's devices a, b and c, numbers 240:1 to 240:3, and its rules.
rules() {
	config '.linux.devices = [{path: "/dev/a", type: "c", major: 240, minor: 1, fileMode: 438},
			{path: "/dev/b", type: "c", major: 240, minor: 2, fileMode: 438},
			{path: "/dev/c", type: "b", major: 240, minor: 3, fileMode: 438}]
		| .process.capabilities |= map_values(. + ["CAP_MKNOD"])
		| .linux.resources.devices = '"$1"
}

# shellcheck disable=SC2016 # the container's shell
try='try() {
		case $("$@" 2>&1) in
		*"not permitted"*) echo "$1 $2: denied" ;;
		*"No such device"*) echo "$1 $2: allowed" ;;
		*) echo "$1 $2: $("$@" 2>&1)" ;;
		esac
	}
	write() { : >"$1"; }
	read_() { : <"$1"; }
'

@test "a device with a rule can be opened and one without cannot" {
	rules '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 240, minor: 1, access: "rwm"}]'
	run_script_ok "$try"' for d in a b c; do try read_ /dev/$d; try write /dev/$d; done'
	assert_out "read_ /dev/a: allowed
write /dev/a: allowed
read_ /dev/b: denied
write /dev/b: denied
read_ /dev/c: denied
write /dev/c: denied"
}

@test "reading and writing are different rights, and a node can be made" {
	rules '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 240, minor: 1, access: "r"},
		{allow: true, type: "c", major: 240, minor: 2, access: "wm"}]'
	run_script_ok "$try"' try read_ /dev/a; try write /dev/a; try read_ /dev/b; try write /dev/b
		mknod /dev/b2 c 240 2 && echo made'
	assert_out "read_ /dev/a: allowed
write /dev/a: denied
read_ /dev/b: denied
write /dev/b: allowed
made"
}

@test "a later rule takes back what an earlier one gave" {
	rules '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 240, access: "rwm"},
		{allow: false, type: "c", major: 240, minor: 2, access: "w"}]'
	run_script "$try"' for d in a b; do try read_ /dev/$d; try write /dev/$d; done'
	if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
		assert_fails "cgroup" # v1 cannot express it
		assert_rt_says "linux.resources.devices[2]"
		return
	fi
	rt_only "runc 1.1 refuses on cgroup v2 what v1 cannot express"
	[ "$status" -eq 0 ] || fail "run"
	assert_out "read_ /dev/a: allowed
write /dev/a: allowed
read_ /dev/b: allowed
write /dev/b: denied"
}

@test "the default devices can be used whatever the rules are" {
	rules '[{allow: false, access: "rwm"}]'
	run_script_ok 'head -c 1 /dev/zero | wc -c; echo x >/dev/null && echo y; head -c 1 /dev/urandom | wc -c'
	assert_out $'1\ny\n1'
}

@test "exec is held to the rules too" {
	rules '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 240, minor: 1, access: "rwm"}]'
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" sh -c "$try"' try read_ /dev/a; try read_ /dev/b'
	assert_out "read_ /dev/a: allowed
read_ /dev/b: denied"
}
