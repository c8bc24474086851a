load lib

@test "a pod is ready, then stopped, then gone" {
	pod
	equal "$(pod_status | jq -r .state)" null state # SANDBOX_READY is zero
	equal "$(pod_status | jq -r .runtimeHandler)" "$E_RUNTIME" handler
	method StopPodSandbox '{podSandboxId: $p}' --arg p "$POD"
	equal "$(pod_status | jq -r .state)" SANDBOX_NOTREADY
	method RemovePodSandbox '{podSandboxId: $p}' --arg p "$POD"
	call cri call PodSandboxStatus "{\"podSandboxId\": \"$POD\"}"
	[ "$status" -ne 0 ]
}

@test "containers of a pod share network, ipc and host name, not processes and mounts" {
	pod
	container one . sleep 1000
	local a=$CTR b n
	container two . sleep 1000
	b=$(pid_of "$CTR")
	a=$(pid_of "$a")
	for n in net ipc uts; do
		equal "$(readlink "/proc/$a/ns/$n")" "$(readlink "/proc/$b/ns/$n")" "$n"
		[ "$(readlink "/proc/$a/ns/$n")" != "$(readlink "/proc/self/ns/$n")" ] || fail "$n is the host's"
	done
	for n in pid mnt; do
		[ "$(readlink "/proc/$a/ns/$n")" != "$(readlink "/proc/$b/ns/$n")" ] || fail "$n is shared"
	done
	exec_in hostname
	is "$N-0"
}

@test "a pod that shares its processes shows them, and each container ends with its own" {
	pod '.linux.securityContext.namespaceOptions.pid = "POD"'
	container one '.linux.securityContext.namespaceOptions.pid = "POD"' sh -c 'sleep 4321 & sleep 4321'
	local one=$CTR
	container two '.linux.securityContext.namespaceOptions.pid = "POD"' sleep 1000
	exec_in ps -o args
	says "sleep 4321" "tail -f /dev/null"
	method StopContainer '{containerId: $c, timeout: 0}' --arg c "$one"
	eventually 5 exited "$one"
	eventually 5 eval '! pgrep -f "^sleep 4321"'
	exec_in true
	equal "$status" 0
}

@test "a pod of the host's network, processes and ipc is in its namespaces" {
	local options='.linux.securityContext.namespaceOptions = {network: "NODE", pid: "NODE", ipc: "NODE"}'
	pod "$options | del(.hostname)"
	output one "$options" sh -c 'for n in net pid ipc; do readlink /proc/self/ns/$n; done'
	is "$(for n in net pid ipc; do readlink /proc/self/ns/$n; done)"
}

@test "pods reach each other, and a port is forwarded" {
	pod
	container server . sh -c 'while :; do echo served | nc -l -p 8080; done'
	local ip first=$POD
	ip=$(pod_status | jq -r .network.ip)
	[[ $ip == 10.88.* ]] || fail "address $ip"
	pod
	container client . sleep 1000
	exec_in sh -c "for n in 1 2 3 4 5 6 7 8; do x=\$(sleep 0.5 | nc $ip 8080); [ -z \"\$x\" ] || break; sleep 0.2; done; echo \"\$x\""
	is served
	sleep 0.5 # until the server listens again
	stdout=$(sleep 3 | timeout 5 "$RT_TEST_CACHE/bin/cri" forward "$first" 8080 3>&- 4>&-) || true
	is served
}

@test "sysctls of a pod are those of its containers" {
	pod '.linux.sysctls = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}'
	output one . cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced
	is "1
1"
}

@test "five pods start at the same time" {
	local i pids=()
	for i in 1 2 3 4 5; do
		cri call RunPodSandbox "$(jq -cn --arg n "$N-$i" --arg h "$E_RUNTIME" '{runtimeHandler: $h, config: {
			metadata: {name: $n, uid: $n, namespace: "default"}, linux: {}}}')" \
			</dev/null >"$BATS_TEST_TMPDIR/$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "$(cat "$BATS_TEST_TMPDIR"/[1-5])"; done
	mapfile -t PODS < <(jq -r .podSandboxId "$BATS_TEST_TMPDIR"/[1-5])
	equal "${#PODS[@]}" 5
}
