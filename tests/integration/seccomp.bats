#!/usr/bin/env bats
load helpers

setup() {
	setup_test
	cp "$BIN/verdicts" "$ROOTFS/bin/verdicts"
}

# seccomp FILTER: the container's profile, as a jq expression.
seccomp() {
	config ".linux.seccomp = ($1)"
}

# rule ACTION: mkdir and mkdirat get it, everything else is allowed.
rule() {
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "'"$1"'"}'"${2:+ + $2}"']}'
}

# mkdir_says TEXT: how mkdir(1) fails in the container.
mkdir_says() {
	args mkdir /dev/shm/x
	run_container
	[ "$status" -eq 1 ] || fail "exit status $status"
	[[ $stderr == *"$1"* ]] || fail "want '$1'"
}

# verdict NUMBER ARGUMENT TEXT: what the filters say of a call of this machine's ABI.
verdict() {
	local abi=x86_64
	[ "$(uname -m)" = x86_64 ] || abi=native
	args verdicts "$abi" "$1" "$2"
	run_ok
	[[ $stdout == *"$1-$1 $3" ]] || fail "want '$3'"
}

# agent [ERRNO]: a seccomp agent at $SOCK that writes to $ASKED.N and $ASKED.N.json.
agent() {
	SOCK=$BATS_TEST_TMPDIR/agent.sock
	ASKED=$BATS_TEST_TMPDIR/asked
	in_background "$BIN/agent" "$SOCK" "$ASKED" "$@"
	wait_for 5 test -S "$SOCK"
}

# notifies NAMES [FILTER]: the calls go to the agent.
notifies() {
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", listenerPath: "'"$SOCK"'", listenerMetadata: "some text",
		syscalls: [{names: '"$1"', action: "SCMP_ACT_NOTIFY"}]}'"${2:+ | $2}"
}

# --- an engine's profile --------------------------------------------------------------

# verdicts_of RUNTIME: of Docker's profile, for every number and some arguments.
verdicts_of() {
	mkdir -p "$BATS_TEST_TMPDIR/other"
	"$1" --root "$BATS_TEST_TMPDIR/other" run --bundle "$BUNDLE" "$ID-o" </dev/null >"$BATS_TEST_TMPDIR/$(basename "$1").list"
}

# with_hugetlb COMMAND...: with hugetlb where crun looks for it.
with_hugetlb() {
	local dir rc=0
	lock_hugetlb
	dir=$("$BATS_TEST_DIRNAME/../../scripts/hugetlb.sh" mount)
	"$@" || rc=$?
	[ -z "$dir" ] || "$BATS_TEST_DIRNAME/../../scripts/hugetlb.sh" umount "$dir" || rc=1
	return $rc
}

@test "Docker's profile decides each system call as under runc and crun" {
	[ "$(uname -m)" = x86_64 ] || skip "the configuration was written on x86_64"
	config '.linux.seccomp = $d[0].linux.seccomp | .process.capabilities = $d[0].process.capabilities
		| .process.noNewPrivileges = false' --slurpfile d "$TESTDATA/docker-config.json"
	args verdicts 0 600
	run_ok
	[ "$(wc -l <"$OUT")" -gt 1000 ] || fail "too few answers"
	# mount, personality(0) and personality(1<<28), clone with namespaces and without
	assert_has "x86_64 0x10000000 134-136 errno EPERM" "x86_64 0x7e020000 56-56 errno EPERM" \
		"x86_64 0x11 435-435 errno ENOSYS" "x86_64 0 450-600 errno ENOSYS"
	[[ $stdout =~ x86_64\ 0x8\ [0-9]+-155\ allowed|x86_64\ 0x8\ [0-9]+-1[3-4][0-9]\ allowed ]] || fail "personality(8) is refused"
	cp "$OUT" "$BATS_TEST_TMPDIR/list"
	verdicts_of runc
	diff "$BATS_TEST_TMPDIR/runc.list" "$BATS_TEST_TMPDIR/list" || fail "not as under runc"
	with_hugetlb verdicts_of crun
	# crun answers EPERM for what is newer than the profile.
	sed 's/\(450\|548\)-600 errno EPERM/\1-600 errno ENOSYS/' "$BATS_TEST_TMPDIR/crun.list" |
		diff - "$BATS_TEST_TMPDIR/list" || fail "not as under crun"
}

