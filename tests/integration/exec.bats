#!/usr/bin/env bats
load helpers

setup() {
	setup_test
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	args sleep 1000
}

# ex [OPTION...] -- COMMAND...: exec in the container.
ex() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	rt exec "${options[@]}" "$ID" "$@"
}

ex_ok() {
	ex "$@"
	[ "$status" -eq 0 ] || fail "$CALL: exit status $status, want 0"
}

# ex_fails WORD...: the last exec failed as an error of the runtime.
ex_fails() {
	assert_equal "$status" 255 "exit status"
	assert_fails "$@"
}

tty_socket() {
	SOCK=$BATS_TEST_TMPDIR/tty.sock
	TTY=$BATS_TEST_TMPDIR/tty.out
	in_background "$BIN/recvtty" tty "$SOCK" "$TTY" "$@"
	wait_for 5 test -S "$SOCK"
}

# --- the process ------------------------------------------------------------------

@test "exec runs a command and is silent itself" {
	running
	ex_ok -- echo hello
	assert_out hello
	[ -z "$stderr" ]
}

@test "exec ends with the exit status of the process" {
	running
	ex -- sh -c 'exit 7'
	assert_equal "$status" 7
	ex -- false
	assert_equal "$status" 1
}

@test "exec ends with 128 and the signal that killed the process" {
	running
	ex -- sh -c 'kill -KILL $$'
	assert_equal "$status" 137
	ex -- sh -c 'kill -TERM $$'
	assert_equal "$status" 143
}

@test "stdin, stdout and stderr are the caller's" {
	running
	echo input >"$BATS_TEST_TMPDIR/in"
	RT_STDIN=$BATS_TEST_TMPDIR/in ex_ok -- sh -c 'cat; echo problem >&2'
	assert_out input
	assert_equal "$stderr" problem
}

@test "what follows the id belongs to the command" {
	running
	ex_ok -- sh -c 'echo "$@"' sh -d --pid-file=x -t --cwd /nowhere
	assert_out "-d --pid-file=x -t --cwd /nowhere"
}

@test "stdin, stdout and stderr belong to the process's user when they are pipes" {
	running
	mkfifo "$BATS_TEST_TMPDIR/p"
	mknod "$BATS_TEST_TMPDIR/null" c 1 3
	in_background cat "$BATS_TEST_TMPDIR/p"
	"$RUNTIME" --root "$STATE" exec --user 1000:1000 "$ID" sh -c 'echo x >/dev/stdout; echo y >/dev/stderr' \
		<"$BATS_TEST_TMPDIR/null" >"$BATS_TEST_TMPDIR/p" 2>&1 3>&-
	wait_background "$BG"
	assert_equal "$(sort "$BG_OUT")" $'x\ny' # runc passes each through a pipe of its own
	assert_equal "$(stat -c %u:%g "$BATS_TEST_TMPDIR/null")" 0:0 "owner of the host's null device"
}

# bats test_tags=cgroup
@test "the process is in the namespaces and the cgroup of the container" {
	local ns
	running '.linux.namespaces += [{type: "cgroup"}]'
	rt_ok exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 100
	local pid
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	for ns in cgroup ipc mnt net pid uts; do
		assert_equal "$(readlink "/proc/$pid/ns/$ns")" "$(readlink "/proc/$container_pid/ns/$ns")"
	done
	assert_equal "$(readlink "/proc/$pid/root")" "$(readlink "/proc/$container_pid/root")"
	diff "/proc/$pid/cgroup" "/proc/$container_pid/cgroup"
}

@test "the process sees itself in the container's process list" {
	running
	ex_ok -- ps -o pid,args
	assert_has "sleep 1000" "ps -o pid,args"
}

@test "the process joins a container with a user namespace" {
	use_userns
	running
	ex_ok -- sh -c 'id -u; cat /proc/self/uid_map'
	[[ $stdout =~ ^0[[:space:]]+0\ +100000\ +65536$ ]] || fail "not the container's ids"
}

@test "the process has the container's user, environment, cwd and limits" {
	running '.process.user = {uid: 1000, gid: 1001, additionalGids: [7], umask: 23}
		| .process.env += ["A=from config"] | .process.cwd = "/tmp" | .process.rlimits = [{type: "RLIMIT_CORE", soft: 1024, hard: 2048}]'
	ex_ok -- sh -c 'id -u; id -g; id -G; pwd; echo "$A"; ulimit -c; ulimit -Hc'
	assert_out $'1000\n1001\n1001 7\n/tmp\nfrom config\n2\n4'
	rt_only "runc 1.1 leaves the umask of the caller"
	ex_ok -- sh -c umask
	assert_out 0027
}

