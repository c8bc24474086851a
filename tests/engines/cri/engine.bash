# shellcheck shell=bash
# containerd as a kubelet uses it: pods and containers through the Container Runtime
# Interface, with the runtime under test as a runtime class.

# shellcheck source=tests/engines/containerd/engine.bash
source "$(dirname "${BASH_SOURCE[0]}")/../containerd/engine.bash"
export CRI_SOCKET=$CONTAINERD_ADDRESS
CONTAINERD_NAMESPACE=k8s.io

cri() { timeout -k 2 $((60 * ${RT_TEST_PATIENCE:-1})) "$RT_TEST_CACHE/bin/cri" "$@"; }

# engine_prepare: the client, whose modules have to be fetched, is built outside.
engine_prepare() { "$(dirname "${BASH_SOURCE[0]}")/build-client"; }

engine_start() {
	mkdir -p "$E_DIR/cni" "$E_DIR/bin"
	ln -s "$E_BIN" "$E_DIR/bin/runc"
	# Pods reach each other and the host over a bridge.
	jq -n --arg dir "$E_DIR/ipam" '{cniVersion: "0.4.0", name: "pods", plugins: [{type: "bridge", bridge: "pods0",
		isGateway: true, ipam: {type: "host-local", dataDir: $dir, ranges: [[{subnet: "10.88.0.0/16"}]],
		routes: [{dst: "0.0.0.0/0"}]}}, {type: "portmap", capabilities: {portMappings: true}}]}' >"$E_DIR/cni/10-pods.conflist"
	containerd_config >"$E_DIR/containerd.toml"
	containerd_start
	image_archive busybox localhost/busybox:latest "$E_DIR/busybox.tar"
	image_archive busybox localhost/pause:latest "$E_DIR/pause.tar" '{"Entrypoint":["/bin/tail","-f","/dev/null"]}'
	ctr image import "$E_DIR/busybox.tar"
	ctr image import "$E_DIR/pause.tar"
	wait_for 20 eval 'cri call Status | jq -e ".status.conditions | all(.status)" >/dev/null' || cri call Status
}

# What failed cases left goes first: what is left then is a leak.
engine_stop() {
	local id
	for id in $(cri call ListPodSandbox | jq -r '.items[]?.id'); do
		cri call StopPodSandbox "{\"podSandboxId\": \"$id\"}" || true
		cri call RemovePodSandbox "{\"podSandboxId\": \"$id\"}" || true
	done
	containerd_stop TERM
	! ip link show pods0 >/dev/null 2>&1 || ip link delete pods0
}
