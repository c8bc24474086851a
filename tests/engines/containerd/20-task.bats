load lib

@test "a container is created, started, listed, killed and deleted in steps" {
	ok ctr container create "$BUSYBOX" "$C" sleep 1000
	equal "$(task_status "$C")" ""
	ok ctr task start -d "$C"
	eventually 5 task_is "$C" RUNNING
	ok ctr task kill --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
	ends_with 137 "$C"
	ok ctr container delete "$C"
}

@test "kill sends the signal that it is told" {
	detached "$C" -- sh -c 'trap "echo usr1" USR1; trap "echo term; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
	eventually 5 log_has ready
	ok ctr task kill --signal USR1 "$C"
	eventually 5 log_has usr1
	ok ctr task kill "$C"
	eventually 5 log_has term
	eventually 5 task_is "$C" STOPPED
	ends_with 7 "$C"
}

@test "a second kill of a dead container says that it is not there" {
	detached "$C" -- true
	eventually 5 task_is "$C" STOPPED
	call ctr task kill "$C"
	[ "$status" -ne 0 ]
	says "not found"
}

@test "kill --all ends what a container in the host's pid namespace started" {
	detached "$C" --with-ns "pid:/proc/self/ns/pid" -- sh -c 'sleep 7654 & sleep 7654 & wait'
	eventually 5 eval '[ "$(pgrep -fc "^sleep 7654")" -eq 2 ]'
	ok ctr task kill --all --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
	eventually 5 eval '! pgrep -f "^sleep 7654"'
}

@test "what a container in the host's pid namespace left ends with its init" {
	detached "$C" --with-ns "pid:/proc/self/ns/pid" -- sh -c 'sleep 7655 & exec sleep 0.3'
	eventually 5 task_is "$C" STOPPED
	eventually 5 eval '! pgrep -f "^sleep 7655"'
}

@test "delete refuses a running task, delete --force ends it" {
	detached "$C" -- sleep 1000
	call ctr task delete "$C"
	[ "$status" -ne 0 ] || fail "deleted"
	task_is "$C" RUNNING
	call ctr task delete --force "$C"
	equal "$(task_status "$C")" ""
}

@test "exec gives output and exit status, and its own user and directory" {
	detached "$C" -- sleep 1000
	# ctr loses the output of what ends before it has opened its FIFOs.
	exec_in "$C" sh -c 'sleep 0.2; echo hello'
	is hello
	exec_in "$C" sh -c 'exit 9'
	equal "$status" 9
	call ctr task exec --exec-id x1 --user 1000 --cwd /tmp "$C" sh -c 'id -u; pwd'
	is "1000
/tmp"
}

@test "exec -d goes on behind" {
	detached "$C" -- sleep 1000
	ok ctr task exec -d --exec-id x1 "$C" sh -c 'echo done >/result; sleep 1000'
	eventually 5 eval 'exec_in "$C" cat /result; [ "$stdout" = done ]'
}

@test "exec of a missing program tells so and leaves the container alone" {
	detached "$C" -- sleep 1000
	exec_in "$C" nosuchprogram
	[ "$status" -ne 0 ]
	says 'executable file not found in $PATH'
	exec_in "$C" /etc
	says 'permission denied'
	task_is "$C" RUNNING
}

@test "exec ends with the container" {
	detached "$C" -- sleep 1000
	ctr task exec --exec-id x1 "$C" sleep 1000 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	local pid=$!
	eventually 5 eval '[ "$(ctr task ps "$C" | wc -l)" -eq 3 ]'
	ok ctr task kill --signal KILL "$C"
	status=0
	wait $pid || status=$?
	equal "$status" 137
}

@test "thirty processes are started at the same time" {
	detached "$C" -- sleep 1000
	local i pids=()
	for i in {1..30}; do
		ctr task exec --exec-id "x$i" "$C" sh -c "sleep 0.2; echo from $i" </dev/null >"$BATS_TEST_TMPDIR/o$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(cat "$BATS_TEST_TMPDIR"/o* | sort -V)" "$(printf 'from %s\n' {1..30})"
}

