# shellcheck shell=bash
# `load lib`: what the cases of the CRI share.

# shellcheck source=tests/engines/lib.bash
source "$E_HOME/lib.bash"

setup() {
	untraced
	N=n$BATS_SUITE_TEST_NUMBER
	LOGS=$BATS_TEST_TMPDIR/logs
	PODS=()
}

teardown() { remove_pods; }

remove_pods() {
	local p
	for p in "${PODS[@]}"; do
		cri call StopPodSandbox "{\"podSandboxId\": \"$p\"}" >/dev/null || true
		cri call RemovePodSandbox "{\"podSandboxId\": \"$p\"}" >/dev/null || true
	done
	# A kubelet's part.
	! systemd_host || systemctl stop pod.slice
}

# method NAME [FILTER [JQ-OPTION...]]: a call whose request a jq filter makes.
method() {
	local name=$1 filter=${2:-{\}}
	shift
	[ $# -eq 0 ] || shift
	ok cri call "$name" "$(jq -cn "$filter" "$@")"
}

# pod [FILTER]: runs a sandbox, whose configuration the jq filter changes. Sets POD.
pod() {
	local parent=/pod-$N-${#PODS[@]}
	! systemd_host || parent=${parent#/}.slice
	CONFIG=$(jq -cn --arg name "$N-${#PODS[@]}" --arg logs "$LOGS" --arg parent "$parent" '{
		metadata: {name: $name, uid: $name, namespace: "default"}, logDirectory: $logs,
		hostname: $name, linux: {cgroupParent: $parent, securityContext: {namespaceOptions: {pid: "CONTAINER"}}}}
		| '"${1:-.}")
	# shellcheck disable=SC2016 # jq's variables
	method RunPodSandbox '{config: $config, runtimeHandler: $handler}' --argjson config "$CONFIG" --arg handler "$E_RUNTIME"
	POD=$(jq -r .podSandboxId <<<"$stdout")
	PODS+=("$POD")
}

# create NAME FILTER COMMAND...: a container in $POD. Sets status, and CTR if it is there.
create() {
	local name=$1 filter=$2 config
	shift 2
	config=$(jq -cn --arg name "$name" '{metadata: {name: $name}, image: {image: "localhost/busybox:latest"},
		command: $ARGS.positional, logPath: ($name + ".log"), linux: {securityContext: {namespaceOptions: {pid: "CONTAINER"}}}}
		| '"$filter" --args -- "$@")
	call cri call CreateContainer "$(jq -cn --arg pod "$POD" --argjson config "$config" --argjson sandbox "$CONFIG" \
		'{podSandboxId: $pod, config: $config, sandboxConfig: $sandbox}')"
	CTR=
	[ "$status" -ne 0 ] || CTR=$(jq -r .containerId <<<"$stdout")
}

# start: $CTR. Sets status.
start() { call cri call StartContainer "{\"containerId\": \"$CTR\"}"; }

# container NAME FILTER COMMAND...: created and started.
container() {
	create "$@"
	[ "$status" -eq 0 ] || fail "create"
	start
	[ "$status" -eq 0 ] || fail "start"
}

# container_status [ID]
container_status() { cri call ContainerStatus "{\"containerId\": \"${1:-$CTR}\"}" | jq -c .status; }

exited() { [ "$(container_status "${1:-}" | jq -r .state)" = CONTAINER_EXITED ]; }

# output NAME FILTER COMMAND...: a container to its end; sets stdout to what it wrote.
output() {
	container "$@"
	eventually 20 exited
	# Each line of a log has a time, the stream's name and a tag before it.
	stdout=$(cut -d' ' -f4- "$LOGS/$1.log")
}

pid_of() { cri call ContainerStatus "{\"containerId\": \"$1\", \"verbose\": true}" | jq -r '.info.info | fromjson | .pid'; }

pod_status() { cri call PodSandboxStatus "{\"podSandboxId\": \"$POD\"}" | jq -c .status; }

# exec_in COMMAND...: in $CTR, as a probe does it.
exec_in() { call cri execsync "$CTR" "$@"; }
