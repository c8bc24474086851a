#!/usr/bin/env bats
# linux.resources of config.json, key by key: read back from the kernel, or warned about.
# bats file_tags=cgroup
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	args sleep 1000
}

# resources JSON: a container with these is created, silently.
resources() {
	config ".linux.resources = $1"
	create_ok
	[ ! -s "$CREATE_ERR" ] || fail "create said something"
}

# assert_warned FIELD...: create said so of each field, and of no other.
assert_warned() {
	local field
	for field; do
		grep -q "$field: ignored" "$CREATE_ERR" || fail "no warning about $field"
	done
	assert_equal "$(wc -l <"$CREATE_ERR")" "$#" "warnings"
}

v2() {
	[ -e /sys/fs/cgroup/cgroup.controllers ]
}

disk() {
	awk '$4 ~ /^(vd|sd|nvme|xvd)/ {print $1 ":" $2; exit}' /proc/partitions
}

@test "memory, swap and reservation are the kernel's when create returns" {
	resources '{memory: {limit: 67108864, swap: 100663296, reservation: 33554432}}'
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 100663296 33554432
	limit_is memory memory.soft_limit_in_bytes memory.low 33554432
}

@test "swap that is not set is the kernel's default, and -1 is no limit" {
	resources '{memory: {limit: 67108864}}'
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
	rt_ok delete --force "$ID"
	resources '{memory: {limit: 67108864, swap: -1}}'
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
}

@test "swap equal to the limit is none" {
	resources '{memory: {limit: 67108864, swap: 67108864}}'
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 67108864 0
}

@test "shares, quota, period, CPUs and memory nodes are the kernel's when create returns" {
	resources '{cpu: {shares: 512, quota: 20000, period: 50000, cpus: "0", mems: "0"}}'
	limit_is cpu cpu.shares cpu.weight 512 "$(weight 59 20)"
	limit_is cpu cpu.cfs_quota_us cpu.max 20000 "20000 50000"
	limit_is cpu cpu.cfs_period_us cpu.max 50000 "20000 50000"
	limit_is cpuset cpuset.cpus cpuset.cpus 0
	limit_is cpuset cpuset.mems cpuset.mems 0
}

@test "shares become the weight that other runtimes make of them" {
	rt_only "runc converts so since version 1.3"
	v2 || lacks cgroup2 "cgroup v1 has shares itself"
	local shares want
	while read -r shares want; do
		config ".linux.resources = {cpu: {shares: $shares}}"
		create_ok
		limit_is - - cpu.weight - "$want"
		rt_ok delete --force "$ID"
	done <<-END
		2 1
		100 17
		1024 100
		2048 174
		262144 10000
	END
}

@test "a quota of -1 is no limit" {
	resources '{cpu: {quota: -1, period: 50000}}'
	limit_is cpu cpu.cfs_quota_us cpu.max -1 "max 50000"
}

@test "burst and idle are the kernel's when create returns" {
	rt_only "runc 1.1 knows neither"
	resources '{cpu: {quota: 20000, period: 50000, burst: 10000}}'
	limit_is cpu cpu.cfs_burst_us cpu.max.burst 10000
	rt_ok delete --force "$ID"
	resources '{cpu: {idle: 1}}'
	limit_is cpu cpu.idle cpu.idle 1
}

@test "realtime scheduling is the kernel's when create returns" {
	! v2 || rt_only "runc is silent about it on cgroup v2"
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || v2 || needs_config CONFIG_RT_GROUP_SCHED "cpu.rt_runtime_us"
	if v2; then
		config '.linux.resources = {cpu: {realtimePeriod: 800000, realtimeRuntime: 50000}}'
		create_ok
		assert_warned linux.resources.cpu.realtimePeriod linux.resources.cpu.realtimeRuntime
		return
	fi
	resources '{cpu: {realtimePeriod: 800000, realtimeRuntime: 50000}}'
	limit_is cpu cpu.rt_period_us - 800000
	limit_is cpu cpu.rt_runtime_us - 50000
}

@test "the limit of processes is the kernel's when create returns" {
	resources '{pids: {limit: 77}}'
	limit_is pids pids.max pids.max 77
}

