#!/usr/bin/env bats
# What exec gives a process besides what exec.bats asks for: each setting of
# process.json and of the container's own process that is not the usual.
load helpers

setup() {
	rt_only "runc 1.1 has none of it"
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	args sleep 1000
}

# process FILTER WORD...: the container's process with a change, run by exec.
process() {
	local filter=$1
	shift
	jq ".process | .args = \$ARGS.positional | $filter" "$CONFIG" --args -- "$@" >"$BATS_TEST_TMPDIR/process.json"
	rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
}

@test "--pidfd-socket receives a pidfd of the process" {
	in_background "$BIN/recvtty" pidfd "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/got"
	wait_for 5 test -S "$BATS_TEST_TMPDIR/s"
	running
	rt_ok exec -d --pid-file "$BATS_TEST_TMPDIR/pid" --pidfd-socket "$BATS_TEST_TMPDIR/s" "$ID" sleep 100
	wait_for 5 test -s "$BATS_TEST_TMPDIR/got"
	assert_equal "$(<"$BATS_TEST_TMPDIR/got")" "$(<"$BATS_TEST_TMPDIR/pid")"
	file_has "$BATS_TEST_TMPDIR/got.meta" "cmsgs=1 fds=1" || fail "$(<"$BATS_TEST_TMPDIR/got.meta")"
}

@test "--pidfd-socket without listener fails and runs nothing" {
	running
	rt exec --pidfd-socket /no/such/socket "$ID" sh -c 'echo ran >/dev/shm/ran'
	assert_equal "$status" 255
	assert_fails /no/such/socket
	rt_ok exec "$ID" sh -c 'ls /dev/shm'
	assert_out ""
}

@test "execCPUAffinity.final binds the process" {
	[ "$(nproc)" -gt 1 ] || lacks cpus "one CPU"
	running '.process.execCPUAffinity = {initial: "0", final: "1"}'
	rt_ok exec "$ID" probe affinity
	assert_out "affinity 1"
	process '.execCPUAffinity = {final: "0"}' probe affinity
	assert_out "affinity 0"
	process 'del(.execCPUAffinity)' probe affinity
	assert_out "$("$BIN/probe" affinity)"
}

@test "a scheduler and an I/O priority are those of the container, or of process.json" {
	running '.process.scheduler = {policy: "SCHED_BATCH", nice: 7} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	rt_ok exec "$ID" probe sched
	assert_has "policy=3" "nice=7"
	rt_ok exec "$ID" ionice -p 1
	local init=$stdout
	# shellcheck disable=SC2016
	rt_ok exec "$ID" sh -c 'ionice -p $$'
	assert_out "$init"
	process '.scheduler = {policy: "SCHED_OTHER", nice: 3}' probe sched
	assert_has "policy=0" "nice=3"
}

@test "limits and groups of process.json are set, and the container's are not" {
	running '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1024, hard: 2048}]'
	process '.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}] | .user = {uid: 5, gid: 6, additionalGids: [7, 8], umask: 7}' \
		sh -c 'ulimit -n; ulimit -Hn; id -u; id -G; umask'
	assert_out $'77\n88\n5\n6 7 8\n0007'
}

@test "capabilities of process.json are set exactly, as root and as a user" {
	running '.process.noNewPrivileges = false'
	# root gets what the bounding set has, by execve(2)
	process '.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"]}' \
		grep -h ^Cap /proc/self/status
	[[ $stdout == *$'CapEff:\t0000000000000021'*$'CapBnd:\t0000000000000021'* ]] || fail "not those"
	process '.user = {uid: 5, gid: 5} | .capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}' grep -h ^Cap /proc/self/status
	[[ $stdout == *$'CapPrm:\t0000000000000020'*$'CapEff:\t0000000000000020'*$'CapAmb:\t0000000000000020'* ]] || fail "not those"
	rt_ok exec --user 5 --cap CAP_CHOWN "$ID" grep -h ^Cap /proc/self/status
	[[ $stdout == *$'CapEff:\t0000000000000000'* && $stdout == *$'CapAmb:\t0000000000000000'* ]] || fail "a user without ambient ones has some"
}

