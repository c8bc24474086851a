#!/usr/bin/env bats
load helpers

# two_processes: the container has two of them.
two_processes() {
	running_script 'sleep 1000 & echo ready; wait'
}

@test "ps shows a line with the caller's pid for each process" {
	two_processes
	rt_ok ps "$ID"
	[ "$(wc -l <"$OUT")" -eq 3 ] || fail "want a title and two lines"
	[[ $(head -1 "$OUT") =~ ^UID\ +PID\ +PPID ]] || fail "no title"
	grep -Eq "^root +$container_pid .*sh -c" "$OUT" || fail "no line about init"
	assert_has "sleep 1000"
	[ -z "$stderr" ]
}

@test "ps --format json is an array of the same pids" {
	two_processes
	rt_ok ps "$ID" -eo pid
	local table
	table=$(tail -n +2 "$OUT" | sort -n | paste -sd, | tr -d ' ')
	rt_ok ps --format json "$ID"
	assert_equal "$(jq -c sort <<<"$output")" "[$table]" # of stdout and stderr
	[[ ",$table," == *",$container_pid,"* ]] || fail "init is not among $table"
	rt_ok ps -f json "$ID"
	assert_has "$container_pid"
}

@test "ps gives what follows the id to ps(1)" {
	two_processes
	rt_ok ps "$ID" -eo pid,args
	assert_equal "$(head -1 "$OUT" | tr -s ' ')" " PID COMMAND"
	rt_ok ps --format table "$ID" -ef
	[[ $stdout == UID* ]]
}

@test "ps does not take options behind the id for its own" {
	two_processes
	rt ps "$ID" --format json
	[[ $stdout != \[* ]] || fail "the format was taken"
}

@test "ps needs a column PID" {
	two_processes
	rt ps "$ID" -eo args
	assert_fails "PID"
}

@test "ps passes on what ps(1) says about wrong options" {
	two_processes
	rt ps "$ID" --no-such-option
	assert_fails
	[[ $output == *option* ]] || fail "not what ps said"
}

@test "ps refuses an unknown format" {
	two_processes
	rt ps --format xml "$ID"
	assert_fails
	assert_rt_says xml
}

@test "ps needs neither PATH nor any other variable" {
	rt_only "runc looks for ps in PATH alone"
	two_processes
	RT_WRAP=(env -i)
	rt_ok ps "$ID"
	assert_has "sleep 1000"
}

@test "ps of a created container shows its init" {
	create_ok
	status_of
	rt_ok ps --format json "$ID"
	assert_equal "$(jq -c . "$OUT")" "[$container_pid]"
}

@test "ps of a stopped container is empty and no error" {
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	rt_ok ps "$ID"
	[ "$(wc -l <"$OUT")" -eq 1 ] || fail "want the title alone"
	rt_ok ps --format json "$ID"
	[[ $(jq -c . <<<"$output") =~ ^(null|\[\])$ ]] || fail "want an empty list"
}

@test "ps shows paused processes" {
	two_processes
	rt_ok pause "$ID"
	rt_ok ps "$ID"
	assert_has "sleep 1000"
}

@test "ps shows processes that exec started" {
	two_processes
	rt_ok exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 999
	rt_ok ps --format json "$ID"
	assert_has "$(<"$BATS_TEST_TMPDIR/pid")"
}

# bats test_tags=cgroup
@test "ps shows processes in cgroups below the container's" {
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	two_processes
	local dir=/sys/fs/cgroup/devices/$ID pid
	[ -d "$dir" ] || dir=/sys/fs/cgroup/$ID
	rt_ok exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 999
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	mkdir -p "$dir/inner/most"
	echo "$pid" >"$dir/inner/most/cgroup.procs"
	rt_ok ps --format json "$ID"
	assert_has "$pid"
	rt_ok ps "$ID"
	assert_has "sleep 999"
}

@test "ps refuses an unknown container" {
	rt ps "$ID"
	assert_fails "does not exist"
	rt ps --format json "$ID"
	assert_fails "does not exist"
}

@test "ps needs an id" {
	rt ps
	assert_fails
	assert_rt_says "ID"
}
