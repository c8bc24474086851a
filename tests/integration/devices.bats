#!/usr/bin/env bats
load helpers

@test "the default devices are there, with their numbers and open to all" {
	run_script_ok 'for d in null zero full random urandom tty; do stat -c "%n %F %t:%T %a %u:%g" /dev/$d; done'
	assert_out "/dev/null character special file 1:3 666 0:0
/dev/zero character special file 1:5 666 0:0
/dev/full character special file 1:7 666 0:0
/dev/random character special file 1:8 666 0:0
/dev/urandom character special file 1:9 666 0:0
/dev/tty character special file 5:0 666 0:0"
}

@test "the usual symbolic links are in /dev" {
	run_script_ok 'for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done'
	assert_out "/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx"
}

@test "/dev is a directory of the container's own tmpfs and nothing of the host's" {
	run_script_ok 'ls /dev'
	assert_lacks vda sda kmsg mem
}

@test "devices of the configuration get their type, numbers, mode and owner" {
	config '.linux.devices = [
		{path: "/dev/mychar", type: "c", major: 1, minor: 3, fileMode: 416, uid: 5, gid: 6},
		{path: "/dev/myblock", type: "b", major: 7, minor: 200, fileMode: 384},
		{path: "/dev/myunbuf", type: "u", major: 1, minor: 5},
		{path: "/dev/mypipe", type: "p", fileMode: 384},
		{path: "/deep/er/dev", type: "c", major: 1, minor: 7}]'
	run_script_ok 'stat -c "%n %F %t:%T %a %u:%g" /dev/mychar /dev/myblock /dev/myunbuf /deep/er/dev; stat -c "%n %F %a" /dev/mypipe'
	assert_has "/dev/mychar character special file 1:3 640 5:6" "/dev/myblock block special file 7:c8 600 0:0" \
		"/dev/myunbuf character special file 1:5" "/deep/er/dev character special file 1:7" "/dev/mypipe fifo 600"
}

@test "the mode of a device does not depend on the caller's umask" {
	config '.linux.devices = [{path: "/dev/mychar", type: "c", major: 1, minor: 3, fileMode: 438}]'
	umask 0077
	run_script_ok 'stat -c %a /dev/mychar /dev/null'
	umask 0022
	assert_out "666
666"
}

@test "a device that replaces a default one wins" {
	config '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 7, fileMode: 438, uid: 7, gid: 8}]'
	run_script_ok 'stat -c "%t:%T %u:%g" /dev/full'
	assert_out "1:7 7:8"
}

@test "a device whose path is taken by another file is refused" {
	rt_only "runc 1.1 leaves the other file there"
	config '.linux.devices = [{path: "/etc/passwd", type: "c", major: 1, minor: 3}]'
	run_container
	assert_fails "linux.devices[0]" "/etc/passwd"
	grep -q root "$ROOTFS/etc/passwd" || fail "the file was touched"
}

@test "an unknown kind of device is refused" {
	config '.linux.devices = [{path: "/dev/x", type: "x", major: 1, minor: 3}]'
	run_container
	assert_fails
	assert_rt_says "linux.devices[0].type"
}

@test "device paths cannot leave the rootfs" {
	mkdir "$BATS_TEST_TMPDIR/out"
	ln -s "$BATS_TEST_TMPDIR/out" "$ROOTFS/link"
	config '.linux.devices = [
		{path: "/dev/../../../../../../x1", type: "c", major: 1, minor: 3},
		{path: "/link/x2", type: "c", major: 1, minor: 3}]'
	run_script 'stat -c %F /x1'
	[ ! -e /x1 ] || fail "made on the host"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/out")" ] || fail "made outside"
	[ "$status" -ne 0 ] || assert_out "character special file"
}

@test "devices without a /dev mount are made in the rootfs" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	run_script_ok 'stat -c %F /dev/null; readlink /dev/fd'
	assert_out "character special file
/proc/self/fd"
}

@test "/dev bound from the host is left as it is" {
	mkdir "$BATS_TEST_TMPDIR/dev"
	mknod "$BATS_TEST_TMPDIR/dev/null" c 1 3
	config '.mounts |= map(select(.destination | startswith("/dev") | not))
		+ [{destination: "/dev", type: "bind", source: $d, options: ["rbind", "rprivate"]}]' --arg d "$BATS_TEST_TMPDIR/dev"
	run_script_ok 'ls /dev'
	assert_out null
	assert_equal "$(ls "$BATS_TEST_TMPDIR/dev")" null
}
