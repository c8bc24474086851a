#!/usr/bin/env bats
load helpers

@test "args reach the program unchanged" {
	args printf '<%s>\n' '' 'a b' $'new\nline' '"quoted"' 'ünïcode' '$HOME' '-x'
	run_ok
	assert_out "<>
<a b>
<new
line>
<\"quoted\">
<ünïcode>
<\$HOME>
<-x>"
}

@test "args[0] may be a path relative to cwd" {
	config '.process.cwd = "/bin"'
	args ./echo hi
	run_ok
	assert_out hi
}

@test "cwd is the working directory" {
	mkdir -p "$ROOTFS/some/dir"
	config '.process.cwd = "/some/dir"'
	run_script_ok 'pwd; readlink /proc/self/cwd'
	assert_out "/some/dir
/some/dir"
}

@test "cwd through a symbolic link is resolved in the container" {
	mkdir -p "$ROOTFS/real"
	ln -s /real "$ROOTFS/link"
	config '.process.cwd = "/link"'
	run_script_ok 'readlink /proc/self/cwd'
	assert_out /real
}

@test "cwd on a mount of the configuration works" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	config '.mounts += [{destination: "/vol", type: "bind", source: $s, options: ["bind"]}] | .process.cwd = "/vol"' --arg s "$BATS_TEST_TMPDIR/vol"
	run_script_ok 'echo x >here; pwd'
	[ -e "$BATS_TEST_TMPDIR/vol/here" ]
}

@test "a user who may not enter cwd before becoming the user can be root's directory" {
	mkdir -m 0700 "$ROOTFS/private"
	chown 1000:1000 "$ROOTFS/private"
	config '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000}'
	run_script_ok 'pwd'
	assert_out /private
}

@test "env is exactly the configuration's, with HOME added" {
	config '.process.env = ["PATH=/bin", "A=1", "B=two words", "C=", "D=x=y", "E=a\nb"]'
	args env
	LEAK=secret LD_PRELOAD='' GODEBUG=x run_ok
	assert_equal "$(sort <<<"$stdout")" "$(printf 'A=1\nB=two words\nC=\nD=x=y\nE=a\nHOME=/root\nPATH=/bin\nb' | sort)"
}

@test "HOME comes from the container's /etc/passwd" {
	config '.process.user = {uid: 1000, gid: 1000}'
	run_script_ok 'echo $HOME'
	assert_out /home/user
}

@test "HOME of an unknown user is /" {
	config '.process.user = {uid: 4711, gid: 4711}'
	run_script_ok 'echo $HOME'
	assert_out /
}

@test "HOME of the configuration is kept" {
	config '.process.env += ["HOME=/elsewhere"]'
	run_script_ok 'echo $HOME'
	assert_out /elsewhere
}

@test "HOME without an /etc/passwd is /" {
	rm "$ROOTFS/etc/passwd"
	run_script_ok 'echo $HOME'
	assert_out /
}

@test "an /etc/passwd that is a fifo, a device or a link to the outside neither hangs nor leaks" {
	local kind
	for kind in fifo link device directory huge; do
		is_rt || [ "$kind" != fifo ] || continue # runc hangs (B10)
		rm -rf "$ROOTFS/etc/passwd"
		case $kind in
		fifo) mkfifo "$ROOTFS/etc/passwd" ;;
		link) ln -s /proc/kmsg "$ROOTFS/etc/passwd" ;;
		device) mknod "$ROOTFS/etc/passwd" c 5 0 ;;
		directory) mkdir "$ROOTFS/etc/passwd" ;;
		huge) is_rt || continue; truncate -s 4G "$ROOTFS/etc/passwd" ;;
		esac
		is_rt || [ "$kind" != link ] || continue
		RT_TIMEOUT=4 run_script 'echo $HOME'
		[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || fail "$kind: hung"
		assert_within 2000
		[ "$status" -ne 0 ] || assert_out /
	done
}