@test "--user takes numbers alone, and nothing becomes root by mistake" {
	local user
	running
	for user in '' -1 +1 ' 1' 1: :1 root 1e3 0x1 1:2:3 4294967295 4294967296 99999999999999999999 1:-1; do
		rt exec --user="$user" "$ID" id -u
		[ -n "$user" ] || { assert_out 0; continue; } # as if it were not given
		assert_equal "$status" 255 "--user '$user'"
		assert_fails --user
	done
	rt_ok exec --user 4294967294 "$ID" id -u
	assert_out 4294967294
}

@test "--apparmor and --process-label where the host has no such module are refused by name" {
	running
	if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]; then
		rt exec --apparmor some-profile "$ID" true
		assert_equal "$status" 255
		assert_fails AppArmor some-profile
	fi
	if [ ! -e /sys/fs/selinux/enforce ]; then
		rt exec --process-label system_u:system_r:container_t:s0 "$ID" true
		assert_equal "$status" 255
		assert_fails SELinux
	fi
}

# bats test_tags=cgroup
@test "exec in a container that is full says that there is no room" {
	[ -e /sys/fs/cgroup/cgroup.controllers ] || lacks cgroup2 "cgroup v1 takes a process that moves in all the same"
	running '.linux.resources = {pids: {limit: 1}}'
	rt exec "$ID" true
	assert_equal "$status" 255
	assert_fails pids
	assert_status running
}

# bats test_tags=cgroup
@test "--cgroup does not take a neighbour whose name begins as the container's for one below" {
	running
	local dir path list=()
	for dir in /sys/fs/cgroup/{pids,cpu,cpuacct,cpuset,memory,devices,freezer,blkio,hugetlb,systemd,unified,.}; do
		[ ! -e "$dir/$ID/cgroup.procs" ] || { mkdir "$dir/${ID}2" "$dir/$ID/sub"; list+=("$dir/${ID}2"); }
	done
	for path in "../${ID}2" "sub/../../${ID}2" "pids:../${ID}2" "/../${ID}2" "sub/../../$ID/../${ID}2"; do
		rt exec --cgroup "$path" "$ID" true
		[ "$status" -eq 255 ] || break
	done
	rmdir "${list[@]}"
	assert_equal "$status" 255 "--cgroup $path"
	assert_fails --cgroup
}

# bats test_tags=cgroup
@test "what exec started in a cgroup below is ended and removed with the container" {
	local dir
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)
		| .process.capabilities[] += ["CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"]'
	running
	for dir in /sys/fs/cgroup/{pids,memory,freezer,systemd,unified,.}/"$ID"; do
		[ ! -e "$dir/cgroup.procs" ] || mkdir -p "$dir/a/b/c"
	done
	rt_ok exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000
	for dir in /sys/fs/cgroup/{pids,memory,freezer,systemd,unified,.}/"$ID/a/b/c"; do
		[ ! -e "$dir/cgroup.procs" ] || cat "$BATS_TEST_TMPDIR/pid" >"$dir/cgroup.procs"
	done
	rt_ok delete --force "$ID"
	[ ! -e "/proc/$(<"$BATS_TEST_TMPDIR/pid")" ] || grep -q '^State:.*Z' "/proc/$(<"$BATS_TEST_TMPDIR/pid")/status" || fail "it lives on"
	assert_equal "$(find /sys/fs/cgroup -type d -path "*/$ID*")" ""
}

@test "--tty has the size of the caller's terminal when the process begins" {
	running
	local i
	RT_WRAP=("$BIN/withpty" -s 33x99 "$BATS_TEST_TMPDIR/pty")
	for i in 1 2 3 4 5 6 7 8 9 10; do
		rt_ok exec --tty "$ID" stty size
		file_has "$BATS_TEST_TMPDIR/pty" "33 99" || fail "exec $i: $(<"$BATS_TEST_TMPDIR/pty")"
	done
}
