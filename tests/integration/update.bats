#!/usr/bin/env bats
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	args sleep 1000
}

# update [FLAG...]: it must succeed, silently.
update() {
	rt_ok update "$@" "$ID"
	assert_silent
}

# update_from JSON: through stdin.
update_from() {
	printf '%s' "$1" >"$BATS_TEST_TMPDIR/resources"
	RT_STDIN=$BATS_TEST_TMPDIR/resources rt_ok update --resources - "$ID"
	assert_silent
}

v1_only() {
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || skip "cgroup v1 only"
}

disk() {
	awk '$4 ~ /^(vd|sd|nvme|xvd)/ {print $1 ":" $2; exit}' /proc/partitions
}

# bats test_tags=cgroup
@test "update changes the memory limits, in bytes and with units" {
	running
	update --memory 67108864 --memory-swap 100M --memory-reservation 33554432
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 104857600 37748736
	limit_is memory memory.soft_limit_in_bytes memory.low 33554432
	update --memory-swap 1g --memory 0.5G
	limit_is memory memory.limit_in_bytes memory.max 536870912
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 1073741824 536870912
	update --memory 16m --memory-swap 16m
	limit_is memory memory.limit_in_bytes memory.max 16777216
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 16777216 0
}

# bats test_tags=cgroup
@test "update --memory -1 lifts the limit of memory and that of swap" {
	running '.linux.resources = {memory: {limit: 67108864, swap: 67108864}}'
	update --memory -1
	limit_is memory memory.limit_in_bytes memory.max 9223372036854771712 max
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
}

# bats test_tags=cgroup
@test "update changes the number of processes" {
	running
	update --pids-limit 20
	limit_is pids pids.max pids.max 20
	update --pids-limit -1
	limit_is pids pids.max pids.max max
}

# bats test_tags=cgroup
@test "update changes shares, period and quota" {
	running
	update --cpu-share 200 --cpu-period 50000 --cpu-quota 20000
	is_rt || v1_only
	limit_is cpu cpu.shares cpu.weight 200 29
	limit_is cpu cpu.cfs_period_us cpu.max 50000 "20000 50000"
	limit_is cpu cpu.cfs_quota_us cpu.max 20000 "20000 50000"
}

# bats test_tags=cgroup
@test "update of the quota keeps the period and the reverse" {
	running '.linux.resources = {cpu: {quota: 50000, period: 100000}}'
	update --cpu-quota 10000
	limit_is cpu cpu.cfs_period_us cpu.max 100000 "10000 100000"
	limit_is cpu cpu.cfs_quota_us cpu.max 10000 "10000 100000"
	update --cpu-period 40000
	limit_is cpu cpu.cfs_period_us cpu.max 40000 "10000 40000"
	limit_is cpu cpu.cfs_quota_us cpu.max 10000 "10000 40000"
	update --cpu-quota -1
	limit_is cpu cpu.cfs_quota_us cpu.max -1 "max 40000"
}

# bats test_tags=cgroup
@test "update changes burst and idle" {
	rt_only "runc 1.1 has no such options"
	running '.linux.resources = {cpu: {quota: 50000, period: 100000}}'
	update --cpu-burst 30000
	limit_is cpu cpu.cfs_burst_us cpu.max.burst 30000
	update --cpu-burst 0
	limit_is cpu cpu.cfs_burst_us cpu.max.burst 0
	update --cpu-idle 1
	limit_is cpu cpu.idle cpu.idle 1
	update --cpu-idle 0 --cpu-share 333
	limit_is cpu cpu.idle cpu.idle 0
	limit_is cpu cpu.shares cpu.weight 333 42
}

@test "update changes realtime scheduling" {
	v1_only
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || needs_config CONFIG_RT_GROUP_SCHED "cpu.rt_runtime_us"
	running
	update --cpu-rt-period 800000 --cpu-rt-runtime 50000
	limit_is cpu cpu.rt_period_us - 800000
	limit_is cpu cpu.rt_runtime_us - 50000
}

