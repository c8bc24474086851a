#!/usr/bin/env bats
# What limits do to real work, in numbers. Each measurement takes under two seconds;
# other load on the machine takes from all containers alike, so ratios are compared
# and times of CPU, not of the clock, where that is possible.
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
}

# bundle NAME [FILTER]: a second bundle, beside $BUNDLE, that runs the same root.
bundle() {
	mkdir -p "$BATS_TEST_TMPDIR/$1"
	jq --arg root "$ROOTFS" --arg id "$ID-$1" '.root.path = $root | .linux.cgroupsPath = "/" + $id | '"${2:-.}" \
		"$CONFIG" >"$BATS_TEST_TMPDIR/$1/config.json"
}

# start_as NAME: the container $ID-NAME of that bundle.
start_as() {
	rt_ok run -d --bundle "$BATS_TEST_TMPDIR/$1" "$ID-$1"
}

# cpu_time [ID]: nanoseconds that a container has used. %d of mawk ends at 2 seconds of them.
cpu_time() {
	local dir=/sys/fs/cgroup/cpuacct/${1:-$ID}
	if [ -e "$dir/cpuacct.usage" ]; then
		cat "$dir/cpuacct.usage"
	else
		awk '/^usage_usec/ {printf "%.0f\n", $2 * 1000}' "/sys/fs/cgroup/${1:-$ID}/cpu.stat"
	fi
}

# used_more ID NANOSECONDS
used_more() {
	[ "$(cpu_time "$1")" -gt "$2" ]
}

# throttle_stat KEY: a number of the cgroup's cpu.stat.
throttle_stat() {
	awk -v k="$1" '$1 == k {print $2}' "/sys/fs/cgroup/cpu/$ID/cpu.stat" 2>/dev/null ||
		awk -v k="$1" '$1 == k {print $2}' "/sys/fs/cgroup/$ID/cpu.stat"
}

between() {
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ] || fail "${4:-value} is $1, want $2 to $3"
}

busy='while :; do :; done'

# bats test_tags=cgroup
@test "a process that touches 280 MiB under a limit of 200 MiB is killed and events says so" {
	script 'sleep 0.7; dd if=/dev/zero of=/dev/null bs=280M count=1; echo "dd $?"; sleep 1000' \
		'.linux.resources = {memory: {limit: 209715200, swap: 209715200}}'
	create_ok
	rt_ok start "$ID"
	rt_background events --interval 10s "$ID"
	wait_output "$CREATE_OUT" "dd 137"
	wait_for 5 file_has "$BG_OUT" '"type":"oom"' || fail "events says: $(<"$BG_OUT")"
	assert_status running
	rt_ok exec "$ID" dd if=/dev/zero of=/dev/null bs=180M count=1
}

# bats test_tags=cgroup
@test "shares of 1024 and 512 divide one CPU two to one" {
	local a b
	args sh -c "$busy"
	bundle large '.linux.resources = {cpu: {shares: 1024, cpus: "0"}}'
	bundle small '.linux.resources = {cpu: {shares: 512, cpus: "0"}}'
	start_as large
	start_as small
	sleep 0.2
	a=$(cpu_time "$ID-large") b=$(cpu_time "$ID-small")
	wait_for 20 used_more "$ID-large" "$((a + 1000000000))"
	a=$(($(cpu_time "$ID-large") - a)) b=$(($(cpu_time "$ID-small") - b))
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		between "$((a * 100 / b))" 140 220 "the ratio in percent" # 100 : 59 by the conversion
	else
		between "$((a * 100 / b))" 180 220 "the ratio in percent"
	fi
}

# bats test_tags=cgroup
@test "a quota of half the period gives half a CPU" {
	local a start
	args sh -c "$busy"
	config '.linux.resources = {cpu: {quota: 25000, period: 50000, cpus: "0"}}'
	create_ok
	rt_ok start "$ID"
	sleep 0.2
	start=${EPOCHREALTIME/[.,]/}
	a=$(cpu_time)
	sleep 1.5
	a=$(($(cpu_time) - a))
	start=$((${EPOCHREALTIME/[.,]/} - start))
	# thousandths of a CPU; on a loaded machine the container may get less, not more
	a=$((a / start))
	[ "$a" -le 550 ] || fail "it got $a thousandths of a CPU"
	[ "$a" -ge 450 ] || [ "$(cut -d. -f1 /proc/loadavg)" -ge 1 ] || fail "it got $a thousandths of a CPU"
	[ "$(throttle_stat nr_throttled)" -ge 5 ] || fail "it was never throttled"
}

