load lib

@test "run gives a program's output and exit status" {
	run_rm busybox sh -c 'echo out; echo err >&2'
	is out
	equal "$stderr" err
	run_fails 42 busybox sh -c 'exit 42'
	run_fails 137 busybox sh -c 'kill -9 $$; sleep 5' || run_fails 0 busybox true
}

@test "run passes stdin on to its end" {
	stdout=$(printf 'one\ntwo\n' | podman run -i --rm --label "$LABEL" --network none busybox wc -l 3>&- 4>&-)
	is 2
}

@test "a missing program gives 127, a directory and a file without x 126" {
	run_fails 127 busybox nosuchprogram
	run_fails 127 busybox /no/such
	run_fails 126 busybox /etc
	run_fails 126 busybox /etc/passwd
}

@test "user, environment, directory, host name and labels" {
	run_rm -u 1000:1000 -e A=1 -w /tmp -h box --annotation some.key=value busybox sh -c 'id -u; id -g; echo "$A"; pwd; hostname'
	is "1000
1000
1
/tmp
box"
}

@test "--read-only, --tmpfs and --shm-size" {
	run_rm --read-only --tmpfs /scratch:size=1m --shm-size 2m busybox sh -c \
		'touch /x 2>&1; touch /scratch/x && echo scratch; df -k /dev/shm | tail -1; df -k /scratch | tail -1'
	says "Read-only file system" scratch 2048 1024
}

@test "capabilities are dropped and added" {
	run_rm --cap-drop ALL --cap-add NET_ADMIN busybox grep CapEff /proc/self/status
	says 0000000000001000
	run_rm --privileged busybox sh -c 'mount -t tmpfs none /mnt && echo mounted'
	is mounted
}

@test "the default seccomp profile is in force, its exceptions too" {
	run_rm busybox sh -c 'grep Seccomp: /proc/self/status; unshare -U true 2>&1 || echo refused'
	matches 'Seccomp:[[:space:]]*2'
	run_rm --security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status
	matches '0$'
	run_rm --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status
	matches '1$'
}

@test "masked paths are empty and --security-opt unmask shows them" {
	run_rm busybox sh -c 'wc -c </proc/keys; ls /proc/acpi /sys/firmware | grep -cv :'
	line 0
	run_rm --security-opt unmask=/proc/timer_list busybox sh -c 'test -s /proc/timer_list || head -c 1 /proc/timer_list >/dev/null; echo $?'
	is 0
}

@test "limits of memory, CPUs and processes are in force" {
	run_rm --memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 50 --cpu-shares 512 --cpuset-cpus 0 busybox sh -c \
		'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max cpu/cpu.shares cpuset/cpuset.cpus 2>/dev/null ||
		cat memory.max cpu.max pids.max cpuset.cpus'
	line 67108864 50 0
}

@test "running out of memory is the end, and inspect tells the status" {
	detached "$C" --memory 16m --memory-swap 16m busybox sh -c 'x=$(head -c 300000000 /dev/zero | tr "\0" x); echo survived'
	eventually 20 state_is "$C" exited
	inspect "$C" '{{.State.ExitCode}}'
	is 137
	refuted log_has "$C" survived
}

@test "sysctls, ulimits, devices and the oom score" {
	run_rm --sysctl net.ipv4.ip_forward=1 --ulimit nofile=1000:2000 --ulimit nproc=3000:4000 --device /dev/full --oom-score-adj 500 busybox sh -c \
		'cat /proc/sys/net/ipv4/ip_forward; ulimit -n; ulimit -Hn; ls -l /dev/full | cut -c1; cat /proc/self/oom_score_adj'
	line 1 1000 2000 c 500
}

@test "pid, ipc, uts and network namespaces of the host and of another container" {
	run_rm --pid host --ipc host --uts host busybox sh -c 'for n in pid ipc uts; do readlink /proc/self/ns/$n; done'
	is "$(for n in pid ipc uts; do readlink /proc/self/ns/$n; done)"
	sleeper "$C"
	run_rm --pid "container:$C" busybox cat /proc/1/comm
	is sleep
	inspect "$C" '{{.State.Pid}}'
	local net
	net=$(readlink "/proc/$stdout/ns/net")
	ok podman run --rm --label "$LABEL" --network "container:$C" busybox readlink /proc/self/ns/net
	is "$net"
}

@test "a user namespace has the ids of --uidmap" {
	run_rm --uidmap 0:200000:65536 --gidmap 0:200000:65536 busybox sh -c 'cat /proc/self/uid_map; touch /x; stat -c %u /x; ls -ld /proc | cut -c1'
	matches '0 +200000 +65536'
	line 0 d
}

@test "--init is process 1 and the program its child" {
	run_rm --init busybox sh -c 'cat /proc/1/comm; echo $$'
	matches '^(catatonit|podman-init)'
}

@test "--cgroupns host and private" {
	run_rm --cgroupns host busybox cat /proc/self/cgroup
	says libpod
	run_rm --cgroupns private busybox cat /proc/self/cgroup
	refute_says libpod
}

@test "systemd's socket activation passes descriptors on" {
	stdout=$(LISTEN_FDS=1 LISTEN_PID=$$ bash -c 'export LISTEN_PID=$$; exec "$@" 3<>/dev/null' bash "${PODMAN[@]}" \
		run --rm --label "$LABEL" --network none busybox sh -c 'echo $LISTEN_FDS; ls -l /proc/self/fd/3' 4>&- 2>&1)
	says "/dev/null"
	matches '^1'
}

@test "--preserve-fds passes a descriptor on" {
	echo through >"$BATS_TEST_TMPDIR/f"
	stdout=$(podman run --rm --label "$LABEL" --network none --preserve-fds 1 busybox cat /proc/self/fd/3 3<"$BATS_TEST_TMPDIR/f" 4>&-)
	is through
}

@test "five containers start at the same time" {
	local i pids=()
	for i in {1..5}; do
		podman run --rm --label "$LABEL" --network none busybox echo "done-$i" </dev/null >"$BATS_TEST_TMPDIR/$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(cat "$BATS_TEST_TMPDIR"/[0-9]* | sort)" "$(printf 'done-%s\n' {1..5})"
}
