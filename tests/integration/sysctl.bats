#!/usr/bin/env bats
load helpers

# refused KEY: with this sysctl nothing runs, and the error names it.
refused() {
	cp "$TESTDATA/config.json" "$CONFIG"
	config '.linux.sysctl = {($k): "1"} | '"${2:-.}" --arg k "$1"
	run_container
	assert_fails
	assert_rt_says "linux.sysctl" "$1"
	assert_within 1000
}

@test "sysctls of the container's own namespaces are set" {
	config '.linux.sysctl = {"net.core.somaxconn": "256", "kernel.msgmax": "9000", "fs.mqueue.queues_max": "99",
		"kernel.shm_rmid_forced": "1", "kernel.sem": "1 2 3 4"}'
	run_script_ok 'cd /proc/sys; cat net/core/somaxconn kernel/msgmax fs/mqueue/queues_max kernel/shm_rmid_forced kernel/sem'
	assert_out "256
9000
99
1
1	2	3	4"
}

@test "the host keeps its own values" {
	local before
	before=$(cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax)
	config '.linux.sysctl = {"net.core.somaxconn": "257", "kernel.msgmax": "9001"}'
	run_ok
	assert_equal "$(cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax)" "$before"
}

@test "slashes separate as dots do" {
	config '.linux.sysctl = {"net/core/somaxconn": "258"}'
	run_script_ok 'cat /proc/sys/net/core/somaxconn'
	assert_out 258
}

@test "a slash as first separator keeps dots in names" {
	rt_only "runc 1.1 replaces every dot"
	config '.linux.sysctl = {"net/ipv4/conf/lo/forwarding": "1"}'
	run_script_ok 'cat /proc/sys/net/ipv4/conf/lo/forwarding'
	assert_out 1
}

@test "kernel.domainname is set with a UTS namespace" {
	config '.linux.sysctl = {"kernel.domainname": "example.test"}'
	run_script_ok 'cat /proc/sys/kernel/domainname'
	assert_out example.test
}

@test "sysctls that belong to no namespace are refused" {
	local key
	for key in kernel.core_pattern vm.swappiness kernel.sysrq fs.file-max kernel.randomize_va_space nosuch; do
		refused "$key"
	done
}

@test "net sysctls without a network namespace are refused" {
	refused net.core.somaxconn 'del(.linux.namespaces[] | select(.type == "network"))'
}

@test "net sysctls with the host's network namespace by path are refused" {
	refused net.core.somaxconn '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
}

@test "ipc sysctls without an ipc namespace are refused" {
	refused kernel.msgmax 'del(.linux.namespaces[] | select(.type == "ipc"))'
	refused fs.mqueue.queues_max 'del(.linux.namespaces[] | select(.type == "ipc"))'
}

@test "keys that would leave their directory are refused" {
	local key
	for key in net/../kernel/core_pattern net.ipv4.../../kernel.core_pattern net.//kernel.core_pattern \
		fs.mqueue/../../kernel/core_pattern kernel/msgmax/../core_pattern net/ipv4/../../kernel/core_pattern ../x net. ''; do
		refused "$key"
	done
}

@test "a key that the kernel does not know is refused by name" {
	refused net.nosuch.key
	assert_rt_says "no such file or directory"
}

@test "a value that the kernel refuses is reported with its key" {
	config '.linux.sysctl = {"net.core.somaxconn": "not a number"}'
	run_container
	assert_fails "invalid argument"
	assert_rt_says "linux.sysctl" "net.core.somaxconn"
}

@test "a value is written to one file as it is" {
	config '.linux.sysctl = {"kernel.domainname": "1+kernel.core_pattern=|/x"}'
	run_script 'cat /proc/sys/kernel/domainname'
	[ "$status" -ne 0 ] || assert_out "1+kernel.core_pattern=|/x"
}

@test "sysctls are set although /proc/sys is read-only" {
	config '.linux.sysctl = {"net.core.somaxconn": "259"}'
	run_script_ok 'cat /proc/sys/net/core/somaxconn; probe open w /proc/sys/net/core/somaxconn'
	assert_out "259
open w /proc/sys/net/core/somaxconn EROFS"
}
