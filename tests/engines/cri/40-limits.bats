load lib

# limit V1-FILE V2-FILE: of $CTR, read on the host.
limit() {
	local pid path
	pid=$(pid_of "$CTR")
	if [ -d "/sys/fs/cgroup/${1%%/*}" ]; then
		path=$(awk -F: -v c="${1%%/*}" '$2 == c || $2 ~ "(^|,)" c "(,|$)" {print $3}' "/proc/$pid/cgroup")
		cat "/sys/fs/cgroup/${1%%/*}$path/${1#*/}"
	else
		path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
		cat "/sys/fs/cgroup$path/$2"
	fi
}

@test "limits are in force and an update changes them" {
	pod
	container one '.linux.resources = {memoryLimitInBytes: "67108864", cpuQuota: "50000", cpuPeriod: "100000", cpuShares: "512", cpusetCpus: "0"}' sleep 1000
	equal "$(limit memory/memory.limit_in_bytes memory.max)" 67108864
	equal "$(limit cpu/cpu.cfs_quota_us cpu.max | cut -d' ' -f1)" 50000
	equal "$(limit cpuset/cpuset.cpus cpuset.cpus)" 0
	method UpdateContainerResources '{containerId: $c, linux: {memoryLimitInBytes: "134217728", cpuQuota: "70000", cpuPeriod: "100000"}}' --arg c "$CTR"
	equal "$(limit memory/memory.limit_in_bytes memory.max)" 134217728
	equal "$(limit cpu/cpu.cfs_quota_us cpu.max | cut -d' ' -f1)" 70000
	grep -Eq ":/(.*/)?pod-$N-0(\.slice)?/" "/proc/$(pid_of "$CTR")/cgroup"
}

@test "running out of memory is the reason of the end" {
	pod
	output one '.linux.resources.memoryLimitInBytes = "16777216"' sh -c 'sleep 0.3; x=$(head -c 300000000 /dev/zero | tr "\0" x); echo survived'
	equal "$(container_status | jq -r '"\(.exitCode) \(.reason)"')" "137 OOMKilled"
}

@test "statistics show what a container uses" {
	pod
	container one . sh -c 'while :; do :; done'
	sleep 0.5
	method ContainerStats '{containerId: $c}' --arg c "$CTR"
	jq -e '(.stats.cpu.usageCoreNanoSeconds.value | tonumber) > 0 and (.stats.memory.workingSetBytes.value | tonumber) > 0' <<<"$stdout"
}

@test "pods live through a restart of containerd" {
	pod
	container one . sh -c 'while :; do echo alive; sleep 0.1; done'
	eventually 5 grep -q alive "$LOGS/one.log"
	local pid
	pid=$(pid_of "$CTR")
	containerd_stop KILL
	containerd_start
	eventually 10 eval '[ "$(pid_of "$CTR")" = '"$pid"' ]'
	exec_in echo again
	is again
	method StopContainer '{containerId: $c, timeout: 0}' --arg c "$CTR"
	exited
}
