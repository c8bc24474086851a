# shellcheck shell=bash
# `load lib`: what the cases of Docker share.

# shellcheck source=tests/engines/lib.bash
source "$E_HOME/lib.bash"

# A case's containers have its label; what it leaves, also when it fails, goes.
setup() {
	untraced
	# No name may be the beginning of an id, which is hexadecimal.
	# shellcheck disable=SC2034 # the cases' names for containers
	C=t$BATS_SUITE_TEST_NUMBER
	LABEL=case=$BATS_SUITE_TEST_NUMBER
}

teardown() {
	local all
	mapfile -t all < <(docker ps -aq --filter "label=$LABEL")
	[ ${#all[@]} -eq 0 ] || docker rm -fv "${all[@]}" >/dev/null
	for n in "${NETWORKS[@]}"; do docker network rm "$n" >/dev/null 2>&1 || true; done
	for n in "${VOLUMES[@]}"; do docker volume rm -f "$n" >/dev/null 2>&1 || true; done
	if [ -e "$E_DIR/daemon.json.plain" ]; then
		docker_stop
		umount /etc/subuid /etc/subgid 2>/dev/null || true
		mv "$E_DIR/daemon.json.plain" "$E_DIR/daemon.json"
		docker_start
	fi
}

# daemon_with FILTER [FLAG...]: until the case's end the daemon has these settings.
daemon_with() {
	docker_stop
	cp "$E_DIR/daemon.json" "$E_DIR/daemon.json.plain"
	jq --arg bin "$E_BIN" "$1" "$E_DIR/daemon.json.plain" >"$E_DIR/daemon.json"
	docker_start "${@:2}"
}

# run ARG...: docker run --rm ARG...
run_rm() { ok docker run --rm --label "$LABEL" "$@"; }

# detached NAME ARG...: a container in the background.
detached() {
	local name=$1
	shift
	ok docker run -d --label "$LABEL" --name "$name" "$@"
}

# sleeper NAME [ARG...]: one that only waits.
sleeper() {
	local name=$1
	shift
	detached "$name" --init "$@" busybox sleep 1000
}

# needs_all_capabilities: --privileged asks for every capability of the kernel; where the
# engine itself lacks one, rt goes on with a warning and runc does not.
needs_all_capabilities() {
	local bounding
	is_rt && return
	bounding=$(awk '/^CapBnd/ {print $2}' /proc/self/status)
	[ "$((16#$bounding & 1 << 24))" -ne 0 ] || skip "no CAP_SYS_RESOURCE, without which runc starts no privileged container"
}

# inspect NAME FORMAT: sets stdout.
inspect() { ok docker inspect -f "$2" "$1"; }

# state_is NAME STATUS
state_is() { [ "$(docker inspect -f '{{.State.Status}}' "$1" 2>/dev/null)" = "$2" ]; }

log_has() { docker logs "$1" 2>&1 | grep -q -e "$2"; }

# pid_of NAME: init's pid as the engine's host sees it.
pid_of() { docker inspect -f '{{.State.Pid}}' "$1"; }
