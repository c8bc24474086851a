#!/usr/bin/env bats
# bats file_tags=cgroup
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
}

@test "the container has its own cgroup in every hierarchy when create returns" {
	local line controllers dir seen=0
	args sleep 1000
	create_ok
	status_of
	while read -r line; do
		controllers=${line#*:} controllers=${controllers%%:*}
		dir=/sys/fs/cgroup/${controllers#name=}
		[ -n "$controllers" ] || [ ! -d $dir/unified ] || dir=$dir/unified
		[ -e "$dir/cgroup.procs" ] || continue # mounted nowhere, or by somebody else
		[[ ${line##*:} == */$ID ]] || fail "$line"
		seen=$((seen + 1))
	done <"/proc/$container_pid/cgroup"
	assert_equal "$seen" "$(grep -c '^[^ ]* [^ ]* [^ ]* [^ ]* /sys/fs/cgroup.* - cgroup' /proc/self/mountinfo)"
}

@test "cgroupsPath is relative to the hierarchy's root when absolute" {
	config '.linux.cgroupsPath = "/\($id)-parent/inner/\($id)"' --arg id "$ID"
	create_ok
	status_of
	grep -q ":/$ID-parent/inner/$ID\$" "/proc/$container_pid/cgroup"
	rt_ok delete --force "$ID"
	# the parents that create made are the caller's to keep
	find /sys/fs/cgroup -depth -type d -path "*/$ID-parent*" -exec rmdir {} + || true
}

@test "without cgroupsPath the cgroup is named after the container" {
	config 'del(.linux.cgroupsPath)'
	create_ok
	status_of
	grep -q "/$ID\$" "/proc/$container_pid/cgroup"
}

@test "a cgroupsPath with .. does not leave the hierarchy's root" {
	config '.linux.cgroupsPath = "/../../../../\($id)"' --arg id "$ID"
	create
	[ "$status" -eq 0 ] || { assert_fails; return 0; }
	status_of
	grep -q ":/$ID\$" "/proc/$container_pid/cgroup"
}

@test "a path with colons is a plain path without --systemd-cgroup" {
	config '.linux.cgroupsPath = "\($id)-a:b:c"' --arg id "$ID"
	create_ok
	status_of
	grep -q "$ID-a:b:c\$" "/proc/$container_pid/cgroup"
	rt_ok delete --force "$ID"
	assert_equal "$(find /sys/fs/cgroup -type d -name "$ID-a:b:c")" "" left
}

@test "the cgroup is the recorded one with and without --systemd-cgroup" {
	rt_only "runc 1.1 refuses the flag where systemd does not run"
	create_ok
	RT_GLOBAL=(--systemd-cgroup)
	rt_ok update --pids-limit 55 "$ID"
	limit_is pids pids.max pids.max 55
	rt_ok start "$ID"
	rt_ok delete --force "$ID"
	assert_equal "$(find /sys/fs/cgroup -type d -name "$ID")" "" left
}

@test "the cgroup of a stopped container is there until delete, with what it counted" {
	config '.linux.resources = {memory: {limit: 67108864}}'
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	local file
	for file in /sys/fs/cgroup/{memory/$ID/memory.oom_control,unified/$ID/memory.events,$ID/memory.events}; do
		[ ! -e "$file" ] || break
	done
	grep -q '^oom_kill 0$' "$file"
	rt_ok delete "$ID"
	[ ! -e "$file" ] || fail "left: $file"
}

@test "memory, pids and cpu limits are in force when create returns" {
	config '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 77}, cpu: {shares: 512, quota: 50000, period: 100000}}'
	create_ok
	limit_is memory memory.limit_in_bytes memory.max 33554432
	limit_is pids pids.max pids.max 77
	limit_is cpu cpu.cfs_quota_us cpu.max 50000 "50000 100000"
	limit_is cpu cpu.shares cpu.weight 512 "$(weight 59 20)"
}

@test "the pids limit stops a fork bomb" {
	config '.linux.resources = {pids: {limit: 5}}'
	run_script 'for i in 1 2 3 4 5 6 7 8; do sleep 0.5 & done; wait'
	[[ $stderr == *"can't fork"* ]] || fail "no fork failed"
}

@test "the memory limit kills what exceeds it and nothing else" {
	config '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
	run_script 'dd if=/dev/zero of=/dev/null bs=64M count=1; echo "dd $?"'
	assert_has "dd 137"
}

@test "a container with a memory limit of 1 MiB runs true" {
	rt_only "runc needs several MiB for itself"
	config '.linux.resources = {memory: {limit: 1048576, swap: 1048576}}'
	run_ok
}

@test "a container with a memory limit of 512 KiB runs true" {
	rt_only "runc needs several MiB for itself"
	config '.linux.resources = {memory: {limit: 524288, swap: 524288}}'
	run_ok
}

@test "a container with a pids limit of 1 runs true" {
	rt_only "runc 1.1 needs threads"
	config '.linux.resources = {pids: {limit: 1}}'
	run_ok
}

@test "an unlimited value is written as such" {
	config '.linux.resources = {pids: {limit: -1}, memory: {limit: -1}}'
	create_ok
	limit_is pids pids.max pids.max max
}

@test "a limit that the kernel refuses fails create and is named" {
	config '.linux.resources = {cpu: {quota: 10, period: 100000}}'
	create
	assert_fails
	assert_rt_says linux.resources.cpu.quota 10
	assert_status ""
}

@test "the runtime itself is not moved into the container's cgroup" {
	local before
	before=$(</proc/self/cgroup)
	create_ok
	assert_equal "$(</proc/self/cgroup)" "$before"
	status_of
	local procs=/sys/fs/cgroup/pids/$ID/cgroup.procs
	[ -e "$procs" ] || procs=/sys/fs/cgroup/$ID/cgroup.procs
	assert_equal "$(<"$procs")" "$container_pid"
}

@test "a cgroup namespace hides the path of the cgroup" {
	config '.linux.namespaces += [{type: "cgroup"}]'
	run_script_ok 'cat /proc/self/cgroup'
	assert_lacks "$ID"
}

@test "with a cgroup namespace the cgroup mount shows the container's own" {
	config '.linux.namespaces += [{type: "cgroup"}]'
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	status_of
	stdout=$(<"/proc/$container_pid/mountinfo")
	mount_line /sys/fs/cgroup >"$BATS_TEST_TMPDIR/x"
	if [ -d /sys/fs/cgroup/pids ]; then
		mount_line /sys/fs/cgroup/pids >"$BATS_TEST_TMPDIR/x"
		assert_equal "$(sed 's/^.*:.*://' "/proc/$container_pid/root/sys/fs/cgroup/pids/cgroup.procs")" "$container_pid"
	fi
}

@test "two containers may not share a cgroup with processes" {
	rt_only "runc 1.1 only warns"
	args sleep 1000
	create_ok
	rt create --bundle "$BUNDLE" "$ID-2"
	assert_fails "linux.cgroupsPath" "$ID"
	assert_status created
}

@test "unknown v2 keys that would leave the cgroup are refused" {
	rt_only "runc 1.1 on cgroup v1 ignores them"
	config '.linux.resources.unified = {"../../x": "1"}'
	create
	assert_fails "linux.resources.unified"
}

# writable: the mount of cgroups is.
writable() {
	config '(.mounts[] | select(.destination == "/sys/fs/cgroup") | .options) -= ["ro"]'
}

# sub FILTER: what a container gets that makes a cgroup below its own, in one hierarchy.
sub() {
	run_script 'd=/sys/fs/cgroup; [ ! -d $d/pids ] || d=$d/pids; mkdir $d/sub && echo made' "${1:-.}"
}

@test "the cgroup mount can be written if it is not read-only, and else not" {
	local namespaces
	for namespaces in '.' '.linux.namespaces += [{type: "cgroup"}]'; do # which stays
		sub "$namespaces"
		[[ $stderr == *"Read-only file system"* ]] || fail "no error"
	done
	writable
	sub
	assert_out made
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || rt_only "runc shows the host's root where there is no namespace"
	sub 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	assert_out made
}

@test "a container in a container's cgroup is limited and removed as any other" {
	config '.linux.cgroupsPath = "/\($id)/\($id)-inner" | .linux.resources = {pids: {limit: 5}}' --arg id "$ID"
	run_script_ok 'cat /proc/self/cgroup'
	[[ $stdout == *"/$ID/$ID-inner"* ]] || fail "not there"
	find /sys/fs/cgroup -depth -type d -path "*/$ID" -exec rmdir {} + || true
}

@test "with a namespace and a writable mount the cgroup is the container's user's to divide" {
	rt_only "runc 1.1 gives it away with systemd alone"
	[ -e /sys/fs/cgroup/cgroup.controllers ] || lacks cgroup2 "cgroup v1 is not delegated"
	use_userns
	writable
	config '.linux.namespaces += [{type: "cgroup"}]'
	script 'mkdir /sys/fs/cgroup/sub && echo 1 >/sys/fs/cgroup/sub/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control
		echo 3 >/sys/fs/cgroup/sub/pids.max && echo divided; echo 1 >/sys/fs/cgroup/memory.max; sleep 1000'
	create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" divided
	wait_output "$CREATE_ERR" "memory.max: Permission denied"
	assert_equal "$(stat -c %u:%g "/sys/fs/cgroup/$ID" "/sys/fs/cgroup/$ID/cgroup.procs" | sort -u)" 100000:100000
	assert_equal "$(stat -c %u "/sys/fs/cgroup/$ID/memory.max")" 0
	rt_ok exec "$ID" cat /proc/self/cgroup
	assert_out "0::/sub"
}

@test "without a namespace or a writable mount the cgroup stays root's" {
	[ -e /sys/fs/cgroup/cgroup.controllers ] || lacks cgroup2 "cgroup v1 is not delegated"
	use_userns
	config '.linux.namespaces += [{type: "cgroup"}]'
	create_ok
	assert_equal "$(stat -c %u "/sys/fs/cgroup/$ID/cgroup.procs")" 0
	rt_ok delete --force "$ID"
	config 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	writable
	create_ok
	assert_equal "$(stat -c %u "/sys/fs/cgroup/$ID/cgroup.procs")" 0
}
