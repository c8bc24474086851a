#!/usr/bin/env bats
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	args sleep 1000
}

# watched FILTER: the container runs, events watches it, and then /go is there.
watched() {
	running "$1"
	rt_background events --interval 500ms "$ID"
	wait_for 5 lines 1 || fail "$(<"$BG_OUT")"
	touch "$ROOTFS/go"
}

# data FILTER [JQ-OPTION...]: of the last call's statistics.
data() {
	local filter=$1
	shift
	jq -c ".data | $filter" "$OUT" "$@"
}

lines() {
	[ "$(wc -l <"$BG_OUT")" -ge "$1" ]
}

@test "events --stats prints one line of JSON and ends" {
	running
	rt_ok events --stats "$ID"
	[ -z "$stderr" ]
	[ "$(wc -l <"$OUT")" -eq 1 ] || fail "want one line"
	assert_equal "$(jq -r '.type + " " + .id' "$OUT")" "stats $ID"
}

# bats test_tags=cgroup
@test "the statistics have the keys and the limits that clients decode" {
	running '.linux.resources = {memory: {limit: 67108864, swap: 134217728}, pids: {limit: 55}}'
	rt_ok events --stats "$ID"
	assert_equal "$(data '.pids')" '{"current":1,"limit":55}'
	assert_equal "$(data '.memory.usage.limit')" 67108864
	assert_equal "$(data '.memory.swap.limit')" 134217728
	assert_equal "$(data '.memory.raw | has("pgfault")')" true
	assert_equal "$(data '.memory.usage.usage > 0 and .cpu.usage.total > 0')" true
	assert_equal "$(data '[.cpu.usage | has("kernel", "user")] | all')" true
	assert_equal "$(data '[has("cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces")] | all')" true
	assert_equal "$(data '[.memory | has("usage", "swap", "kernel", "kernelTCP")] | all')" true
	assert_equal "$(data '[.. | numbers | select(. < 0)] | length <= 1')" true # sched_relax_domain_level
	assert_equal "$(data 'del(.. | .psi?) | [.. | numbers | select(. != floor)] | length')" 0
}

# bats test_tags=cgroup
@test "the statistics have no keys besides those that clients decode" {
	script 'cat /bin/busybox >/dev/null; sync; echo ready; sleep 1000'
	running
	wait_output "$CREATE_OUT" ready
	rt_ok events --stats "$ID"
	# assert_keys FILTER KEY...
	assert_keys() {
		local filter=$1
		shift
		assert_equal "$(data "[$filter | objects | keys[]] - \$ARGS.positional | unique" --args -- "$@")" "[]" "further keys of $filter"
	}
	assert_keys . cpu cpuset memory pids blkio hugetlb rdma intel_rdt network_interfaces
	assert_keys .cpu usage throttling psi
	assert_keys .cpu.usage total percpu percpu_kernel percpu_user kernel user
	assert_keys .cpu.throttling periods throttledPeriods throttledTime
	assert_keys .memory cache usage swap kernel kernelTCP raw psi
	assert_keys ".memory | .usage, .swap, .kernel, .kernelTCP" limit usage max failcnt
	assert_keys .pids current limit
	assert_keys .blkio ioServiceBytesRecursive ioServicedRecursive ioQueueRecursive ioServiceTimeRecursive ioWaitTimeRecursive \
		ioMergedRecursive ioTimeRecursive sectorsRecursive psi
	assert_keys ".blkio[] | arrays[]" major minor op value
	assert_keys ".hugetlb[]?" usage max failcnt
	assert_keys ".network_interfaces | arrays[]" Name RxBytes RxPackets RxErrors RxDropped TxBytes TxPackets TxErrors TxDropped
	assert_equal "$(data '[.cpu.usage | has("total", "kernel", "user")] | all')" true
	assert_equal "$(data '[.memory | .usage, .swap, .kernel, .kernelTCP | has("limit", "failcnt")] | all')" true
}

# bats test_tags=cgroup
@test "the statistics say what has no limit as the kernel does" {
	running '.linux.resources = {memory: {reservation: 1048576}}'
	rt_ok events --stats "$ID"
	# As text: a number this large is another one for jq.
	if [ -e "/sys/fs/cgroup/memory/$ID" ]; then
		[[ $stdout == *'"limit":9223372036854771712'* ]] || fail "cgroup v1"
	else
		[[ $stdout == *'"limit":18446744073709551615'* ]] || fail "cgroup v2"
	fi
}