@test "ps lists every process of the container" {
	detached "$C" -- sh -c 'sleep 1001 & sleep 1002 & wait'
	ok ctr task exec -d --exec-id x1 "$C" sleep 1003
	eventually 5 eval '[ "$(ctr task ps "$C" | tail -n +2 | wc -l)" -eq 4 ]'
	local pid
	for pid in $(ctr task ps "$C" | awk 'NR > 1 {print $1}'); do
		[ -d "/proc/$pid" ] || fail "pid $pid is not the host's"
	done
}

@test "pause stops the processes and resume lets them continue" {
	detached "$C" -- sh -c 'while :; do echo x; sleep 0.05; done'
	eventually 5 log_has x
	pauses ctr task pause "$C"
	task_is "$C" PAUSED
	local before
	before=$(stat -c %s "$LOG")
	sleep 0.4
	equal "$(stat -c %s "$LOG")" "$before" "size of the log"
	exec_in "$C" true
	[ "$status" -ne 0 ] || fail "exec in a paused container"
	ok ctr task resume "$C"
	task_is "$C" RUNNING
	eventually 5 eval '[ "$(stat -c %s "$LOG")" -gt "$before" ]'
}

@test "a paused container is killed" {
	detached "$C" -- sleep 1000
	ok ctr task pause "$C"
	ok ctr task kill --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
}

@test "metrics show what the limits are and what is used" {
	detached "$C" --memory-limit 67108864 --cpu-quota 20000 --cpu-period 100000 -- sh -c 'while :; do :; done'
	sleep 1
	ok ctr task metrics --format json "$C"
	jq -e '.usage_usec // .cpu.usage.total | tonumber > 0' <<<"$stdout" || fail "no CPU time"
	jq -e '(.memory.usage.limit // .memory.usage_limit | tonumber) == 67108864' <<<"$stdout" || fail "the limit of memory"
	jq -e '(.cpu.throttling.throttled_periods // .cpu.nr_throttled | tonumber) > 0' <<<"$stdout" || fail "not throttled"
}

@test "the cgroup is where --cgroup says and goes with the container" {
	detached "$C" --cgroup "/test/$C-group" -- sleep 1000
	local pid
	pid=$(task_pid "$C")
	grep -q ":/test/$C-group\$" "/proc/$pid/cgroup" || fail "$(cat "/proc/$pid/cgroup")"
	ok ctr task kill --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
	call ctr task delete "$C"
	equal "$(find /sys/fs/cgroup -type d -name "$C-group")" ""
}

@test "running out of memory is an event and the end" {
	ctr events >"$BATS_TEST_TMPDIR/events" 2>&1 </dev/null 3>&- 4>&- &
	local listener=$!
	sleep 0.3
	detached "$C" --memory-limit 16777216 -- sh -c 'sleep 0.5; x=$(head -c 300000000 /dev/zero | tr "\0" x); echo survived'
	eventually 10 task_is "$C" STOPPED
	eventually 5 grep -q "/tasks/oom.*$C" "$BATS_TEST_TMPDIR/events" || { kill $listener; return 1; }
	eventually 5 grep -q "/tasks/exit.*$C" "$BATS_TEST_TMPDIR/events"
	kill $listener
	ends_with 137 "$C"
}

@test "--tty gives a terminal of the client's size, and exec -t one of its own" {
	tty_start ctr run --rm -t "${RUN[@]}" "$BUSYBOX" "$C" sh
	tty_await '#'
	tty_send 'echo rows-$(stty size)\n'
	tty_await 'rows-30 100'
	tty_send 'tty; exit 5\n'
	tty_end
	says /dev/pts/0
	equal "$status" 5
	detached "$C" -- sleep 1000
	tty_start ctr task exec -t --exec-id x1 "$C" sh -c 'read line; echo got-$line; [ -t 2 ] && exit 6'
	tty_send 'typed\n'
	tty_await got-typed
	tty_end
	equal "$status" 6
}

@test "Ctrl-C on the terminal interrupts the program" {
	tty_start ctr run --rm -t "${RUN[@]}" "$BUSYBOX" "$C" sh -c 'trap "echo interrupted; exit 8" INT; echo ready; while :; do sleep 0.1; done'
	tty_await ready
	tty_send '\003'
	tty_await interrupted
	tty_end
	equal "$status" 8
}
