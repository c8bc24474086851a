#!/usr/bin/env bats
# Runs where systemd does, in the host's own namespaces: RT_TEST_HOST=1.
load helpers

setup() {
	[ -d /run/systemd/system ] || lacks systemd "this host was not booted with systemd"
	[ "$RT_TEST_ISOLATED" = no ] || lacks systemd "systemd does not know the pids of a namespace: RT_TEST_HOST=1"
	setup_test
	RT_GLOBAL=(--systemd-cgroup)
	RT_TIMEOUT=60
	UNIT=x-$ID.scope
	config '.linux.cgroupsPath = "system.slice:x:\($id)"' --arg id "$ID"
	args sleep 1000
}

teardown() {
	[ -n "${STATE:-}" ] || return 0
	teardown_test || return
	assert_no_unit "$UNIT"
}

unit_exists() {
	systemctl list-units --all --no-legend --plain "$1" | grep -q .
}

assert_no_unit() {
	wait_for 5 no_unit "$1" || fail "the unit is still there: $(systemctl status "$1" 2>&1)"
}

no_unit() {
	! unit_exists "$1"
}

# property NAME [UNIT]
property() {
	systemctl show --value -p "$1" "${2:-$UNIT}"
}

assert_property() {
	local have
	have=$(property "$1")
	[ "$have" = "$2" ] || fail "property $1 of $UNIT is '$have', want '$2'"
}

# path_of CONTROLLER: the container's cgroup in the hierarchy of a v1 controller, or
# in the unified one; of init, which the last status_of found.
path_of() {
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$container_pid/cgroup")"
	else
		echo "/sys/fs/cgroup/$1$(sed -nE "s/^[0-9]+:([^:]*,)?$1(,[^:]*)?://p" "/proc/$container_pid/cgroup")"
	fi
}

# assert_file CONTROLLER V1FILE V2FILE V1VALUE [V2VALUE]
assert_file() {
	local file=$2 want=$4
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then file=$3 want=${5:-$4}; fi
	assert_equal "$(<"$(path_of "$1")/$file")" "$want" "$file"
}

is_v2() {
	[ -f /sys/fs/cgroup/cgroup.controllers ]
}

@test "create makes a scope with init in it" {
	create_ok
	status_of
	assert_property ActiveState active
	assert_property Slice system.slice
	assert_property Delegate yes
	assert_property DefaultDependencies no
	assert_equal "$(property ControlGroup)" "/system.slice/$UNIT"
	grep -q ":/system.slice/$UNIT\$" "/proc/$container_pid/cgroup"
	grep -qx "$container_pid" "$(path_of pids)/cgroup.procs"
	systemctl status --no-pager "$UNIT" | grep -q "Active: active (running)"
	rt_ok start "$ID"
	assert_status running
}

@test "every hierarchy has the container's cgroup" {
	local line
	create_ok
	status_of
	while read -r line; do
		[[ $line == *:misc:* || $line == *:perf_event:* || $line == *:rdma:* || $line == *:net_cls* ]] && continue
		[[ $line == *":/system.slice/$UNIT" ]] || fail "$line"
	done <"/proc/$container_pid/cgroup"
}

@test "without cgroupsPath the scope is named after the container" {
	UNIT=$(basename "$RUNTIME")-$ID.scope
	config 'del(.linux.cgroupsPath)'
	create_ok
	assert_property ActiveState active
	assert_property Slice system.slice
}

@test "dashes in a slice's name stand for levels" {
	config '.linux.cgroupsPath = "rttest-a-b.slice:x:\($id)"' --arg id "$ID"
	create_ok
	status_of
	assert_property ControlGroup "/rttest.slice/rttest-a.slice/rttest-a-b.slice/$UNIT"
	grep -q ":/rttest.slice/rttest-a.slice/rttest-a-b.slice/$UNIT\$" "/proc/$container_pid/cgroup"
	rt_ok delete --force "$ID"
	systemctl stop rttest.slice
}

@test "an empty slice is the default one" {
	config '.linux.cgroupsPath = ":x:\($id)"' --arg id "$ID"
	create_ok
	assert_property Slice system.slice
}

@test "a container may be in a slice of its own" {
	rt_only "runc asks systemd to put a process into a slice, which it refuses"
	UNIT=rttest-${RT_TEST_TAG}n$BATS_TEST_NUMBER.slice
	config '.linux.cgroupsPath = "::\($u)" | .linux.resources.pids.limit = 40' --arg u "$UNIT"
	create_ok
	status_of
	assert_property ActiveState active
	assert_property TasksMax 40
	grep -q ":/rttest.slice/$UNIT\$" "/proc/$container_pid/cgroup"
	assert_file pids pids.max pids.max 40
	rt_ok delete --force "$ID"
	systemctl stop rttest.slice
}