# bats test_tags=cgroup
@test "the statistics of throttling are those of the kernel" {
	script 'echo ready; while :; do :; done'
	running '.linux.resources = {cpu: {quota: 10000, period: 50000}}'
	sleep 0.4
	rt_ok events --stats "$ID"
	assert_equal "$(data '.cpu.throttling | .periods >= 2 and .throttledPeriods >= 2 and .throttledTime > 10000000')" true
}

# bats test_tags=cgroup
@test "events --stats works on created and on paused containers" {
	create_ok
	rt_ok events --stats "$ID"
	! is_rt || assert_equal "$(data .pids.current)" 1
	rt_ok start "$ID"
	rt_ok pause "$ID"
	rt_ok events --stats "$ID"
	assert_equal "$(data .pids.current)" 1
}

@test "network interfaces are those of the container's network namespace" {
	rt_only "runc knows of none"
	running
	status_of
	nsenter -t "$container_pid" -n ip link set lo up
	nsenter -t "$container_pid" -n ping -c 2 -i 0.2 127.0.0.1 >/dev/null 2>&1 || nsenter -t "$container_pid" -n sh -c 'echo x >/dev/udp/127.0.0.1/9' 2>/dev/null ||
		nsenter -t "$container_pid" -n bash -c 'echo x >/dev/udp/127.0.0.1/9'
	rt_ok events --stats "$ID"
	assert_equal "$(data '.network_interfaces[] | select(.Name == "lo") | .RxBytes > 0 and .RxBytes == .TxBytes and .RxPackets > 0')" true
}

@test "a container in the host's network has no network interfaces of its own" {
	running 'del(.linux.namespaces[] | select(.type == "network"))'
	rt_ok events --stats "$ID"
	assert_equal "$(data .network_interfaces)" null
}

# bats test_tags=cgroup
@test "events prints statistics at every interval and ends with the container" {
	running
	rt_background events --interval 100ms "$ID"
	wait_for 5 lines 3 || fail "$(<"$BG_OUT")"
	assert_equal "$(jq -r .type "$BG_OUT" | sort -u)" stats
	rt_ok kill "$ID" KILL
	if ! is_rt; then
		wait_status stopped
		rt_ok delete "$ID" # only then it ends
	fi
	wait_for 5 eval '! kill -0 $BG 2>/dev/null' || fail "it goes on"
	wait_background "$BG"
	assert_equal "$status" 0
}

# bats test_tags=cgroup
@test "events tells when the container is out of memory" {
	script 'until [ -e /go ]; do sleep 0.05; done; dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1000'
	watched '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
	wait_for 5 file_has "$BG_OUT" '{"type":"oom","id":"'"$ID"'"}' || fail "$(<"$BG_OUT")"
	kill -0 "$BG"
	assert_status running
}

# bats test_tags=cgroup
@test "events ends with an oom event when the lack of memory ends the container" {
	script 'until [ -e /go ]; do sleep 0.05; done; exec dd if=/dev/zero of=/dev/null bs=64M count=1'
	watched '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
	wait_for 5 file_has "$BG_OUT" '"type":"oom"' || fail "$(<"$BG_OUT")"
	wait_status stopped
	is_rt || return 0
	wait_for 5 eval '! kill -0 $BG 2>/dev/null' || fail "it goes on"
	wait_background "$BG"
	assert_equal "$status" 0
}

@test "events ends when it gets TERM" {
	running
	rt_background events --interval 100ms "$ID"
	wait_for 5 lines 1
	kill -TERM "$BG"
	wait_for 2 eval '! kill -0 $BG 2>/dev/null' || fail "it goes on"
	assert_status running
}

@test "events refuses an interval that is none" {
	local i
	running
	for i in 0s -1s 0 soon; do
		rt events --interval "$i" "$ID"
		assert_fails
		assert_rt_says --interval
	done
}

@test "events refuses a stopped container" {
	args true
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt events --stats "$ID"
	assert_fails "container with id $ID is not running"
	rt events "$ID"
	assert_fails "container with id $ID is not running"
}

@test "events refuses an unknown container" {
	rt events --stats "$ID"
	assert_fails "does not exist"
}