@test "a process that exec starts has the same verdicts" {
	config '.linux.seccomp = $d[0].linux.seccomp | .process.noNewPrivileges = false
		| .linux.cgroupsPath = "/" + $id' --slurpfile d "$TESTDATA/docker-config.json" --arg id "$ID"
	args verdicts 0 600
	run_ok
	cp "$OUT" "$BATS_TEST_TMPDIR/list"
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" verdicts 0 600
	diff "$OUT" "$BATS_TEST_TMPDIR/list"
}

# --- actions ----------------------------------------------------------------------------

@test "SCMP_ACT_ERRNO answers EPERM, or the errno of the rule" {
	rule SCMP_ACT_ERRNO
	mkdir_says "Operation not permitted"
	rule SCMP_ACT_ERRNO '{errnoRet: 28}'
	mkdir_says "No space left on device"
	rule SCMP_ACT_ERRNO '{errnoRet: 0}'
	args sh -c 'mkdir /dev/shm/x && [ ! -e /dev/shm/x ] && echo not made'
	run_ok
	assert_out "not made"
}

@test "SCMP_ACT_KILL, KILL_THREAD, KILL_PROCESS and TRAP end a process with SIGSYS" {
	local action
	for action in KILL KILL_THREAD KILL_PROCESS TRAP; do
		rule "SCMP_ACT_$action"
		args mkdir /dev/shm/x
		run_container
		assert_equal "$status" 159 "$action"
	done
}

@test "SCMP_ACT_KILL_THREAD ends one thread and KILL_PROCESS all of them" {
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_KILL_THREAD"}]}'
	args probe thread
	run_ok
	assert_out "thread gone"
	config '.linux.seccomp.syscalls[0].action = "SCMP_ACT_KILL"'
	run_ok
	assert_out "thread gone"
	config '.linux.seccomp.syscalls[0].action = "SCMP_ACT_KILL_PROCESS"'
	run_container
	assert_equal "$status" 159
}

@test "SCMP_ACT_LOG allows the call" {
	rule SCMP_ACT_LOG
	args sh -c 'mkdir /dev/shm/x && ls /dev/shm'
	run_ok
	assert_out x
}

@test "SCMP_ACT_TRACE without a tracer answers ENOSYS" {
	rule SCMP_ACT_TRACE
	mkdir_says "Function not implemented"
	rule SCMP_ACT_TRACE '{errnoRet: 5}'
	mkdir_says "Function not implemented"
}

@test "SCMP_ACT_ALLOW is an exception from a default that refuses" {
	seccomp '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 95, syscalls: [{action: "SCMP_ACT_ALLOW",
		names: ["access", "arch_prctl", "brk", "capget", "capset", "chdir", "close", "close_range", "dup", "dup2", "dup3",
		"epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2", "execve", "exit", "exit_group", "faccessat", "faccessat2", "fchdir",
		"fchmodat", "fchown", "fcntl", "fstat", "fstatfs", "futex", "getcwd", "getdents64", "getegid", "geteuid", "getgid", "getpid",
		"getppid", "getrandom", "gettid", "getuid", "ioctl", "lseek", "lstat", "madvise", "membarrier", "mmap", "mprotect",
		"mremap", "munmap", "nanosleep", "newfstatat", "openat", "pipe2", "poll", "prctl", "pread64", "prlimit64", "read", "readlinkat",
		"recvmsg", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "sendmsg",
		"set_robust_list", "set_tid_address", "setgid", "setgroups", "setresgid", "setresuid", "setuid", "sigaltstack", "stat",
		"statfs", "statx", "tgkill", "time", "umask", "uname", "utimensat", "wait4", "write", "writev"]}]}'
	mkdir_says "not supported"
}

