#!/usr/bin/env bats
load helpers

@test "hostname is set in the container and not on the host" {
	config '.hostname = "myhost.example"'
	run_script_ok 'hostname'
	assert_out myhost.example
}

@test "domainname is set in the container" {
	rt_only "runc 1.1 has no domainname"
	config '.domainname = "mydomain.example"'
	run_script_ok 'cat /proc/sys/kernel/domainname'
	assert_out mydomain.example
}

@test "without hostname the container inherits the host's" {
	config 'del(.hostname)'
	run_script_ok hostname
	assert_out "$(</proc/sys/kernel/hostname)"
}

@test "hostname without a UTS namespace is refused" {
	config 'del(.linux.namespaces[] | select(.type == "uts"))'
	run_container
	assert_fails
	assert_rt_says hostname uts
}

@test "domainname without a UTS namespace is refused" {
	rt_only "runc 1.1 has no domainname"
	config 'del(.linux.namespaces[] | select(.type == "uts")) | del(.hostname) | .domainname = "x"'
	run_container
	assert_fails domainname uts
}

@test "a hostname of 64 bytes is set and one of 65 is refused" {
	config '.hostname = "h" * 64'
	run_script_ok hostname
	assert_equal "${#stdout}" 64
	config '.hostname = "h" * 65'
	run_container
	assert_fails
	assert_rt_says hostname
}
