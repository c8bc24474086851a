load lib

# after_restart SIGNAL
after_restart() {
	detached "$C" -- sh -c 'trap "exit 12" TERM; echo ready; while :; do echo alive; sleep 0.1; done'
	detached "$C-ends" -- sh -c 'sleep 1; exit 13'
	LOG=$BATS_TEST_TMPDIR/$C.log
	eventually 5 log_has alive
	local pid
	pid=$(task_pid "$C")
	containerd_stop "$1"
	sleep 1.2
	[ -d "/proc/$pid" ] || fail "the container is gone with containerd"
	containerd_start
	task_is "$C" RUNNING
	equal "$(task_pid "$C")" "$pid" pid
	exec_in "$C" sh -c 'sleep 0.2; echo again'
	is again
	pauses ctr task pause "$C"
	ok ctr task resume "$C"
	if containerd2; then
		# It forgets a task that has ended without it.
		eventually 5 task_is "$C-ends" ""
	else
		eventually 5 task_is "$C-ends" STOPPED
		ends_with 13 "$C-ends"
	fi
	ok ctr task kill "$C"
	eventually 5 task_is "$C" STOPPED
	ends_with 12 "$C"
}

@test "containers live through a restart of containerd" {
	after_restart TERM
}

@test "containers live through containerd's sudden death" {
	after_restart KILL
}

@test "what a killed shim leaves is cleaned up" {
	detached "$C" -- sleep 1000
	local pid shim
	pid=$(task_pid "$C")
	read -r _ _ _ shim _ <"/proc/$pid/stat"
	kill -KILL "$shim"
	eventually 10 eval '[ -z "$(task_status "$C")" ] || task_is "$C" STOPPED || task_is "$C" UNKNOWN'
	eventually 5 eval "[ ! -d /proc/$pid ] || grep -q '^State:.Z' /proc/$pid/status"
	call ctr task delete --force "$C"
	ok ctr container delete "$C"
}