# bats test_tags=cgroup
@test "update of the quota takes effect on a process that runs" {
	local a start
	args sh -c "$busy"
	create_ok
	rt_ok start "$ID"
	rt_ok update --cpu-period 50000 --cpu-quota 10000 "$ID"
	sleep 0.1
	start=${EPOCHREALTIME/[.,]/}
	a=$(cpu_time)
	sleep 1
	a=$((($(cpu_time) - a) / (${EPOCHREALTIME/[.,]/} - start)))
	[ "$a" -le 250 ] || fail "it got $a thousandths of a CPU, want 200"
}

# bats test_tags=cgroup
@test "a cpuset keeps every process on its CPU" {
	[ "$(nproc)" -gt 1 ] || lacks cpus "one CPU"
	script 'probe affinity; for i in 1 2 3; do probe affinity & done; wait' '.linux.resources = {cpu: {cpus: "1"}}'
	run_ok
	assert_equal "$(sort -u "$OUT")" "affinity 1"
	assert_equal "$(wc -l <"$OUT")" 4
}

# bats test_tags=cgroup
@test "update of the cpuset moves what runs" {
	[ "$(nproc)" -gt 1 ] || lacks cpus "one CPU"
	args sh -c "$busy"
	config '.linux.resources = {cpu: {cpus: "0"}}'
	create_ok
	rt_ok start "$ID"
	rt_ok update --cpuset-cpus 1 "$ID"
	status_of
	assert_equal "$(awk '/^Cpus_allowed_list/ {print $2}' "/proc/$container_pid/status")" 1
	moved() { [ "$(awk '{print $39}' "/proc/$container_pid/stat")" = 1 ]; } # processor
	wait_for 2 moved || fail "it runs on CPU 0"
}

# bats test_tags=cgroup
@test "the limit of processes is the number that there can be" {
	script 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; sleep 1000' '.linux.resources = {pids: {limit: 6}}'
	create_ok
	rt_ok start "$ID"
	wait_for 5 eval 'rt ps --format json "$ID"; [ "$(jq length "$OUT")" -ge 6 ] || [ -s "$CREATE_ERR" ]'
	sleep 0.2
	rt ps --format json "$ID"
	[ "$(jq length "$OUT")" -le 6 ] || fail "$stdout"
	[[ $(<"$CREATE_ERR") == *"can't fork"* ]] || fail "no fork failed"
}

# bats test_tags=cgroup
@test "a throttle on writes slows them down" {
	local disk dev
	disk=$(awk '$4 ~ /^(vd|sd|nvme|xvd)/ {print $1 ":" $2; exit}' /proc/partitions)
	[ -n "$disk" ] || lacks io "no disk"
	dev=$(findmnt -n -o MAJ:MIN -T "$BATS_TEST_TMPDIR" | tr -d " ")
	[ "$dev" = "$disk" ] || lacks io "$BATS_TEST_TMPDIR is not on the disk $disk"
	mkdir "$BATS_TEST_TMPDIR/data"
	jq --arg dir "$BATS_TEST_TMPDIR/data" --argjson major "${disk%:*}" --argjson minor "${disk#*:}" \
		'.process.args = ["dd", "if=/dev/zero", "of=/data/file", "bs=64k", "count=16", "oflag=direct"]
		| .mounts += [{destination: "/data", source: $dir, options: ["bind", "rw"]}]
		| .linux.resources = {blockIO: {throttleWriteBpsDevice: [{major: $major, minor: $minor, rate: 1048576}]}}' \
		"$CONFIG" >"$CONFIG.new"
	mv "$CONFIG.new" "$CONFIG"
	run_ok
	[ "$elapsed" -ge 800 ] || fail "1 MiB at 1 MiB/s took $elapsed ms"
	[ "$elapsed" -le 6000 ] || fail "1 MiB at 1 MiB/s took $elapsed ms"
}

# bats test_tags=cgroup
@test "pause stops a busy process's use of the CPU and resume continues it" {
	local a b
	args sh -c "$busy"
	create_ok
	rt_ok start "$ID"
	rt_ok pause "$ID"
	a=$(cpu_time)
	sleep 0.5
	b=$(cpu_time)
	assert_equal "$b" "$a"
	rt_ok resume "$ID"
	sleep 0.5
	[ "$(cpu_time)" -gt "$((b + 50000000))" ] || fail "it does not run"
}

@test "no cgroup directory is left after 200 containers" {
	local i before after
	before=$(find /sys/fs/cgroup -type d -name "rt-$RT_TEST_TAG*" | wc -l)
	args true
	bundle many
	for i in $(seq 200); do
		"$RUNTIME" --root "$STATE" create --bundle "$BATS_TEST_TMPDIR/many" "$ID-many" </dev/null >/dev/null 2>&1 3>&- || fail "create $i"
		"$RUNTIME" --root "$STATE" delete --force "$ID-many" </dev/null >/dev/null 2>&1 3>&- || fail "delete $i"
	done
	after=$(find /sys/fs/cgroup -type d -name "rt-$RT_TEST_TAG*" | wc -l)
	assert_equal "$after" "$before" "cgroup directories"
}