@test "--cwd, --env, --user and --additional-gids change them" {
	running '.process.env += ["A=from config", "B=kept"] | .process.user.additionalGids = [7]'
	ex_ok --cwd /dev/shm -e A=changed -e C=new -u 1000:1001 -g 8 -g 9 -- \
		sh -c 'pwd; echo "$A $B $C"; id -u; id -g; id -G'
	assert_out $'/dev/shm\nchanged kept new\n1000\n1001\n1001 7 8 9'
	ex_ok --user 55 -- id -u
	assert_out 55
}

@test "nothing of the caller's environment reaches the process" {
	running
	RT_WRAP=(env SECRET=s HOME=/of/caller)
	ex_ok -- env
	assert_lacks SECRET /of/caller
	assert_has HOME=/ PATH=
}

@test "the process has the container's capabilities, and --cap adds to them" {
	local caps='grep -h ^Cap /proc/self/status'
	running '.process.noNewPrivileges = false'
	ex_ok -- sh -c "$caps"
	# AUDIT_WRITE, KILL, NET_BIND_SERVICE
	[[ $stdout == *$'CapPrm:\t0000000020000420'* && $stdout == *$'CapBnd:\t0000000020000420'* ]] || fail "not those of config.json"
	ex_ok --cap CAP_SYS_PTRACE --cap CAP_CHOWN -- sh -c "$caps"
	[[ $stdout == *$'CapPrm:\t0000000020080421'* && $stdout == *$'CapBnd:\t0000000020080421'* ]] || fail "not added"
}

@test "--no-new-privs sets the flag" {
	running '.process.noNewPrivileges = false'
	ex_ok -- grep NoNewPrivs /proc/self/status
	[[ $stdout == *0 ]]
	ex_ok --no-new-privs -- grep NoNewPrivs /proc/self/status
	[[ $stdout == *1 ]]
}

@test "the container's seccomp filter is on the process" {
	running '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	ex -- mkdir /dev/shm/x
	[ "$status" -ne 0 ]
	[[ $stderr == *"not supported"* ]] || fail "mkdir was not filtered"
}

@test "--process runs what a file describes" {
	running
	jq '.process | .args = ["sh", "-c", "id -u; pwd; echo $X; grep NoNewPrivs /proc/self/status"] | .env += ["X=1"] | .cwd = "/dev"
		| .user = {uid: 5, gid: 6} | .noNewPrivileges = false' "$CONFIG" >"$BATS_TEST_TMPDIR/process.json"
	rt_ok exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	assert_out $'5\n/dev\n1\nNoNewPrivs:\t0'
}

@test "exec works in a created container" {
	create_ok
	ex_ok -- echo early
	assert_out early
	assert_status created
}

@test "the process has no descriptors besides stdin, stdout and stderr" {
	running
	RT_WRAP=(bash -c 'exec 7</dev/null 8>/dev/null; exec "$@"' wrap)
	ex_ok -- probe fds
	assert_out "fds 0 1 2"
}

@test "--preserve-fds passes descriptors on" {
	running
	RT_WRAP=(bash -c 'exec 3</dev/null 4</dev/null; exec "$@"' wrap)
	ex_ok --preserve-fds 2 -- probe fds
	assert_out "fds 0 1 2 3 4"
	RT_WRAP=()
	ex --preserve-fds 9 -- true
	[ "$status" -eq 255 ] || fail "exit status $status"
}

@test "the process does not hold up the container's pid limit for more than itself" {
	rt_only "runc needs room for its threads"
	running '.linux.resources = {pids: {limit: 2}}'
	ex_ok -- echo fits
	assert_out fits
}

@test "a process that exceeds the container's memory limit is killed" {
	running '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
	ex -- dd if=/dev/zero of=/dev/null bs=64M count=1
	assert_equal "$status" 137
	assert_status running
}

# --- waiting and not waiting ----------------------------------------------------------

@test "--detach returns at once, with the pid in a file without a newline" {
	running
	ex_ok -d --pid-file "$BATS_TEST_TMPDIR/pid" -- sleep 100
	assert_silent
	[[ $(od -An -c "$BATS_TEST_TMPDIR/pid") != *\\n* ]] || fail "there is a newline"
	grep -q sleep "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cmdline"
}

