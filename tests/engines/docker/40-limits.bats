load lib

# cg FILE...: the values of cgroup files in a container, "controller/file".
cg() {
	local f
	for f; do docker exec "$C" cat "/sys/fs/cgroup/$f" || return 1; done
}

# The engine's first CPU, and all of them.
cpus() { cat /sys/fs/cgroup/cpuset/cpuset.cpus; }

@test "-m, --memory-swap, --cpus, -c, --cpuset-cpus and --pids-limit are in the cgroup" {
	sleeper "$C" -m 64m --memory-swap 96m --memory-reservation 32m --memory-swappiness 10 --cpus 0.5 -c 512 \
		--cpuset-cpus 0 --cpuset-mems 0 --pids-limit 33 --oom-kill-disable=false
	equal "$(cg memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes \
		cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpu/cpu.shares cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max)" \
		$'67108864\n33554432\n50000\n100000\n512\n0\n0\n33'
	[ ! -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || equal "$(cg memory/memory.memsw.limit_in_bytes)" 100663296
	fails 2 docker exec "$C" sh -c 'for i in $(seq 50); do sleep 5 & done; wait'
	says "can't fork"
}

@test "--device-read-bps and --device-write-iops are in the cgroup" {
	local disk node
	disk=$(find /sys/block -maxdepth 1 -name 'vd*' -o -maxdepth 1 -name 'loop0' | sort | tail -1)
	node=/dev/${disk##*/}
	sleeper "$C" --device-read-bps "$node:1mb" --device-write-iops "$node:100"
	equal "$(cg blkio/blkio.throttle.read_bps_device blkio/blkio.throttle.write_iops_device)" \
		"$(<"$disk/dev") 1048576"$'\n'"$(<"$disk/dev") 100"
}

@test "--blkio-weight is in the cgroup, or Docker says that the kernel has no weights" {
	sleeper "$C" --blkio-weight 300
	if [ -e /sys/fs/cgroup/blkio/blkio.weight ]; then
		equal "$(cg blkio/blkio.weight)" 300
	else
		says 'does not support Block I/O weight'
	fi
}

@test "update changes the limits of a container that runs, and of one that is paused" {
	sleeper "$C" -m 64m --cpus 0.5 --pids-limit 20
	ok docker update -m 128m --memory-swap 256m --cpus 1.5 -c 300 --cpuset-cpus "$(cpus)" --pids-limit 40 "$C"
	equal "$(cg memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares cpuset/cpuset.cpus pids/pids.max)" \
		"134217728"$'\n150000\n300\n'"$(cpus)"$'\n40'
	ok docker pause "$C"
	ok docker update -m 96m "$C"
	ok docker unpause "$C"
	equal "$(cg memory/memory.limit_in_bytes cpu/cpu.shares)" $'100663296\n300'
	ok docker update --restart always "$C"
	fails 1 docker update -m 1m "$C"
	equal "$(cg memory/memory.limit_in_bytes)" 100663296
	ok docker update --restart no "$C"
}

@test "a program out of memory is killed, and Docker says so" {
	detached "$C" -m 16m --memory-swap 16m busybox sh -c 'x=$(head -c 64m /dev/zero | tr "\0" x); echo survived'
	ok docker wait "$C"
	local code=$stdout
	inspect "$C" '{{.State.OOMKilled}} {{.State.ExitCode}}'
	is "true $code"
	[ "$code" -ne 0 ]
	ok docker logs "$C"
	refute_says survived
}

@test "stats and top tell what a container uses" {
	detached "$C" -m 64m --pids-limit 50 busybox sh -c 'sleep 1001 & sleep 1002 & while :; do :; done'
	sleep 1
	ok docker stats --no-stream --format '{{.Name}}|{{.CPUPerc}}|{{.MemUsage}}|{{.NetIO}}|{{.PIDs}}' "$C"
	matches "^$C\|([0-9.]+)%\|.*KiB / 64MiB\|.*\|3\$" || matches "^$C\|([0-9.]+)%\|.*MiB / 64MiB\|.*\|3\$"
	awk -v p="${BASH_REMATCH[1]}" 'BEGIN {exit !(p > 5)}' || fail "a busy loop uses no CPU"
	ok docker top "$C" -o pid,args
	line "$(printf '%-20s%s' PID COMMAND)" || says PID COMMAND
	says 'sleep 1001' 'sleep 1002' "$(pid_of "$C")"
	equal "$(wc -l <<<"$stdout")" 4
}