@test "throttles are the kernel's when create returns" {
	local disk n
	disk=$(disk)
	[ -n "$disk" ] || lacks io "no disk"
	n="major: ${disk%:*}, minor: ${disk#*:}"
	resources "{blockIO: {throttleReadBpsDevice: [{$n, rate: 1048576}], throttleWriteBpsDevice: [{$n, rate: 2097152}],
		throttleReadIOPSDevice: [{$n, rate: 100}], throttleWriteIOPSDevice: [{$n, rate: 200}]}}"
	if v2; then
		limit_is - - io.max - "$disk rbps=1048576 wbps=2097152 riops=100 wiops=200"
		return
	fi
	limit_is blkio blkio.throttle.read_bps_device - "$disk 1048576"
	limit_is blkio blkio.throttle.write_bps_device - "$disk 2097152"
	limit_is blkio blkio.throttle.read_iops_device - "$disk 100"
	limit_is blkio blkio.throttle.write_iops_device - "$disk 200"
}

# weights: the weight of the whole container and of one disk, as the kernel has it;
# nothing where it has none.
weights() {
	local dir=/sys/fs/cgroup/$ID
	v2 || dir=/sys/fs/cgroup/blkio/$ID
	cat "$dir"/{blkio.bfq.weight,blkio.bfq.weight_device,io.bfq.weight,io.weight} 2>/dev/null | sort | tr '\n' ' '
}

@test "a weight of block I/O is written to what gives it an effect" {
	rt_only "runc knows no io.cost, and is silent about disks without bfq"
	local disk scheduler
	disk=$(disk)
	[ -n "$disk" ] || lacks io "no disk"
	scheduler=/sys/dev/block/$disk/queue/scheduler
	modprobe bfq 2>/dev/null || true
	grep -q bfq "$scheduler" || needs_config CONFIG_IOSCHED_BFQ bfq
	config ".linux.resources.blockIO = {weight: 300, weightDevice: [{major: ${disk%:*}, minor: ${disk#*:}, weight: 200}]}"
	create_ok
	[[ $(weights) == *300* ]] || fail "the weight is $(weights)"
	grep -q '\[bfq\]' "$scheduler" || {
		assert_warned 'linux.resources.blockIO.weightDevice\[0\]'
		[[ $(weights) != *"$disk"* ]] || fail "the disk does not use bfq"
		[ -n "${RT_VM:-}" ] || return 0 # the scheduler of a machine is not for a test to change
		rt_ok delete --force "$ID"
		local before
		before=$(sed 's/.*\[\(.*\)\].*/\1/' "$scheduler")
		echo bfq >"$scheduler"
		create
		[[ $(weights) == *"$disk 200"* ]] || status=1
		echo "$before" >"$scheduler"
	}
	[ "$status" -eq 0 ] || fail "the weight is $(weights)"
}

@test "a weight for what is no disk is refused by name" {
	rt_only "runc writes it and lets the kernel say no"
	config '.linux.resources.blockIO = {weightDevice: [{major: 4000, minor: 1, weight: 200}]}'
	create
	assert_fails 'linux.resources.blockIO.weightDevice[0]' 4000:1
	assert_status ""
}

@test "limits of huge pages hold for what is used and for what is reserved" {
	has_controller hugetlb || lacks hugetlb "no cgroup controller hugetlb"
	resources '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	limit_is hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max 4194304
	is_rt || return 0
	limit_is hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max 4194304
}

@test "network class and priorities are the kernel's when create returns" {
	[ -d /sys/fs/cgroup/net_cls ] || rt_only "runc is silent about it, or fails"
	config '.linux.resources = {network: {classID: 1048577, priorities: [{name: "lo", priority: 5}]}}'
	create_ok
	if [ ! -d /sys/fs/cgroup/net_cls ]; then
		assert_warned linux.resources.network.classID linux.resources.network.priorities
		return
	fi
	limit_is net_cls net_cls.classid - 1048577
	grep -qx "lo 5" "/sys/fs/cgroup/net_prio/$ID/net_prio.ifpriomap"
}

@test "what cgroup v1 has alone is the kernel's there, and a warning that names it elsewhere" {
	! v2 || rt_only "runc is silent about it"
	if v2; then
		config '.linux.resources = {memory: {kernel: 1000000, kernelTCP: 1000000, swappiness: 7, disableOOMKiller: true, useHierarchy: false},
			blockIO: {leafWeight: 100}}'
		create_ok
		assert_warned linux.resources.memory.{kernel,kernelTCP,swappiness,disableOOMKiller,useHierarchy} linux.resources.blockIO.leafWeight
		return
	fi
	resources '{memory: {swappiness: 7, disableOOMKiller: true}}'
	limit_is memory memory.swappiness - 7
	file_has "/sys/fs/cgroup/memory/$ID/memory.oom_control" "oom_kill_disable 1"
	rt_ok delete --force "$ID"
	rt_only "runc ignores the limit of TCP memory"
	resources '{memory: {kernelTCP: 1048576}}'
	limit_is memory memory.kmem.tcp.limit_in_bytes - 1048576
	rt_ok delete --force "$ID"
	config '.linux.resources = {memory: {kernel: 1000000, useHierarchy: false}, blockIO: {leafWeight: 100}}'
	create_ok
	assert_warned linux.resources.memory.{kernel,useHierarchy} linux.resources.blockIO.leafWeight
}