@test "a detached process keeps nothing of the runtime alive" {
	running
	ex_ok -d --pid-file "$BATS_TEST_TMPDIR/pid" -- sleep 100
	local parent
	read -r _ _ _ parent _ <"/proc/$(<"$BATS_TEST_TMPDIR/pid")/stat"
	! grep -qz "^$RUNTIME" "/proc/$parent/cmdline" || fail "a runtime is its parent"
}

@test "signals are passed on to the process" {
	running
	rt_background exec "$ID" sh -c 'trap "echo got-usr1" USR1; trap "echo got-term; exit 9" TERM; echo ready; while :; do sleep 0.05; done'
	wait_output "$BG_OUT" ready
	kill -USR1 "$BG"
	wait_output "$BG_OUT" got-usr1
	kill -TERM "$BG"
	wait_output "$BG_OUT" got-term
	wait_background "$BG"
	assert_equal "$status" 9
}

@test "the process ends with the container" {
	running
	rt_background exec "$ID" sleep 1000
	wait_for 5 eval 'rt ps "$ID" -ef; [[ $stdout == *"sleep 1000"*"sleep 1000"* ]]' || fail "no process"
	rt_ok kill "$ID" KILL
	wait_background "$BG"
	assert_equal "$status" 137
}

@test "many processes can be started at the same time" {
	local i all=()
	running
	for i in 1 2 3 4 5 6 7 8; do
		rt_background exec "$ID" sh -c "exit $i"
		all+=("$BG")
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait_background "${all[i - 1]}"
		assert_equal "$status" "$i"
	done
}

@test "exec into a dying container works or fails cleanly" {
	local i
	running
	for i in 1 2 3 4; do
		rt_background exec "$ID" true
	done
	rt_ok kill "$ID" KILL
	for i in "${BACKGROUND[@]}"; do
		wait_background "$i"
		case $status in
		0 | 137 | 255) ;;
		*) fail "exit status $status" ;;
		esac
	done
	wait_status stopped
	rt_ok delete "$ID"
}

# --- terminals ----------------------------------------------------------------------

@test "--tty gives the process a terminal of its own" {
	running
	rt_ok exec "$ID" sh -c '[ -t 0 ] || echo none'
	assert_out none
	RT_WRAP=("$BIN/withpty" -s 33x99 "$BATS_TEST_TMPDIR/pty")
	ex_ok --tty -- sh -c 'tty; stty size; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all three'
	file_has "$BATS_TEST_TMPDIR/pty" "all three" || fail "$(<"$BATS_TEST_TMPDIR/pty")"
	file_has "$BATS_TEST_TMPDIR/pty" "33 99" || fail "$(<"$BATS_TEST_TMPDIR/pty")"
}

@test "--tty passes the exit status on" {
	running
	RT_WRAP=("$BIN/withpty" "$BATS_TEST_TMPDIR/pty")
	ex -t -- sh -c 'exit 5'
	assert_equal "$status" 5
}

@test "--console-socket receives the terminal of a detached process" {
	tty_socket
	running
	ex_ok -d -t --console-socket "$SOCK" -- sh -c 'echo over here; sleep 0.2'
	assert_silent
	wait_output "$TTY" "over here"
	[[ $(<"$TTY.meta") =~ cmsgs=1\ fds=1 ]] || fail "$(<"$TTY.meta")"
}

@test "consoleSize of process.json is the terminal's size from the start" {
	running
	tty_socket
	jq '.process | .args = ["probe", "winsize"] | .terminal = true | .consoleSize = {height: 33, width: 111}' "$CONFIG" >"$BATS_TEST_TMPDIR/process.json"
	rt_ok exec --detach --process "$BATS_TEST_TMPDIR/process.json" --console-socket "$SOCK" "$ID"
	wait_output "$TTY" 'winsize 33x111'
}

@test "--detach with a terminal needs a console socket" {
	running
	ex -d -t -- true
	ex_fails
	assert_rt_says --console-socket
}

# --- refusals -----------------------------------------------------------------------

@test "a command that is not there fails with 255 and says so" {
	running
	ex -- no-such-command
	ex_fails "no-such-command" 'executable file not found in $PATH'
	ex -- /no/such/path
	ex_fails "/no/such/path" "no such file or directory"
}