@test "defaultErrnoRet is for what has no rule, and ENOSYS for what is newer than the rules" {
	config '.linux.seccomp = $d[0].linux.seccomp | .linux.seccomp.defaultErrnoRet = 95' --slurpfile d "$TESTDATA/docker-config.json"
	[ "$(uname -m)" = x86_64 ] || skip "the configuration was written on x86_64"
	verdict 103 0 "errno EOPNOTSUPP"
	verdict 500 0 "errno ENOSYS"
}

# --- arguments ----------------------------------------------------------------------------

@test "every operator compares the argument" {
	# getpriority(2) with its first argument in a 64-bit register
	[ "$(uname -m)" = x86_64 ] || skip "numbers of system calls are those of x86_64"
	local op value two hit miss
	while read -r op value two hit miss; do
		seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpriority"], action: "SCMP_ACT_ERRNO", errnoRet: 95,
			args: [{index: 0, op: "SCMP_CMP_'"$op"'", value: '"$value"', valueTwo: '"$two"'}]}]}'
		verdict 140 "$hit" "errno EOPNOTSUPP"
		verdict 140 "$miss" allowed
	done <<-END
		EQ 5 0 5 4
		NE 5 0 4294967301 5
		LT 5 0 4 5
		LE 5 0 5 6
		GE 5 0 5 4
		GT 5 0 4294967296 5
		MASKED_EQ 12 4 7 8
	END
}

@test "conditions of one rule must all hold, and one of several rules is enough" {
	[ "$(uname -m)" = x86_64 ] || skip "numbers of system calls are those of x86_64"
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{names: ["getpriority"], action: "SCMP_ACT_ERRNO", errnoRet: 95,
			args: [{index: 0, op: "SCMP_CMP_GE", value: 10}, {index: 1, op: "SCMP_CMP_LE", value: 20}]},
		{names: ["getpriority"], action: "SCMP_ACT_ERRNO", errnoRet: 95, args: [{index: 0, op: "SCMP_CMP_EQ", value: 3}]}]}'
	verdict 140 15 "errno EOPNOTSUPP"
	verdict 140 3 "errno EOPNOTSUPP"
	verdict 140 9 allowed
	verdict 140 21 allowed
}

# --- architectures and flags ------------------------------------------------------------------

@test "a call through an ABI that is not in architectures kills" {
	[ "$(uname -m)" = x86_64 ] || skip "the machine has one ABI"
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpriority"], action: "SCMP_ACT_ERRNO"}]}'
	args verdicts x32 5 0
	run_ok
	local alone=$stdout
	config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"]'
	run_ok
	assert_out "x32 0 5-5 allowed"
	[ "$alone" != "$stdout" ] || fail "x32 is allowed without being named"
}

@test "each flag is accepted, and an unknown one refused by name" {
	rt_only "runc 1.1 knows none of them"
	local flag
	for flag in '[]' '["SECCOMP_FILTER_FLAG_LOG"]' '["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]' \
		'["SECCOMP_FILTER_FLAG_TSYNC"]' '["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]'; do
		rule SCMP_ACT_ERRNO
		config ".linux.seccomp.flags = $flag"
		mkdir_says "Operation not permitted"
	done
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_NONE"]'
	run_container
	assert_fails SECCOMP_FILTER_FLAG_NONE
	assert_rt_says "linux.seccomp.flags[0]"
}

@test "speculation stays as it is, unless the flags leave SPEC_ALLOW out" {
	rt_only "runc 1.1 knows no flags"
	rule SCMP_ACT_ERRNO
	script 'grep Speculation_Store_Bypass /proc/self/status' '.process.noNewPrivileges = true'
	run_ok
	local default=$stdout
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]'
	run_ok
	assert_out "$default"
	assert_equal "$stdout" "$(grep Speculation_Store_Bypass /proc/self/status)" "that of the caller"
}

