# shellcheck shell=bash
# Podman with conmon: no daemon, so starting means a configuration and a loaded image.

# shellcheck disable=SC2034 # for tests/engines/run
REFERENCE=crun
export CONTAINERS_CONF=$E_DIR/containers.conf CONTAINERS_STORAGE_CONF=$E_DIR/storage.conf
# In /run, where a reboot clears it and where names of sockets stay short.
PODMAN_RUN=${XDG_RUNTIME_DIR:-/run}/podman-${E_RUNTIME:-}
CGROUPS=cgroupfs
! systemd_host || CGROUPS=systemd
PODMAN=(/usr/bin/podman --root "$E_DIR/root" --runroot "$PODMAN_RUN" --tmpdir "$PODMAN_RUN/tmp"
	--runtime "${E_BIN:-}" --cgroup-manager "$CGROUPS" --network-config-dir "$E_DIR/networks")

# What hangs fails its case only.
podman() { timeout -k 2 $((60 * ${RT_TEST_PATIENCE:-1})) "${PODMAN[@]}" "$@"; }

engine_start() {
	podman_config
	image_archive busybox localhost/busybox:latest "$E_DIR/busybox.tar"
	podman load -i "$E_DIR/busybox.tar"
}

# Without CAP_SYS_RESOURCE no limit can be raised.
podman_config() {
	mkdir -p "$E_DIR/networks" "$PODMAN_RUN/tmp"
	cat >"$E_DIR/containers.conf" <<-END
		[containers]
		default_ulimits = []
		log_driver = "k8s-file"
		[engine]
		runtime_supports_json = ["rt", "crun", "runc"]
		events_logger = "file"
		[engine.runtimes]
		$E_RUNTIME = ["$E_BIN"]
		[network]
		network_backend = "netavark"
	END
	printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$E_DIR/root" "$PODMAN_RUN" >"$E_DIR/storage.conf"
	mkdir -p "$HOME/.config/containers"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$HOME/.config/containers/policy.json"
}

# What failed cases left goes first: what is left then is a leak.
engine_stop() {
	podman pod rm -af -t 0
	podman rm -af -t 0
	podman volume prune -f
	podman network prune -f
	# A user's Podman keeps a process that keeps its namespaces.
	[ -z "${RT_ENGINES_USER:-}" ] || podman system migrate
	# Podman leaves conmon's cgroup, and those of pods in hierarchies that it does not
	# know. A container's is called libpod-ID.
	find /sys/fs/cgroup -depth -path '*/libpod_parent/*' -type d ! -name 'libpod-*' -exec rmdir {} + 2>/dev/null || true
	! ip link show podman0 >/dev/null 2>&1 || ip link delete podman0
	[ -n "$(ls -A /run/netns 2>/dev/null)" ] || umount /run/netns 2>/dev/null || true
	umount "$E_DIR/root/overlay" 2>/dev/null || true
	umount "$PODMAN_RUN" 2>/dev/null || true
}

engine_state() {
	find "$PODMAN_RUN/overlay-containers" -mindepth 1 -maxdepth 1 ! -name '*.json' ! -name '*.lock' 2>/dev/null
	return 0
}