@test "a path of another form is refused with the form that is wanted" {
	local path paths=("/docker/$ID" "$ID" a:b)
	! is_rt || paths+=("system.slice:a:") # runc 1.1 takes an empty name
	for path in "${paths[@]}"; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		create
		assert_fails "slice:prefix:name"
	done
	config '.linux.cgroupsPath = "nosuch:x:\($id)"' --arg id "$ID"
	create
	assert_fails slice
	config '.linux.cgroupsPath = "a/b.slice:x:\($id)"' --arg id "$ID"
	create
	assert_fails slice
}

@test "limits are systemd's properties and the kernel's" {
	config '.linux.resources = {memory: {limit: 33554432, swap: 33554432, reservation: 16777216}, pids: {limit: 77}, cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0"}}'
	create_ok
	status_of
	assert_property TasksMax 77
	assert_property CPUQuotaPerSecUSec 500ms
	if is_v2; then
		assert_property MemoryMax 33554432
		! is_rt || assert_property MemorySwapMax 0 # runc 1.1 takes 0 for no limit
		assert_property MemoryLow 16777216
		assert_property AllowedCPUs 0
		is_rt && assert_property CPUWeight 59
	else
		assert_property MemoryLimit 33554432
		assert_property CPUShares 512
	fi
	assert_file memory memory.limit_in_bytes memory.max 33554432
	assert_file pids pids.max pids.max 77
	assert_file cpu cpu.cfs_quota_us cpu.max 50000 "50000 100000"
	assert_file cpuset cpuset.cpus cpuset.cpus 0
}

@test "a daemon-reload undoes no limit" {
	! is_v2 || rt_only "runc 1.1 has no limit for swap of 0, and tells systemd another quota than the kernel"
	config '.linux.resources = {memory: {limit: 33554432, swap: 33554432}, pids: {limit: 77}, cpu: {shares: 512, quota: 12345, period: 50000, cpus: "0"}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	create_ok
	rt_ok start "$ID"
	status_of
	local before after
	limits() { (cd "$(path_of "$1")" && grep -s . "${@:2}"); }
	all_limits() {
		limits memory memory.max memory.swap.max memory.limit_in_bytes memory.memsw.limit_in_bytes
		limits pids pids.max
		limits cpu cpu.max cpu.weight cpu.idle cpu.shares cpu.cfs_quota_us cpu.cfs_period_us
		limits cpuset cpuset.cpus cpuset.mems
		limits hugetlb hugetlb.2MB.max hugetlb.2MB.limit_in_bytes
		true
	}
	before=$(all_limits)
	[[ $before == *33554432* ]] || fail "$before"
	systemctl daemon-reload
	systemctl set-property --runtime "$UNIT" CPUAccounting=yes # makes systemd write again
	after=$(all_limits)
	assert_equal "$after" "$before"
	is_rt || return 0
	rt_ok update --memory 50331648 --memory-swap 50331648 --pids-limit 66 --cpu-quota 30000 --cpu-share 256 "$ID"
	before=$(all_limits)
	[[ $before == *50331648* && $before == *66* ]] || fail "$before"
	systemctl daemon-reload
	systemctl set-property --runtime "$UNIT" CPUAccounting=yes
	assert_equal "$(all_limits)" "$before"
}

# /dev/kmsg, which can be opened for reading by whoever has CAP_SYSLOG.
KMSG='.process.capabilities = (["CAP_MKNOD", "CAP_SYSLOG"] as $c | {bounding: $c, effective: $c, permitted: $c})
	| .linux.devices = [{type: "c", path: "/dev/kmsg", major: 1, minor: 11, fileMode: 438, uid: 0, gid: 0}]'

# assert_devices: the container may read null and write kmsg, and not read kmsg.
assert_devices() {
	# shellcheck disable=SC2016
	rt exec "$ID" sh -c 'try() { if sh -c ": $1" 2>/dev/null; then echo "$1 yes"; else echo "$1 no"; fi; }
		try "</dev/null"; try ">/dev/kmsg"; try "</dev/kmsg"'
	assert_equal "${stdout//$'\n'/ }" "</dev/null yes >/dev/kmsg yes </dev/kmsg no"
}

@test "a daemon-reload undoes no device rule" {
	config "$KMSG"'| .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "w"}]'
	create_ok
	rt_ok start "$ID"
	assert_devices
	systemctl daemon-reload
	assert_devices
	systemctl set-property --runtime "$UNIT" CPUAccounting=yes
	assert_devices
	rt_ok update --pids-limit 55 "$ID"
	assert_devices
	systemctl daemon-reexec
	assert_devices
}

@test "rules that systemd has no words for are enforced all the same" {
	is_v2 || skip "cgroup v1 has no rules of that kind"
	config "$KMSG"'| .linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 1, minor: 11, access: "r"}]'
	create_ok
	rt_ok start "$ID"
	assert_devices
	is_rt || return 0 # runc 1.1 has told systemd to deny everything
	systemctl daemon-reload
	assert_devices
}

