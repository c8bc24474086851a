load lib

# limited MEMORY CPU PIDS: $CTR, in the kernel and in systemd.
limited() {
	equal "$(cat "$DIR"/{memory.max,cpu.max,pids.max})" "$1"$'\n'"$2 100000"$'\n'"$3"
	equal "$(systemctl show -P MemoryMax "$SCOPE")" "$1" MemoryMax
	equal "$(systemctl show -P CPUQuotaPerSecUSec "$SCOPE")" "$(($2 / 100))ms" CPUQuotaPerSecUSec
	equal "$(systemctl show -P TasksMax "$SCOPE")" "$3" TasksMax
}

scope_is_gone() { [ "$(systemctl show -P LoadState "$SCOPE")" = not-found ] && [ ! -e "$DIR" ]; }

@test "a container is a scope in the slice of its pod, with its limits before and after an update" {
	pod
	container one '.linux.resources = {memoryLimitInBytes: "67108864", cpuQuota: "50000", cpuPeriod: "100000",
		unified: {"pids.max": "50"}}' sleep 1000
	SCOPE=cri-containerd-$CTR.scope
	local path=/pod.slice/pod-$N.slice/pod-$N-0.slice/$SCOPE
	DIR=/sys/fs/cgroup$path
	equal "$(<"/proc/$(pid_of "$CTR")/cgroup")" "0::$path"
	limited 67108864 50000 50
	systemctl daemon-reload
	limited 67108864 50000 50
	method UpdateContainerResources '{containerId: $c, linux: {memoryLimitInBytes: "134217728", cpuQuota: "70000", cpuPeriod: "100000"}}' --arg c "$CTR"
	limited 134217728 70000 50
	systemctl daemon-reload
	limited 134217728 70000 50
	exec_in true
	equal "$status" 0
	method StopContainer '{containerId: $c, timeout: 0}' --arg c "$CTR"
	method RemoveContainer '{containerId: $c}' --arg c "$CTR"
	eventually 5 scope_is_gone
}
