load lib

# ns NAME KIND: the namespace of a container's init.
ns() { readlink "/proc/$(pid_of "$1")/ns/$2"; }

@test "--pid, --ipc, --uts and --net share the host's namespace" {
	sleeper "$C" --pid host --ipc host --uts host --net host
	local n
	for n in pid ipc uts net; do
		equal "$(ns "$C" $n)" "$(readlink /proc/self/ns/$n)" "$n"
	done
	[ "$(ns "$C" mnt)" != "$(readlink /proc/self/ns/mnt)" ] || fail "the host's mount namespace"
	ok docker exec "$C" sh -c 'hostname; ip link show docker0; cat /proc/1/comm; ls /dev/mqueue | wc -l'
	line engines bash
	says docker0
	ok docker stop -t 1 "$C"
	inspect "$C" '{{.State.ExitCode}}'
}

@test "--pid, --ipc and --net share another container's namespace" {
	sleeper "$C-a" --ipc shareable
	sleeper "$C-b" --pid "container:$C-a" --ipc "container:$C-a" --net "container:$C-a"
	local n
	for n in pid ipc net; do
		equal "$(ns "$C-a" $n)" "$(ns "$C-b" $n)" "$n"
	done
	for n in uts mnt; do
		[ "$(ns "$C-a" $n)" != "$(ns "$C-b" $n)" ] || fail "$n is shared"
	done
	ok docker exec "$C-b" sh -c 'ps -o comm | grep -c sleep; echo shared >/dev/shm/f'
	is 2
	ok docker exec "$C-a" cat /dev/shm/f
	is shared
	# A container in another's PID namespace ends whole, and the other goes on.
	ok docker exec -d "$C-b" sleep 999
	ok docker kill "$C-b"
	ok docker exec "$C-a" ps -o args
	line 'sleep 1000'
	refute_says 'sleep 999'
	inspect "$C-a" '{{.State.Running}}'
	is true
}

@test "--net none and --ipc none and private give what they say" {
	run_rm --net none --ipc none busybox sh -c 'ip -o link | cut -d: -f2; ls -d /dev/shm 2>&1; ip addr add 10.9.9.9/32 dev lo 2>&1; true'
	line ' lo'
	refute_says eth0
	says 'Operation not permitted'
	run_rm --net none --ipc private --cgroupns private busybox sh -c 'grep -c /dev/shm /proc/mounts; cut -d: -f3 /proc/self/cgroup | sort -u'
	is $'1\n/'
	run_rm --cgroupns host busybox grep :memory: /proc/self/cgroup
	matches ':memory:/docker/[0-9a-f]{64}$'
}

@test "every container has namespaces of its own unless told otherwise" {
	sleeper "$C"
	local n
	for n in pid ipc uts net mnt; do
		[ "$(ns "$C" $n)" != "$(readlink /proc/self/ns/$n)" ] || fail "the host's $n namespace"
	done
	ok docker exec "$C" sh -c 'cat /proc/1/comm; hostname; ip -o -4 addr show eth0 | wc -l'
	line docker-init 1
	line "$(docker inspect -f '{{.Config.Hostname}}' "$C")"
}
