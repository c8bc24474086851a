# shellcheck shell=bash
# `load lib`: what the cases of Podman share.

# shellcheck source=tests/engines/lib.bash
source "$E_HOME/lib.bash"

setup() {
	untraced
	# shellcheck disable=SC2034 # the tests use it
	C=t$BATS_SUITE_TEST_NUMBER
	LABEL=case=$BATS_SUITE_TEST_NUMBER
	PODS=() VOLUMES=()
}

teardown() {
	local all p v
	for p in "${PODS[@]}"; do podman pod rm -f -t 0 "$p" >/dev/null 2>&1 || true; done
	mapfile -t all < <(podman ps -aq --filter "label=$LABEL")
	[ ${#all[@]} -eq 0 ] || podman rm -f -t 0 "${all[@]}" >/dev/null
	for v in "${VOLUMES[@]}"; do podman volume rm -f "$v" >/dev/null 2>&1 || true; done
}

# run_rm ARG...: podman run --rm, without a network unless it is asked for.
run_rm() { ok podman run --rm --label "$LABEL" --network none "$@"; }

# run_fails STATUS ARG...
run_fails() {
	local want=$1
	shift
	fails "$want" podman run --rm --label "$LABEL" --network none "$@"
}

# detached NAME ARG...
detached() {
	local name=$1
	shift
	ok podman run -d --label "$LABEL" --network none --name "$name" "$@"
}

sleeper() {
	local name=$1
	shift
	detached "$name" "$@" busybox sleep 1000
}

# inspect NAME FORMAT: sets stdout.
inspect() { ok podman inspect --type container -f "$2" "$1"; }

state_is() { [ "$(podman inspect --type container -f '{{.State.Status}}' "$1" 2>/dev/null)" = "$2" ]; }

log_has() { podman logs "$1" 2>&1 | grep -q -e "$2"; }