@test "a command that cannot be executed fails with 255 and says so" {
	running
	ex -- /dev/null
	ex_fails "permission denied"
	rt_only "runc 1.1 says 'is a directory'"
	ex -- /dev
	ex_fails "permission denied"
}

@test "a process leads a session and a process group of its own" {
	running
	local pid stat
	rt_ok exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	read -r -a stat <"/proc/$pid/stat"
	assert_equal "${stat[4]} ${stat[5]}" "$pid $pid" "process group and session"
}

@test "an empty command is an executable that is not found" {
	running
	rt exec "$ID" ""
	assert_fails
	assert_rt_says 'executable file not found in $PATH'
	[ "$status" -eq 255 ] || ! is_rt || fail "exit status"
}

@test "a failed exec leaves no pid file" {
	running
	ex --pid-file "$BATS_TEST_TMPDIR/pid" -- no-such-command
	ex_fails
	[ ! -e "$BATS_TEST_TMPDIR/pid" ] || rt_only "runc writes it before"
	ex -d --pid-file "$BATS_TEST_TMPDIR/pid2" -- no-such-command
	ex_fails
	[ ! -e "$BATS_TEST_TMPDIR/pid2" ] || rt_only "runc writes it before"
}

@test "an unknown container fails with 255" {
	ex -- true
	ex_fails "does not exist"
}

@test "a stopped container fails with 255" {
	args true
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	ex -- true
	ex_fails "cannot exec in a stopped container"
}

@test "exec without a command or with unknown options fails with 255" {
	running
	rt exec "$ID"
	[ "$status" -eq 255 ] || [ "$status" -eq 1 ] && ! is_rt || ex_fails
	rt exec
	! is_rt || ex_fails
	rt exec --no-such-option "$ID" true
	! is_rt || ex_fails no-such-option
}

@test "the JSON log of a failed exec has one record with a stable code" {
	rt_only "codes are ours"
	running
	RT_GLOBAL=(--log "$BATS_TEST_TMPDIR/log" --log-format json)
	ex -- no-such-command
	ex_fails
	assert_equal "$(jq -r '.level + " " + .code' "$BATS_TEST_TMPDIR/log")" "error command-not-found"
	rm "$BATS_TEST_TMPDIR/log"
	ex -- /dev/null
	assert_equal "$(jq -r '.level + " " + .code' "$BATS_TEST_TMPDIR/log")" "error command-not-executable"
}

@test "a process.json that is none fails with 255" {
	running
	echo '{"args":' >"$BATS_TEST_TMPDIR/p"
	rt exec --process "$BATS_TEST_TMPDIR/p" "$ID"
	ex_fails
	echo '{"args": ["true"]}' >"$BATS_TEST_TMPDIR/p"
	rt exec --process "$BATS_TEST_TMPDIR/p" "$ID"
	ex_fails cwd
	rt exec --process "$BATS_TEST_TMPDIR/none" "$ID"
	ex_fails "no such file"
}

# --- cgroups ------------------------------------------------------------------------

# cgroup_of PID: its cgroup in the hierarchy of pids, or the v2 one.
cgroup_of() {
	sed -n '/^[0-9]*:pids:/s/.*://p' "/proc/$1/cgroup" | grep . || sed -n 's/^0:://p' "/proc/$1/cgroup"
}

# bats test_tags=cgroup
@test "--cgroup enters an existing cgroup below the container's" {
	running
	local dir
	for dir in /sys/fs/cgroup/{pids,cpu,cpuacct,cpuset,memory,devices,freezer,blkio,hugetlb,systemd,unified,.}/"$ID"; do
		[ ! -e "$dir/cgroup.procs" ] || mkdir "$dir/sub"
		[ ! -e "$dir/sub/cpuset.cpus" ] || { cat "$dir/cpuset.cpus" >"$dir/sub/cpuset.cpus"; cat "$dir/cpuset.mems" >"$dir/sub/cpuset.mems"; }
	done
	ex_ok -d --pid-file "$BATS_TEST_TMPDIR/pid" --cgroup sub -- sleep 100
	assert_equal "$(cgroup_of "$(<"$BATS_TEST_TMPDIR/pid")")" "/$ID/sub"
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		ex --cgroup pids:sub -- true
		ex_fails pids
		return
	fi
	ex_ok -d --pid-file "$BATS_TEST_TMPDIR/pid" --cgroup pids:sub -- sleep 100
	assert_equal "$(cgroup_of "$(<"$BATS_TEST_TMPDIR/pid")")" "/$ID/sub"
	! grep -q ":memory:/$ID/sub" "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cgroup" || fail "memory was not named"
}

