# shellcheck shell=bash
# BuildKit's daemon, whose worker calls the runtime itself: run in the foreground, with
# --keep, and delete.

: "${RT_ENGINES_NEWER:?Debian has no BuildKit: set RT_ENGINES_NEWER=1}"
# shellcheck disable=SC2034 # for tests/engines/run
REFERENCE=runc
export BUILDKIT_HOST=unix://$E_DIR/buildkit.sock

buildctl() { timeout -k 2 $((60 * ${RT_TEST_PATIENCE:-1})) buildctl "$@"; }

engine_start() {
	# The runtime is set up as contrib/ does it, but for its path.
	sed "s|/usr/local/bin/rt|$E_BIN|" "$E_HOME/../../contrib/buildkit/buildkitd.toml" >"$E_DIR/buildkitd.toml"
	buildkitd --config "$E_DIR/buildkitd.toml" --root "$E_DIR/root" --addr "$BUILDKIT_HOST" --containerd-worker=false \
		--oci-worker-net=host --oci-worker-snapshotter=overlayfs --allow-insecure-entitlement=security.insecure \
		>>"$E_DIR/../buildkitd-$E_RUNTIME.log" 2>&1 3>&- 4>&- &
	echo $! >"$E_DIR/buildkit.pid"
	wait_for 20 buildkit_ready || { tail -20 "$E_DIR/../buildkitd-$E_RUNTIME.log"; return 1; }
	mkdir "$E_DIR/context"
	rootfs_tar busybox >"$E_DIR/context/busybox.tar"
}

buildkit_ready() { buildctl debug workers >/dev/null 2>&1; }

engine_stop() {
	local pid
	pid=$(<"$E_DIR/buildkit.pid")
	kill "$pid"
	wait_for 20 process_gone "$pid"
}

engine_state() { find "$E_DIR/root/runc-overlayfs/executor" -mindepth 1 -maxdepth 1 -type d ! -name net 2>/dev/null || true; }