# --- order ------------------------------------------------------------------------------------

@test "the filter is in force with and without noNewPrivileges, as root and as a user" {
	local nnp user
	rule SCMP_ACT_ERRNO '{errnoRet: 28}'
	for nnp in true false; do
		for user in '{uid: 0, gid: 0}' '{uid: 1000, gid: 1000}'; do
			config ".process.noNewPrivileges = $nnp | .process.user = $user | .process.capabilities = {}"
			mkdir_says "No space left on device"
		done
	done
}

@test "the filter is in force in a user namespace" {
	use_userns
	rule SCMP_ACT_ERRNO '{errnoRet: 28}'
	mkdir_says "No space left on device"
}

@test "with noNewPrivileges a filter may refuse what the runtime did before" {
	rt_only "runc needs some of them later"
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_KILL_PROCESS", names: ["setgroups", "setresuid",
		"setresgid", "capset", "umask", "prctl", "mount", "move_mount", "pivot_root", "seccomp", "unshare", "setns", "chdir",
		"keyctl", "openat2", "sethostname", "fchown", "fchownat"]}]}'
	config '.process.noNewPrivileges = true'
	args probe fds
	run_ok
	assert_out "fds 0 1 2"
}

@test "a filter may refuse everything about sockets" {
	local nnp
	for nnp in true false; do
		seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_KILL_PROCESS", names: ["socket", "socketpair",
			"connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg"]}]}'
		config ".process.noNewPrivileges = $nnp"
		args probe fds
		run_ok
		assert_out "fds 0 1 2"
	done
}

@test "a filter that refuses what init needs behind it is refused by name" {
	rt_only "others need other system calls"
	local name nnp
	for name in read write close_range; do
		for nnp in true false; do
			seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_ERRNO", names: ["'"$name"'"]}]}'
			config ".process.noNewPrivileges = $nnp"
			create
			assert_fails "linux.seccomp: the filter refuses $name,"
			assert_status ""
		done
	done
	agent
	notifies '["mkdir"]' '.syscalls += [{names: ["sendmsg"], action: "SCMP_ACT_ERRNO"}]'
	create
	assert_fails "linux.seccomp: the filter refuses sendmsg,"
}

# --- the listener -----------------------------------------------------------------------------

@test "SCMP_ACT_NOTIFY gives the agent the listener and the process state" {
	agent 122
	notifies '["mkdir", "mkdirat"]'
	config '.annotations = {a: "b"}'
	mkdir_says "Disk quota exceeded"
	file_has "$ASKED.1" '^mkdir [0-9]*$' || fail "asked: $(<"$ASKED.1")"
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" '(keys | sort) == ["fds", "metadata", "ociVersion", "pid", "state"]
		and .fds == ["seccompFd"] and .metadata == "some text" and .pid > 0 and .pid == .state.pid
		and .state.id == $id and .state.status == "creating" and .state.bundle == $bundle and .state.annotations == {a: "b"}
		and (.ociVersion | test("^1[.]"))' "$ASKED.1.json" || fail "$(<"$ASKED.1.json")"
}

@test "the agent is asked with and without noNewPrivileges, and in a user namespace" {
	local nnp n=0
	agent 122
	notifies '["mkdir", "mkdirat"]'
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		mkdir_says "Disk quota exceeded"
	done
	use_userns
	mkdir_says "Disk quota exceeded"
}

@test "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV goes with a listener" {
	rt_only "runc 1.1 knows no flags"
	needs_kernel 5.19 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	agent 122
	notifies '["mkdir", "mkdirat"]' '.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	mkdir_says "Disk quota exceeded"
	assert_equal "$stderr" "mkdir: can't create directory '/dev/shm/x': Disk quota exceeded"
}