@test "update changes the kernel's limits and systemd's properties" {
	config '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 77}}'
	create_ok
	rt_ok start "$ID"
	status_of
	rt_ok update --memory 67108864 --pids-limit 44 --cpu-period 200000 --cpu-quota 100000 "$ID"
	assert_property TasksMax 44
	assert_property CPUQuotaPerSecUSec 500ms
	assert_property CPUQuotaPeriodUSec 200ms
	if is_v2; then assert_property MemoryMax 67108864; else assert_property MemoryLimit 67108864; fi
	assert_file memory memory.limit_in_bytes memory.max 67108864
	assert_file pids pids.max pids.max 44
	assert_file cpu cpu.cfs_quota_us cpu.max 100000 "100000 200000"
	rt_ok update --pids-limit -1 "$ID"
	assert_property TasksMax infinity
	assert_file pids pids.max pids.max max
	# nothing that would outlive a reboot
	[ -z "$(find /etc/systemd /var/lib/systemd -path "*$UNIT*")" ]
}

@test "an update that the kernel refuses changes neither" {
	rt_only "runc leaves what it has changed"
	config '.linux.resources = {pids: {limit: 77}}'
	create_ok
	status_of
	rt update --pids-limit 44 --cpu-period 5 --cpu-quota 1 "$ID"
	assert_fails
	assert_property TasksMax 77
	assert_file pids pids.max pids.max 77
}

@test "the smallest limits let the container start" {
	rt_only "runc needs several processes and more memory"
	config '.linux.resources = {memory: {limit: 1048576}, pids: {limit: 1}}'
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	assert_status running
	assert_property TasksMax 1
	assert_file pids pids.max pids.max 1
	systemctl daemon-reload
	assert_file pids pids.max pids.max 1
}

@test "annotations set properties of the unit" {
	config '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 12000000", "org.systemd.property.CollectMode": "\u0027inactive\u0027", "org.systemd.property.RuntimeMaxSec": "1000", "other": "x"}'
	create_ok
	assert_property TimeoutStopUSec 12s
	assert_property CollectMode inactive
	assert_property RuntimeMaxUSec "16min 40s"
}

@test "annotations that are no properties are refused" {
	config '.annotations = {"org.systemd.property.TimeoutStopUSec": "ten"}'
	create
	assert_fails TimeoutStopUSec
	assert_no_unit "$UNIT"
	config '.annotations = {"org.systemd.property.NoSuchThing": "1"}'
	create
	assert_fails NoSuchThing
	assert_no_unit "$UNIT"
	is_rt || return 0
	config '.annotations = {"org.systemd.property.PIDs": "[uint32 1]"}'
	create
	assert_fails "the runtime sets"
}

@test "pause stops the container and no daemon-reload lets it go on" {
	script 'i=0; while :; do i=$((i+1)); echo $i >/count; done'
	config '.root.readonly = false'
	create_ok
	rt_ok start "$ID"
	wait_for 10 test -s "$ROOTFS/count"
	rt_ok pause "$ID"
	local now
	now=$(<"$ROOTFS/count")
	systemctl daemon-reload
	sleep 0.3
	assert_equal "$(<"$ROOTFS/count")" "$now"
	assert_status paused
	rt_ok resume "$ID"
	wait_for 10 counts_on "$now"
	rt_ok pause "$ID"
	rt_ok delete --force "$ID"
	assert_no_unit "$UNIT"
}

counts_on() {
	[ "$(<"$ROOTFS/count")" != "$1" ]
}

@test "exec enters the scope" {
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/cgroup
	assert_has "/system.slice/$UNIT"
}

@test "with a cgroup namespace the scope is the root" {
	config '.linux.namespaces += [{type: "cgroup"}]'
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/cgroup
	assert_lacks "$UNIT"
}

@test "a container in a user namespace is in its scope" {
	use_userns
	create_ok
	status_of
	grep -q ":/system.slice/$UNIT\$" "/proc/$container_pid/cgroup"
	rt_ok start "$ID"
	rt_ok exec "$ID" id -u
	assert_out 0
}

@test "run leaves no unit" {
	args true
	run_ok
	assert_no_unit "$UNIT"
	script 'exit 7'
	rt run --bundle "$BUNDLE" "$ID"
	assert_equal "$status" 7
	assert_no_unit "$UNIT"
}

@test "delete leaves no unit, also without --systemd-cgroup" {
	create_ok
	rt_ok start "$ID"
	RT_GLOBAL=()
	rt_ok delete --force "$ID"
	assert_no_unit "$UNIT"
	[ -z "$(find /sys/fs/cgroup -name "$UNIT")" ]
}

