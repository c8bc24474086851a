#!/usr/bin/env bats
load helpers

# Raising a hard limit needs CAP_SYS_RESOURCE, so these only lower.

@test "soft and hard limits are set" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_NPROC", soft: 50, hard: 60},
		{type: "RLIMIT_FSIZE", soft: 10485760, hard: 20971520}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_STACK", soft: 1048576, hard: 2097152}]'
	args cat /proc/self/limits
	run_ok
	grep -qE 'open files +100 +200 ' <<<"$stdout"
	grep -qE 'processes +50 +60 ' <<<"$stdout"
	grep -qE 'file size +10485760 +20971520 ' <<<"$stdout"
	grep -qE 'core file size +0 +0 ' <<<"$stdout"
	grep -qE 'stack size +1048576 +2097152 ' <<<"$stdout"
}

@test "every kind of limit is known" {
	local t kinds=(AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NOFILE NPROC RSS RTPRIO SIGPENDING STACK)
	config '.process.rlimits = [$ARGS.positional[] | {type: ("RLIMIT_" + .), soft: 1000, hard: 1000}]
		| .process.rlimits |= map(if .type == "RLIMIT_RTPRIO" then .soft = 0 | .hard = 0
			elif (.type | test("AS|DATA|STACK|FSIZE")) then .soft = 8388608 | .hard = 8388608 else . end)' --args -- "${kinds[@]}"
	args cat /proc/self/limits
	run_ok
	grep -qE 'cpu time +1000 +1000 ' <<<"$stdout"
	grep -qE 'msgqueue size +1000 +1000 ' <<<"$stdout"
	grep -qE 'pending signals +1000 +1000 ' <<<"$stdout"
	grep -qE 'address space +8388608 +8388608 ' <<<"$stdout"
}

@test "RLIMIT_RTTIME and RLIMIT_NICE are known" {
	config '.process.rlimits = [{type: "RLIMIT_NICE", soft: 0, hard: 0}, {type: "RLIMIT_RTTIME", soft: 1000000, hard: 1000000}]'
	args cat /proc/self/limits
	run_ok
	grep -qE 'realtime timeout +1000000 +1000000 ' <<<"$stdout"
}

@test "an unlimited soft limit below an unlimited hard limit is kept" {
	config '.process.rlimits = [{type: "RLIMIT_CPU", soft: 18446744073709551615, hard: 18446744073709551615}]'
	# jq rounds large numbers
	sed -i 's/1844674407370955[0-9]*/18446744073709551615/g' "$CONFIG"
	sed -i 's/"true"/"cat", "\/proc\/self\/limits"/' "$CONFIG"
	run_ok
	grep -qE 'cpu time +unlimited +unlimited ' <<<"$stdout"
}

@test "without rlimits the caller's stay" {
	config 'del(.process.rlimits)'
	args cat /proc/self/limits
	(
		ulimit -n 333
		"$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/l" 2>&1 3>&-
	)
	grep -qE 'open files +333 +333 ' "$BATS_TEST_TMPDIR/l" || fail "$(<"$BATS_TEST_TMPDIR/l")"
}

@test "an unknown limit is refused" {
	config '.process.rlimits = [{type: "RLIMIT_NOSUCH", soft: 1, hard: 1}]'
	run_container
	assert_fails RLIMIT_NOSUCH
	assert_rt_says "process.rlimits[0]"
}

@test "a limit listed twice is refused" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 10, hard: 10}, {type: "RLIMIT_NOFILE", soft: 20, hard: 20}]'
	run_container
	if is_rt; then assert_fails "process.rlimits[1]" RLIMIT_NOFILE; fi
}

@test "a soft limit above the hard limit is refused" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 100}]'
	run_container
	assert_fails
	assert_rt_says "process.rlimits[0]"
}

@test "a hard limit that the caller may not set is reported with its name" {
	[ $((0x$(awk '/^CapEff/ {print $2}' /proc/self/status) & 0x1000000)) -eq 0 ] || skip "this process has CAP_SYS_RESOURCE"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 10000000, hard: 10000000}]'
	run_container
	assert_fails "operation not permitted"
	assert_rt_says "RLIMIT_NOFILE"
}

@test "limits do not hinder the runtime itself" {
	rt_only "runc 1.1 runs out of descriptors"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3, hard: 3}, {type: "RLIMIT_FSIZE", soft: 0, hard: 0}, {type: "RLIMIT_NPROC", soft: 1, hard: 1}]'
	args true
	run_ok
}
