#!/usr/bin/env bats
load helpers

@test "a user namespace has the mappings of the configuration" {
	use_userns
	run_script_ok 'cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g'
	assert_equal "$(tr -s ' ' <<<"$stdout")" " 0 100000 65536
 0 100000 65536
0
0"
}

@test "the host sees the mapped ids" {
	use_userns
	config '.process.user = {uid: 5, gid: 6, additionalGids: [7, 8]}'
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	status_of
	stdout=$(grep -E '^(Uid|Gid|Groups)' "/proc/$container_pid/status" | tr -s '\t ' ' ')
	assert_has "Uid: 100005 100005 100005 100005" "Gid: 100006 100006 100006 100006" "Groups: 100007 100008"
}

@test "several ranges are mapped in order" {
	use_userns
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 200000, size: 5}]'
	run_script_ok 'cat /proc/self/uid_map'
	assert_equal "$(tr -s ' ' <<<"$stdout")" " 0 100000 10
 10 200000 5"
}

@test "340 ranges are mapped, 341 are refused" {
	use_userns
	config '.linux.uidMappings = [range(340) | {containerID: ., hostID: (1000 + . * 2), size: 1}]'
	run_script_ok 'wc -l </proc/self/uid_map'
	assert_equal "$(tr -d ' ' <<<"$stdout")" 340
	config '.linux.uidMappings = [range(341) | {containerID: ., hostID: (1000 + . * 2), size: 1}]'
	run_container
	assert_fails
	assert_rt_says "linux.uidMappings" "340"
}

@test "overlapping ranges are refused" {
	use_userns
	config '.linux.uidMappings += [{containerID: 5, hostID: 300000, size: 10}]'
	run_container
	assert_fails
	assert_rt_says "linux.uidMappings[1]"
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 100005, size: 10}]'
	run_container
	assert_fails
	assert_rt_says "linux.uidMappings[1]"
}

@test "an empty range is refused" {
	use_userns
	config '.linux.gidMappings[0].size = 0'
	run_container
	assert_fails
	assert_rt_says "linux.gidMappings[0]"
}

@test "a range that leaves 32 bits is refused" {
	use_userns
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 4294967290, hostID: 200000, size: 100}]'
	run_container
	assert_fails
	assert_rt_says "linux.uidMappings[1]"
}

@test "a user namespace without mappings is refused" {
	config '.linux.namespaces += [{type: "user"}]'
	run_container
	assert_fails
	assert_rt_says "linux.uidMappings"
}

@test "mappings without a user namespace are refused" {
	rt_only "runc 1.1 ignores them"
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	run_container
	assert_fails "user namespace"
	assert_rt_says "linux.uidMappings"
}

@test "a user who is not mapped is refused" {
	use_userns
	config '.process.user.uid = 70000'
	run_container
	assert_fails
	assert_rt_says "process.user.uid" "70000"
}

@test "devices are there in a user namespace" {
	use_userns
	run_script_ok 'for d in null zero full random urandom tty; do stat -c "%n %F %t:%T" /dev/$d; done
		echo x >/dev/null; head -c 3 /dev/zero | wc -c'
	assert_has "/dev/null character special file 1:3" "/dev/zero character special file 1:5" \
		"/dev/full character special file 1:7" "/dev/random character special file 1:8" \
		"/dev/urandom character special file 1:9" "/dev/tty character special file 5:0"
	assert_equal "$(tail -1 "$OUT" | tr -d ' ')" 3
}

@test "devices of the configuration are bound in a user namespace" {
	use_userns
	config '.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 438, uid: 0, gid: 0}]'
	[ -c /dev/kmsg ] || skip "this host has no /dev/kmsg"
	run_script_ok 'stat -c "%F %t:%T" /dev/kmsg'
	assert_out "character special file 1:b"
}

@test "files that the container's root makes belong to the mapped root" {
	use_userns
	config '.root.readonly = false'
	run_script_ok 'echo x >/made; stat -c %u:%g /made'
	assert_out 0:0
	assert_equal "$(stat -c %u:%g "$ROOTFS/made")" 100000:100000
}

@test "files of an unmapped owner are nobody's" {
	use_userns
	echo x >"$ROOTFS/hosts"
	chown 0:0 "$ROOTFS/hosts"
	run_script_ok 'stat -c %u:%g /hosts; id -u'
	assert_has 65534:65534
}

@test "masks, read-only paths and a read-only root hold in a user namespace" {
	use_userns
	run_script_ok 'wc -c </proc/keys; echo x >/etc/x; probe open rw /proc/keys umount /proc/keys; cat /proc/self/mountinfo' \
		'.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	assert_equal "$(head -1 "$OUT" | tr -d ' ')" 0
	[[ $(mount_line /proc/sys) == *" ro,"* ]] || fail "/proc/sys"
	[[ $stderr == *"/etc/x: Read-only"* ]] || fail "root"
	assert_lacks "umount /proc/keys ok"
}

@test "a bind mount of a host file system with locked flags keeps them" {
	rt_only "runc 1.1 fails with operation not permitted"
	use_userns
	mkdir "$BATS_TEST_TMPDIR/vol"
	on_private_host "mount -t tmpfs -o nosuid,nodev,noexec,mode=755 t '$BATS_TEST_TMPDIR/vol' && echo hi >'$BATS_TEST_TMPDIR/vol/f';"
	config '.mounts += [{destination: "/vol", type: "bind", source: $s, options: ["bind", "ro"]}]' --arg s "$BATS_TEST_TMPDIR/vol"
	run_script_ok 'cat /vol/f; cat /proc/self/mountinfo'
	assert_has hi
	local line
	line=$(mount_line /vol)
	[[ $line == *" ro,"*nosuid*nodev*noexec* ]] || fail "$line"
}

@test "the state directory and exec.fifo are within init's reach and nobody else's" {
	use_userns
	create_ok
	rt_ok start "$ID"
	wait_status stopped
}

@test "setgroups stays allowed with a mapping made by root" {
	use_userns
	run_script_ok 'cat /proc/self/setgroups'
	assert_out allow
}
