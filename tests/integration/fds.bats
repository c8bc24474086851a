#!/usr/bin/env bats
load helpers

# with_fds FD... -- ARG...: the runtime inherits further descriptors.
with_fds() {
	local fd
	RT_WRAP=(bash -c 'exec "$@"')
	local redirections=''
	while [ "$1" != -- ]; do
		redirections+=" $1</etc/hostname"
		shift
	done
	shift
	RT_WRAP=(bash -c "exec \"\$@\" $redirections" bash)
	rt "$@"
	RT_WRAP=()
}

@test "the process has stdin, stdout and stderr alone" {
	args probe fds
	run_ok
	assert_out "fds 0 1 2"
}

@test "descriptors of the caller do not reach the process" {
	args probe fds
	with_fds 3 7 41 200 -- run --bundle "$BUNDLE" "$ID"
	assert_out "fds 0 1 2"
}

@test "--preserve-fds passes so many descriptors on" {
	script 'probe fds; cat <&3; cat <&4'
	with_fds 3 4 5 6 -- run --preserve-fds 2 --bundle "$BUNDLE" "$ID"
	assert_out "fds 0 1 2 3 4
$(</etc/hostname)
$(</etc/hostname)"
}

@test "--preserve-fds works with create and start" {
	script 'probe fds'
	with_fds 3 4 -- create --preserve-fds 2 --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 0 ] || fail create
	local out=$OUT
	rt_ok start "$ID"
	wait_output "$out" "fds 0 1 2 3 4"
}

@test "--preserve-fds of a descriptor that is not open is refused" {
	RT_WRAP=(bash -c 'exec "$@" 3</etc/hostname' bash)
	run_container --preserve-fds 60
	assert_fails
	assert_rt_says "preserve"
}

@test "--preserve-fds takes no negative number and no word" {
	rt_only "runc 1.1 takes -1 for 0"
	local v
	for v in -1 x; do
		run_container --preserve-fds="$v"
		assert_fails
	done
}

@test "LISTEN_FDS are passed on, with LISTEN_PID of the process" {
	script 'probe fds; echo "$LISTEN_FDS $LISTEN_PID"; cat <&3'
	RT_WRAP=(bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3</etc/hostname 4</etc/hostname' bash)
	run_ok
	assert_out "fds 0 1 2 3
1 1
$(</etc/hostname)"
}

@test "--preserve-fds are counted after LISTEN_FDS" {
	script 'probe fds; echo "$LISTEN_FDS"'
	RT_WRAP=(bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3</etc/hostname 4</etc/hostname 5</etc/hostname' bash)
	run_ok --preserve-fds 1
	assert_out "fds 0 1 2 3 4
1"
}

@test "LISTEN_FDS for another process are not required to be open" {
	script 'probe fds'
	RT_WRAP=(bash -c 'export LISTEN_FDS=2 LISTEN_PID=1; exec "$@" 3</etc/hostname 4</etc/hostname' bash)
	run_ok --preserve-fds 2
	assert_out "fds 0 1 2 3 4"
}

@test "closed stdin, stdout and stderr of the caller are not filled with the runtime's files" {
	script 'ls -l /proc/self/fd >/result; probe fds >>/result' '.root.readonly = false'
	"$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" <&- >&- 2>&- 3>&- || true
	[ -e "$ROOTFS/result" ] || return 0 # refused: fine too
	refute grep -q -E "$STATE|memfd|state.json|cgroup|/proc/" <(grep -v -E '/(dev/null|result)$|/proc/[0-9]+/fd$' "$ROOTFS/result" | grep -- '->')
}

@test "the process sees the very files that the caller gave" {
	args probe stdio
	RT_STDIN=/etc/hostname create_ok
	rt_ok start "$ID"
	wait_output "$CREATE_OUT" stdio
	OUT=$CREATE_OUT ERR=$CREATE_ERR
	reread
	[[ $stdout == "stdio $(stat -c %d /etc/hostname):$(stat -c %i /etc/hostname):"* ]] || fail "stdin"
	[[ $stdout == *" $(stat -c %d:%i "$OUT"):"* ]] || fail "stdout"
	[[ $stdout == *" $(stat -c %d:%i "$ERR"):"* ]] || fail "stderr"
}

@test "a waiting init holds nothing of the host but its gate and its stdio" {
	create_ok
	status_of
	local fd target
	for fd in "/proc/$container_pid/fd"/*; do
		target=$(readlink "$fd") || continue
		case $target in
		/dev/null | "$OUT" | "$ERR" | "$CREATE_OUT" | "$CREATE_ERR" | pipe:* | socket:* | */exec.fifo | anon_inode:* | /memfd:* | /proc* | / | /dev/null) ;;
		*) fail "$fd is $target" ;;
		esac
	done
}
