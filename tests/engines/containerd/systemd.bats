load lib

# in_scope [FLAG...]: $C sleeps in a scope of systemd. Sets SCOPE and DIR.
in_scope() {
	SCOPE=ctr-$C.scope DIR=/sys/fs/cgroup/system.slice/ctr-$C.scope
	detached "$C" --runc-systemd-cgroup --cgroup "system.slice:ctr:$C" "$@" -- sleep 1000
}

scope_is_gone() { [ "$(systemctl show -P LoadState "$SCOPE")" = not-found ] && [ ! -e "$DIR" ]; }

# limited: as the case says to in_scope, in the kernel and in systemd.
limited() {
	equal "$(cat "$DIR"/{memory.max,cpu.max})" $'67108864\n50000 100000'
	equal "$(systemctl show -P MemoryMax -P CPUQuotaPerSecUSec "$SCOPE")" $'500ms\n67108864'
}

@test "a task is a scope of systemd with its limits, that a reload leaves alone" {
	in_scope --memory-limit 67108864 --cpu-quota 50000 --cpu-period 100000
	equal "$(<"/proc/$(task_pid "$C")/cgroup")" "0::/system.slice/$SCOPE"
	limited
	systemctl daemon-reload
	limited
	ok ctr task exec -d --exec-id x1 "$C" sleep 1001
	eventually 5 eval '[ "$(wc -l <"$DIR/cgroup.procs")" -eq 2 ]'
	ok ctr task kill --signal KILL "$C"
	eventually 5 task_is "$C" STOPPED
	ends_with 137 "$C"
	eventually 5 scope_is_gone
}

@test "what systemd kills has ended for containerd" {
	in_scope
	systemctl kill -s KILL "$SCOPE"
	eventually 5 task_is "$C" STOPPED
	ends_with 137 "$C"
	eventually 5 scope_is_gone
}