# bats test_tags=cgroup
@test "update changes CPUs and memory nodes" {
	running
	update --cpuset-cpus 0 --cpuset-mems 0
	limit_is cpuset cpuset.cpus cpuset.cpus 0
	limit_is cpuset cpuset.mems cpuset.mems 0
}

@test "update changes the weight of block I/O" {
	v1_only
	running
	[ -e "/sys/fs/cgroup/blkio/$ID/blkio.bfq.weight" ] || needs_config CONFIG_IOSCHED_BFQ bfq
	update --blkio-weight 300
	limit_is blkio blkio.bfq.weight - 300
}

# bats test_tags=cgroup
@test "update reads resources from stdin" {
	running
	update_from '{"memory":{"limit":67108864,"swap":67108864,"reservation":1048576},"pids":{"limit":33},
		"cpu":{"shares":100,"quota":30000,"period":60000,"cpus":"0","mems":"0"}}'
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is memory memory.soft_limit_in_bytes memory.low 1048576
	limit_is pids pids.max pids.max 33
	limit_is cpu cpu.cfs_quota_us cpu.max 30000 "30000 60000"
	limit_is cpuset cpuset.cpus cpuset.cpus 0
}

@test "update reads resources from a file and ignores the other options then" {
	running
	update --pids-limit 50
	echo '{"memory":{"limit":67108864}}' >"$BATS_TEST_TMPDIR/r"
	rt_ok update -r "$BATS_TEST_TMPDIR/r" --pids-limit 60 "$ID"
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is pids pids.max pids.max 50
}

# bats test_tags=cgroup
@test "update changes throttles and swappiness" {
	rt_only "runc 1.1 updates none of them"
	local disk
	disk=$(disk)
	[ -n "$disk" ] || lacks io "no disk"
	lock_hugetlb
	local controlled=/sys/fs/cgroup/unified/cgroup.subtree_control before=
	[ ! -e $controlled ] || before=$(<$controlled)
	running
	update_from "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${disk%:*},\"minor\":${disk#*:},\"rate\":1048576}],
		\"throttleWriteIOPSDevice\":[{\"major\":${disk%:*},\"minor\":${disk#*:},\"rate\":100}]}}"
	if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
		limit_is blkio blkio.throttle.read_bps_device - "$disk 1048576"
		limit_is blkio blkio.throttle.write_iops_device - "$disk 100"
	else
		limit_is - - io.max - "$disk rbps=1048576 wbps=max riops=max wiops=100"
	fi
	v1_only
	update_from '{"memory":{"swappiness":7}}'
	limit_is memory memory.swappiness - 7
	# For whoever mounts it as v1.
	rt_ok delete --force "$ID"
	[[ ! -e $controlled || $before == *hugetlb* ]] || echo -hugetlb >$controlled
}

# bats test_tags=cgroup
@test "update changes the limits of huge pages" {
	rt_only "runc 1.1 updates none of them"
	has_controller hugetlb || lacks hugetlb "no cgroup controller hugetlb"
	running
	update_from '{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}'
	limit_is hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max 4194304
	limit_is hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max 4194304
}

# bats test_tags=cgroup
@test "what update does not name stays as it is" {
	running '.linux.resources = {memory: {limit: 67108864, swap: 67108864}, pids: {limit: 44}, cpu: {shares: 300, cpus: "0"}}'
	update --memory-reservation 1048576
	update_from '{}'
	! is_rt || update_from '{"memory":null,"cpu":{"cpus":"","mems":"","shares":0},"pids":{}}'
	# As Docker's engine asks for an update of nothing.
	update_from '{"devices":null,"memory":{},"cpu":{"cpus":"","mems":""},"blockIO":{"weight":0},"hugepageLimits":[],"network":null,"unified":null}'
	update
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is pids pids.max pids.max 44
	limit_is cpuset cpuset.cpus cpuset.cpus 0
	limit_is cpu cpu.shares cpu.weight 300 "$(weight 39 12)"
}