# bats test_tags=cgroup
@test "--cgroup refuses what is not there and what is not below the container's" {
	running
	ex --cgroup none -- true
	ex_fails
	ex --cgroup ../../ -- true
	ex_fails
	ex --cgroup pids:../ -- true
	ex_fails
	ex --cgroup nowhere:/ -- true
	ex_fails nowhere
}

@test "--ignore-paused starts a process that runs when the container is resumed" {
	rt_only "runc waits for a process that cannot run"
	running
	rt_ok pause "$ID"
	RT_TIMEOUT=3
	rt_background exec --ignore-paused "$ID" echo thawed
	sleep 0.3
	refute file_has "$BG_OUT" thawed
	assert_status paused
	rt_ok resume "$ID"
	wait_background "$BG"
	assert_equal "$status" 0
	file_has "$BG_OUT" thawed
}

# --- many at once, and hostile containers ----------------------------------------------

@test "fifty processes at the same time end with their own exit status" {
	local i all=()
	running
	RT_TIMEOUT=60
	for ((i = 1; i <= 50; i++)); do
		rt_background exec "$ID" sh -c "exit $i"
		all+=("$BG")
	done
	for ((i = 1; i <= 50; i++)); do
		wait_background "${all[i - 1]}"
		assert_equal "$status" "$i"
	done
	assert_status running
}

@test "a paused container refuses exec and says how to insist" {
	running
	rt_ok pause "$ID"
	ex -- true
	ex_fails paused
	assert_rt_says --ignore-paused
	rt_ok resume "$ID"
	ex_ok -- true
}

@test "a working directory through a descriptor or a link of the image is no way out" {
	local cwd host
	host=$(stat -c %d:%i /)
	running
	for cwd in /proc/self/fd/{3,4,5,6,7,8,9,10,11,12} /link /proc/1/root/../..; do
		rt_ok exec "$ID" sh -c 'rm -f /dev/shm/link; ln -s /proc/self/fd/7 /dev/shm/link'
		[ "$cwd" != /link ] || cwd=/dev/shm/link
		ex --cwd "$cwd" -- stat -c %d:%i .
		[ "$status" -ne 0 ] || refute [ "$stdout" = "$host" ]
		[ "$status" -eq 0 ] || ex_fails "$cwd"
	done
}

# bats test_tags=cgroup
@test "exec follows an init that has moved to a cgroup below its own" {
	rt_only "runc enters the container's cgroup, which takes no process once it has controllers for others"
	running
	local dir=/sys/fs/cgroup/unified/$ID
	[ -d "$dir" ] || dir=/sys/fs/cgroup/$ID
	[ -e "$dir/cgroup.type" ] || skip "no cgroup v2 hierarchy"
	mkdir "$dir/sub"
	echo "$container_pid" >"$dir/sub/cgroup.procs"
	ex_ok -- cat /proc/1/cgroup /proc/self/cgroup
	assert_equal "$(grep -c '^0::.*/sub$' "$OUT" || true)" 2
}

@test "an init that fakes its root, its directory and its /proc changes nothing for exec" {
	rt_only "runc refuses a /proc that is none"
	config '.process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT"]'
	args sh -c 'mount -t tmpfs jail /tmp
		mkdir -p /tmp/jail/bin /tmp/jail/proc/self/attr
		cp /bin/busybox /tmp/jail/bin/sleep
		echo fake >/tmp/jail/proc/self/attr/exec
		echo 0::/fake >/tmp/jail/proc/self/cgroup
		mount --bind /tmp/jail/proc /proc
		cd /tmp/jail
		exec chroot /tmp/jail /bin/sleep 1000'
	running
	wait_for 5 grep -q sleep "/proc/$container_pid/comm"
	ex_ok -- sh -c 'pwd; stat -c %d:%i /; cat /proc/self/attr/exec; umount /proc; grep NSpid /proc/self/status'
	assert_equal "$(sed -n 1p "$OUT")" /
	assert_equal "$(sed -n 2p "$OUT")" "$(stat -c %d:%i "/proc/$container_pid/root/../../..")"
	assert_equal "$(sed -n 3p "$OUT")" fake
}