@test "an RDMA device that the host lacks is refused by name" {
	rt_only "runc 1.1 has other words for it"
	config '.linux.resources = {rdma: {mlx5_0: {hcaHandles: 3, hcaObjects: 10}}}'
	create
	if has_controller rdma; then
		assert_fails linux.resources.rdma mlx5_0 "no such RDMA device"
	else
		[ "$status" -eq 0 ] || fail "exit status $status"
		assert_warned 'linux.resources.rdma.*mlx5_0.*'
	fi
}

@test "unified sets any file of a cgroup v2, after everything else" {
	v2 || lacks cgroup2 "cgroup v1 alone has controllers"
	resources '{memory: {limit: 67108864}, cpu: {shares: 512}, unified: {"memory.high": "33554432", "memory.oom.group": "1",
		"cpu.weight": "77", "cgroup.max.depth": "3", "pids.max": "55"}}'
	limit_is - - memory.max - 67108864
	limit_is - - memory.high - 33554432
	limit_is - - memory.oom.group - 1
	limit_is - - cpu.weight - 77
	limit_is - - cgroup.max.depth - 3
	limit_is - - pids.max - 55
}

@test "unified for a controller or a file that is not there is refused by name" {
	local key=memory.high
	! v2 || key=nosuch.max
	config ".linux.resources = {unified: {\"$key\": \"1\"}}"
	create
	assert_fails
	assert_rt_says linux.resources.unified "$key" "controller ${key%.*} is not available"
	assert_status ""
	v2 || return 0
	config '.linux.resources = {unified: {"memory.nosuch": "1"}}'
	create
	assert_fails
	assert_rt_says linux.resources.unified memory.nosuch "no such file"
}

@test "a controller that only some containers use is handed down for them" {
	v2 || lacks cgroup2 "cgroup v1 has a hierarchy for each"
	config ".linux.cgroupsPath = \"/$ID/a/b\" | .linux.resources = {cpu: {cpus: \"0\"}, hugepageLimits: [{pageSize: \"2MB\", limit: 0}]}"
	create_ok
	assert_equal "$(<"/sys/fs/cgroup/$ID/a/b/cpuset.cpus")" 0
	assert_equal "$(<"/sys/fs/cgroup/$ID/a/b/hugetlb.2MB.max")" 0
	rt_ok delete --force "$ID"
	rmdir "/sys/fs/cgroup/$ID/a" "/sys/fs/cgroup/$ID"
}

@test "below a cgroup with processes of its own limits are refused with the reason, and nothing is changed there" {
	rt_only "runc makes the cgroup threaded"
	v2 || lacks cgroup2 "cgroup v1 has processes everywhere"
	local busy=/sys/fs/cgroup/busy-$ID
	mkdir "$busy"
	in_background sleep 1000
	echo "$BG" >"$busy/cgroup.procs"
	config ".linux.cgroupsPath = \"/busy-$ID/c\" | .linux.resources = {memory: {limit: 67108864}}"
	create
	assert_fails linux.resources.memory.limit "controller memory is not enabled in $busy/cgroup.subtree_control" "has processes of its own"
	config 'del(.linux.resources)'
	create_ok
	assert_equal "$(<"$busy/cgroup.type")" domain
	assert_equal "$(<"$busy/cgroup.subtree_control")" ""
	rt_ok delete --force "$ID"
	kill "$BG"
	wait_background "$BG"
	rmdir "$busy"
}

@test "below a threaded cgroup a container is refused with the reason" {
	rt_only "runc makes the cgroup threaded"
	v2 || lacks cgroup2 "cgroup v1 has no threaded cgroups"
	local top=/sys/fs/cgroup/threaded-$ID
	mkdir -p "$top/t"
	echo threaded >"$top/t/cgroup.type"
	config ".linux.cgroupsPath = \"/threaded-$ID/t/c\" | .linux.resources = {memory: {limit: 67108864}}"
	create
	assert_fails linux.resources.memory.limit threaded
	config 'del(.linux.resources)'
	create
	assert_fails "linux.cgroupsPath" threaded
	assert_status ""
	rmdir "$top/t" "$top"
}