@test "update remembers earlier updates" {
	running '.linux.resources = {cpu: {quota: 50000, period: 100000}}'
	update --cpu-period 50000
	update --cpu-quota 20000
	update --memory 64M --memory-swap 64M
	update --memory-swap 128M
	limit_is cpu cpu.cfs_period_us cpu.max 50000 "20000 50000"
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 134217728 67108864
}

# bats test_tags=cgroup
@test "update ignores rules about devices" {
	running
	local before=''
	[ ! -e "/sys/fs/cgroup/devices/$ID" ] || before=$(<"/sys/fs/cgroup/devices/$ID/devices.list")
	update_from '{"devices":[{"allow":true,"type":"a","access":"rwm"}],"pids":{"limit":9}}'
	limit_is pids pids.max pids.max 9
	[ -z "$before" ] || assert_equal "$(<"/sys/fs/cgroup/devices/$ID/devices.list")" "$before"
}

# bats test_tags=cgroup
@test "update works on created and on paused containers" {
	create_ok
	update --pids-limit 21
	limit_is pids pids.max pids.max 21
	rt_ok start "$ID"
	rt_ok pause "$ID"
	update --pids-limit 22 --cpu-share 500 --memory 64M
	limit_is pids pids.max pids.max 22
	assert_status paused
	rt_ok resume "$ID"
	assert_status running
}

@test "update refuses a stopped container" {
	args true
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt update --pids-limit 20 "$ID"
	assert_fails "container not running"
}

@test "update refuses an unknown container" {
	rt update --pids-limit 20 "$ID"
	assert_fails "does not exist"
}

@test "update refuses what is no number and names the option" {
	local option
	running
	for option in cpu-period cpu-quota cpu-share cpu-rt-period cpu-rt-runtime memory memory-swap memory-reservation pids-limit blkio-weight; do
		rt update "--$option" lots "$ID"
		assert_fails "$option"
	done
	rt update --memory 10X "$ID"
	assert_fails 10X
}

@test "update refuses resources that are not JSON or not there" {
	running
	echo '{"memory":' >"$BATS_TEST_TMPDIR/r"
	rt update --resources "$BATS_TEST_TMPDIR/r" "$ID"
	assert_fails
	rt update --resources "$BATS_TEST_TMPDIR/no" "$ID"
	assert_fails "$BATS_TEST_TMPDIR/no" "no such file"
	echo '{"memory":{"limit":"many"}}' >"$BATS_TEST_TMPDIR/r"
	rt update --resources "$BATS_TEST_TMPDIR/r" "$ID"
	assert_fails
	assert_rt_says "linux.resources.memory.limit"
}

# bats test_tags=cgroup
@test "an update that is refused in part changes nothing" {
	rt_only "runc leaves half of it"
	running '.linux.resources = {pids: {limit: 44}, cpu: {shares: 300}}'
	printf '{"pids":{"limit":55},"cpu":{"shares":400,"quota":50000,"period":50000},"memory":{"limit":67108864},
		"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":1,"rate":5}]}}' >"$BATS_TEST_TMPDIR/r"
	rt update -r "$BATS_TEST_TMPDIR/r" "$ID"
	assert_fails "linux.resources.blockIO.throttleReadBpsDevice[0]" "no such block device"
	limit_is pids pids.max pids.max 44
	limit_is cpu cpu.shares cpu.weight 300 "$(weight 39 12)"
	limit_is cpu cpu.cfs_quota_us cpu.max -1 "max 100000"
	limit_is memory memory.limit_in_bytes memory.max 9223372036854771712 max
	# what was refused is not remembered
	update --cpu-share 310
	limit_is pids pids.max pids.max 44
}