@test "a process that exec starts has a listener of its own, with the state running" {
	agent 122
	notifies '["mkdir", "mkdirat"]'
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	status_of
	rt exec "$ID" mkdir /dev/shm/x
	assert_equal "$status" 1
	[[ $stderr == *"Disk quota exceeded"* ]] || fail "not the agent's answer"
	jq -e --argjson init "$container_pid" '.state.status == "running" and .state.pid == $init and .pid != $init
		and .metadata == "some text" and .fds == ["seccompFd"]' "$ASKED.2.json" || fail "$(<"$ASKED.2.json")"
}

@test "system calls of the runtime itself may go to the agent" {
	agent
	notifies '["read", "close", "execve", "setgroups", "setresuid", "setresgid", "setuid", "setgid", "capset", "capget",
		"umask", "prctl", "chdir", "fcntl", "close_range", "access", "faccessat", "faccessat2", "recvmsg"]'
	config '.process.noNewPrivileges = false'
	args echo hello
	RT_TIMEOUT=20
	run_ok
	assert_out hello
	file_has "$ASKED.1" ' 59$' || [ "$(uname -m)" != x86_64 ] || fail "execve was not asked for"
}

@test "SCMP_ACT_NOTIFY is refused as default and for what hands the listener over" {
	agent
	notifies '["write"]'
	run_container
	assert_fails write
	assert_rt_says "linux.seccomp.syscalls[0].names[0]"
	! is_rt || {
		notifies '["mkdir", "sendmsg"]'
		run_container
		assert_fails "linux.seccomp.syscalls[0].names[1]" sendmsg
	}
	notifies '["mkdir"]'
	config '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"'
	run_container
	assert_fails
	assert_rt_says "linux.seccomp.defaultAction"
}

@test "SCMP_ACT_NOTIFY needs an agent that listens" {
	agent
	notifies '["mkdir"]'
	config 'del(.linux.seccomp.listenerPath, .linux.seccomp.listenerMetadata)'
	run_container
	assert_fails
	assert_rt_says "linux.seccomp.listenerPath"
	notifies '["mkdir"]'
	config '.linux.seccomp.listenerPath = "/no/such/agent"'
	run_container
	assert_fails
	assert_rt_says "/no/such/agent" "no such file or directory"
	rt state "$ID"
	[ "$status" -ne 0 ] || fail "the container is left"
}

# --- refusals ---------------------------------------------------------------------------------

@test "what is wrong with a profile is named" {
	local filter want
	while IFS='|' read -r filter want; do
		rule SCMP_ACT_ERRNO
		config ".linux.seccomp |= ($filter)"
		args true
		run_container
		assert_fails
		assert_rt_says "$want"
	done <<-'END'
		.defaultAction = "SCMP_ACT_MAYBE"|linux.seccomp.defaultaction
		.syscalls[0].action = "ERRNO"|linux.seccomp.syscalls[0].action
		.architectures = ["SCMP_ARCH_Z80"]|linux.seccomp.architectures[0]
		.syscalls[0].args = [{index: 0, value: 1, op: "EQ"}]|linux.seccomp.syscalls[0].args[0].op
		.syscalls[0].args = [{index: 6, value: 1, op: "SCMP_CMP_EQ"}]|linux.seccomp.syscalls[0].args[0].index
	END
}

@test "a system call that nobody knows is a warning" {
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["no_such_call", "mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	mkdir_says "No space left on device"
	assert_rt_says no_such_call
}

@test "a filter that refuses execve fails start and says why" {
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["execve"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	args true
	run_container
	assert_fails "operation not supported"
}

@test "a filter that kills init fails create and leaves nothing" {
	rt_only "runc ends create before it loads the filter"
	seccomp '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["setresuid", "setuid"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	config '.process.noNewPrivileges = false'
	create
	assert_fails
	assert_rt_says SIGSYS
	rt state "$ID"
	[ "$status" -ne 0 ] || fail "the container is left"
}
