# shellcheck shell=bash
# dockerd with its own containerd; the runtime under test is the default one.

# shellcheck disable=SC2034 # for tests/engines/run
REFERENCE=runc
export DOCKER_HOST=unix://$E_DIR/docker.sock

# Not whatever else is called docker on this machine; and what hangs fails its case only.
docker() { timeout -k 2 100 /usr/bin/docker "$@"; }

# docker28: what differs from Debian's 20.10 may be expected.
docker28() { [[ $(dockerd --version) == "Docker version 28."* ]]; }

engine_start() {
	mkdir -m 0711 "$E_DIR/exec" "$E_DIR/data"
	# rt is set up as contrib/ does it, but for its path; runc is built in.
	jq --arg name "$E_RUNTIME" --arg path "$E_BIN" --arg dir "$E_DIR" '
		(if $name == "rt" then .runtimes.rt.path = $path else {} end) + {
		"data-root": ($dir + "/data"), "exec-root": ($dir + "/exec"),
		"hosts": ["unix://" + $dir + "/docker.sock"], "pidfile": ($dir + "/docker.pid"),
		"storage-driver": "overlay2"}' "$E_HOME/../../contrib/docker/daemon.json" >"$E_DIR/daemon.json"
	# shellcheck disable=SC2119
	docker_start
	rootfs_tar busybox | docker import -c 'CMD ["sh"]' - busybox
}

# docker_start [FLAG...]
# shellcheck disable=SC2120 # the cases give flags
docker_start() {
	dockerd --config-file "$E_DIR/daemon.json" "$@" >>"$E_DIR/../dockerd-$E_RUNTIME.log" 2>&1 3>&- 4>&- &
	wait_for 20 docker_ready || { tail -20 "$E_DIR/../dockerd-$E_RUNTIME.log"; return 1; }
}

docker_ready() { docker version >/dev/null 2>&1; }

# The containers that failed cases left go first: what is left then is a leak.
engine_stop() {
	local all
	mapfile -t all < <(docker ps -aq)
	[ ${#all[@]} -eq 0 ] || docker rm -fv "${all[@]}" >/dev/null || true
	docker_stop
}

docker_stop() {
	local pid
	[ -e "$E_DIR/docker.pid" ] || return 0
	pid=$(<"$E_DIR/docker.pid")
	kill "$pid"
	wait_for 20 process_gone "$pid" || kill -KILL "$pid"
	# The engine's own, once a container has used the host's network.
	umount "$E_DIR/exec/netns/default" 2>/dev/null || true
}

engine_state() {
	find "$E_DIR/exec/runtime-runc/moby" "$E_DIR"/exec/containerd/daemon/*/moby -mindepth 1 -maxdepth 1 \
		! -name '.cache~' 2>/dev/null
	find /run/containerd/s -mindepth 1 2>/dev/null
}