@test "values that contradict each other are refused before anything is written" {
	rt_only "the text is ours"
	running '.linux.resources = {memory: {limit: 67108864, swap: 67108864}}'
	rt update --memory 128M --pids-limit 5 "$ID"
	assert_fails "linux.resources.memory.swap"
	limit_is pids pids.max pids.max max
}

@test "update names the keys that it does not know" {
	rt_only "others are silent"
	running
	echo '{"memroy":{"limit":1}}' >"$BATS_TEST_TMPDIR/r"
	RT_GLOBAL=(--log "$BATS_TEST_TMPDIR/log" --log-format json)
	rt_ok update -r "$BATS_TEST_TMPDIR/r" "$ID"
	file_has "$BATS_TEST_TMPDIR/log" "memroy"
}

@test "update of Intel RDT is refused for a container without linux.intelRdt, and changes nothing" {
	running '.linux.resources = {pids: {limit: 20}}'
	rt update --l3-cache-schema "L3:0=f" --pids-limit 30 "$ID"
	assert_fails "Intel RDT"
	rt_ok events --stats "$ID"
	assert_equal "$(jq .data.pids.limit "$OUT")" 20
	rt update --l3-cache-schema "L3:0=f" "$ID"
	assert_fails "Intel RDT"
	rt update --mem-bw-schema "MB:0=20" "$ID"
	assert_fails "Intel RDT"
}

# bats test_tags=cgroup
@test "a limit below what is used is refused if checkBeforeUpdate says so" {
	is_rt || v1_only
	script 'dd if=/dev/zero of=/dev/shm/data bs=1M count=24 2>/dev/null; echo ready; sleep 1000' \
		'.linux.resources = {memory: {limit: 67108864, swap: 67108864}}'
	create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" ready
	printf '{"memory":{"limit":8388608,"swap":8388608,"checkBeforeUpdate":true}}' >"$BATS_TEST_TMPDIR/r"
	rt update -r "$BATS_TEST_TMPDIR/r" "$ID"
	assert_fails
	assert_rt_says linux.resources.memory.limit
	assert_status running
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is memory memory.memsw.limit_in_bytes memory.swap.max 67108864 0
}

# bats test_tags=cgroup
@test "update of what cgroup v1 has alone is a warning elsewhere, and changes the rest" {
	rt_only "runc is silent about it"
	[ -e /sys/fs/cgroup/cgroup.controllers ] || lacks cgroup2 "cgroup v1 has it all"
	running
	rt_ok update --cpu-rt-period 800000 --cpu-rt-runtime 50000 --kernel-memory 1M --kernel-memory-tcp 1M --pids-limit 20 "$ID"
	local field
	for field in cpu.realtimePeriod cpu.realtimeRuntime memory.kernel memory.kernelTCP; do
		file_has "$ERR" "linux.resources.$field: ignored" || fail "no warning about $field"
	done
	assert_equal "$(wc -l <"$ERR")" 4
	limit_is pids pids.max pids.max 20
}

# bats test_tags=cgroup
@test "update sets any file of a cgroup v2, and refuses what is not there" {
	rt_only "runc 1.1 does not update them"
	[ -e /sys/fs/cgroup/cgroup.controllers ] || lacks cgroup2 "cgroup v1 alone has controllers"
	running '.linux.resources = {unified: {"memory.high": "67108864", "pids.max": "50"}}'
	update_from '{"unified":{"memory.high":"33554432","cgroup.max.depth":"3"}}'
	limit_is - - memory.high - 33554432
	limit_is - - cgroup.max.depth - 3
	limit_is - - pids.max - 50
	printf '{"unified":{"nosuch.max":"1","pids.max":"60"}}' >"$BATS_TEST_TMPDIR/r"
	rt update -r "$BATS_TEST_TMPDIR/r" "$ID"
	assert_fails linux.resources.unified nosuch.max
	limit_is - - pids.max - 50
}
