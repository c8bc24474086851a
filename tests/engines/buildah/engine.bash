# shellcheck shell=bash
# buildah, which calls the runtime itself, without conmon.

# shellcheck source=tests/engines/podman/engine.bash
source "$(dirname "${BASH_SOURCE[0]}")/../podman/engine.bash"
BUILDAH=(/usr/bin/buildah --root "$E_DIR/root" --runroot "$PODMAN_RUN")

buildah() { timeout -k 2 60 "${BUILDAH[@]}" "$@"; }

engine_start() {
	podman_config
	image_archive busybox localhost/busybox:latest "$E_DIR/busybox.tar"
	buildah pull "docker-archive:$E_DIR/busybox.tar"
}

# What failed cases left goes first: what is left then is a leak.
engine_stop() {
	buildah rm --all
	umount "$E_DIR/root/overlay" 2>/dev/null || true
	umount "$PODMAN_RUN" 2>/dev/null || true
}