@test "uid, gid and additional gids are set" {
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6, 1002]}'
	run_script_ok 'id -u; id -g; id -G; grep -E "^(Uid|Gid)" /proc/self/status'
	assert_out "1000
1001
1001 5 6 1002
Uid:	1000	1000	1000	1000
Gid:	1001	1001	1001	1001"
}

@test "without additional gids the process has none of the caller's" {
	config '.process.user = {uid: 1000, gid: 1001}'
	run_script_ok 'grep ^Groups /proc/self/status'
	assert_equal "$(tr -d ' \t' <<<"$stdout")" "Groups:"
}

@test "large ids work and the overflow id is refused" {
	config '.process.user = {uid: 2147483647, gid: 2147483646}'
	run_script_ok 'id -u; id -g'
	assert_out "2147483647
2147483646"
	config '.process.user = {uid: 4294967295, gid: 0}'
	run_container
	assert_fails
	assert_rt_says process.user.uid
}

@test "ids above 2147483647 work" {
	rt_only "runc 1.1 refuses them"
	config '.process.user = {uid: 2147483648, gid: 4294967294}'
	run_script_ok 'id -u; id -g'
	assert_out "2147483648
4294967294"
}

@test "ids outside 32 bits are refused and never become root" {
	local v
	for v in 4294967296 -1 1.5 '"1000"'; do
		config ".process.user.uid = $v"
		run_script 'id -u'
		assert_fails
		assert_rt_says process.user.uid
		[ -z "$stdout" ] || fail "ran"
	done
}

@test "umask is set, and 0022 by default" {
	args probe umask
	run_ok
	assert_out "umask 0022"
	config '.process.user.umask = 63'
	run_ok
	assert_out "umask 0077"
}

@test "noNewPrivileges is set and left out" {
	args grep NoNewPrivs /proc/self/status
	run_ok
	assert_out "NoNewPrivs:	1"
	config 'del(.process.noNewPrivileges)'
	run_ok
	assert_out "NoNewPrivs:	0"
}

@test "oomScoreAdj is set, and inherited without it" {
	args cat /proc/self/oom_score_adj
	run_ok
	assert_out "$(</proc/self/oom_score_adj)"
	config '.process.oomScoreAdj = 777'
	run_ok
	assert_out 777
}

@test "oomScoreAdj outside its range is refused" {
	config '.process.oomScoreAdj = 1001'
	run_container
	assert_fails
	assert_rt_says process.oomScoreAdj 1001
}

@test "stdin, stdout and stderr belong to the user when they are pipes" {
	config '.process.user = {uid: 1000, gid: 1000}'
	script 'echo x >/dev/stdout; echo y >/dev/stderr'
	mkfifo "$BATS_TEST_TMPDIR/p"
	mknod "$BATS_TEST_TMPDIR/null" c 1 3
	cat "$BATS_TEST_TMPDIR/p" >"$BATS_TEST_TMPDIR/got" 3>&- &
	"$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" <"$BATS_TEST_TMPDIR/null" >"$BATS_TEST_TMPDIR/p" 2>"$BATS_TEST_TMPDIR/e" 3>&-
	wait $!
	assert_equal "$(<"$BATS_TEST_TMPDIR/got")" x
	assert_equal "$(stat -c %u:%g "$BATS_TEST_TMPDIR/null")" 0:0 "owner of the host's null device"
}

@test "the process has no parent-death signal, no dumpable restriction and is not traced" {
	run_script_ok 'grep -E "^(TracerPid|Seccomp):" /proc/self/status; cat /proc/self/environ >/dev/null && echo readable'
	assert_has "TracerPid:	0" readable
}

@test "a process without args is refused" {
	config '.process.args = []'
	run_container
	assert_fails
	assert_rt_says process.args
	config 'del(.process.args)'
	run_container
	assert_fails
	assert_rt_says process.args
}

@test "an empty args[0] is reported as an executable that is not found" {
	args ''
	run_container
	assert_fails
	assert_rt_says 'executable file not found in $PATH'
}
