# shellcheck shell=bash
# Not an engine: it leaves one of everything, and the check of what is left has to
# find each. tests/engines/check-leaks runs it.

# shellcheck disable=SC2034 # for tests/engines/run
REFERENCE=true

engine_start() { mkdir "$E_DIR/state"; }

engine_stop() {
	local mounts
	mapfile -t mounts < <(cgroup_mounts)
	mkdir -p "$E_DIR/left" "${mounts[0]}/engine/left" /run/netns /run/rt/left
	mount -t tmpfs tmpfs "$E_DIR/left"
	ip link add left type veth peer name left-peer
	touch /run/netns/left "$E_DIR/state/left"
	sleep 1000 >/dev/null 2>&1 &
	chown 1:2 /dev/null
}

engine_state() { find "$E_DIR/state" -mindepth 1; }