@test "delete removes cgroups that the container made" {
	config '.linux.namespaces += [{type: "cgroup"}]'
	create_ok
	rt_ok start "$ID"
	status_of
	mkdir "$(path_of pids)/sub" "$(path_of pids)/sub/sub"
	rt_ok delete --force "$ID"
	assert_no_unit "$UNIT"
	[ -z "$(find /sys/fs/cgroup -name "$UNIT")" ]
}

@test "a create that fails leaves no unit" {
	args /no/such/program
	create
	assert_fails
	assert_no_unit "$UNIT"
	args sleep 1000
	config '.hooks = {createRuntime: [{path: "/bin/false"}]}'
	create
	assert_fails
	assert_no_unit "$UNIT"
	[ -z "$(find /sys/fs/cgroup -name "$UNIT")" ]
}

@test "what a killed create has made is removed by delete --force" {
	config '.hooks = {createRuntime: [{path: "/bin/sleep", args: ["sleep", "1000"]}]}'
	rt_background create --bundle "$BUNDLE" "$ID"
	wait_for 20 unit_exists "$UNIT"
	kill -KILL "$BG"
	RT_GLOBAL=()
	rt_ok delete --force "$ID"
	assert_no_unit "$UNIT"
	[ -z "$(find /sys/fs/cgroup -name "$UNIT")" ]
}

@test "the lost record of a container is no reason to leave its unit" {
	rt_only "runc has one record only"
	create_ok
	echo broken >"$STATE/$ID/state.json"
	RT_GLOBAL=()
	rt_ok delete --force "$ID"
	assert_no_unit "$UNIT"
}

@test "a unit that has failed does not keep its name" {
	rt_only "runc 1.1 takes a unit that is there for its own"
	systemd-run --scope --quiet --unit="$UNIT" -p RuntimeMaxSec=1 sleep 30 || true
	wait_for 5 unit_failed || fail "$(systemctl status "$UNIT" 2>&1)"
	create_ok
	assert_property ActiveState active
}

unit_failed() {
	[ "$(property ActiveState)" = failed ]
}

@test "a unit that is somebody else's is left alone" {
	rt_only "runc 1.1 takes a unit that is there for its own"
	in_background systemd-run --scope --quiet --unit="$UNIT" sleep 1000
	local other=$BG
	wait_for 10 unit_exists "$UNIT"
	create
	assert_fails "$UNIT"
	kill -0 "$other"
	assert_property ActiveState active
	kill -KILL "$other"
}

@test "a container whose scope is stopped is stopped" {
	rt_only "runc 1.1 leaves the failed unit behind"
	# As process 1 the program ignores TERM; systemd would wait 90 seconds.
	config '.annotations["org.systemd.property.TimeoutStopUSec"] = "uint64 1000000"'
	create_ok
	rt_ok start "$ID"
	systemctl stop "$UNIT"
	wait_status stopped
	rt_ok delete "$ID"
}

@test "nothing is amiss after the bus or systemd was restarted" {
	create_ok
	rt_ok start "$ID"
	systemctl restart dbus
	rt_ok update --pids-limit 33 "$ID"
	assert_property TasksMax 33
	systemctl daemon-reexec
	rt_ok update --pids-limit 34 "$ID"
	assert_property TasksMax 34
	rt_ok delete --force "$ID"
	assert_no_unit "$UNIT"
}

@test "containers are made while systemd is restarted over and over" {
	rt_only "runc gives up"
	local i
	in_background bash -c 'for i in 1 2 3 4 5 6; do systemctl daemon-reexec; systemctl daemon-reload; done'
	for i in 1 2 3 4; do
		create_ok
		rt_ok delete --force "$ID"
	done
	wait_background "$BG"
	assert_no_unit "$UNIT"
}

@test "a plan shows what systemd is asked for" {
	rt_only "other runtimes have no plans"
	config '.linux.resources.memory.limit = 33554432'
	rt_ok plan --bundle "$BUNDLE" "$ID"
	assert_has systemd_start "$UNIT" "=uint64 33554432"
	assert_no_unit "$UNIT"
}

@test "ten containers at a time leave nothing" {
	local i pids=()
	for i in 1 2 3 4 5 6 7 8 9 10; do
		cp -a "$BUNDLE" "$BUNDLE.$i"
		jq '.linux.cgroupsPath = "system.slice:x:\($id)"' --arg id "$ID-$i" "$CONFIG" >"$BUNDLE.$i/config.json"
		"$RUNTIME" --root "$STATE" --systemd-cgroup run --detach --bundle "$BUNDLE.$i" "$ID-$i" </dev/null >"$BATS_TEST_TMPDIR/many.$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "$(cat "$BATS_TEST_TMPDIR"/many.*)"; done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		rt_ok delete --force "$ID-$i"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		assert_no_unit "x-$ID-$i.scope"
	done
}
