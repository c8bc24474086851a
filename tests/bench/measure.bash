# shellcheck shell=bash
# Sourced by scripts/bench.sh: what is timed. Each result is a line in $work/results.
# shellcheck disable=SC2153,SC2154 # shared with the other files

# line WORD...: one step for interleave.
line() {
	local IFS=$'\t'
	echo "$*"
}

# call KIND LABEL WORD...: a step that calls the runtime $name.
call() {
	local words=("$1")
	case $1 in
	time) words+=("$2") && shift 2 ;;
	par) words+=("$2" "$3") && shift 3 ;;
	*) shift ;;
	esac
	line "${words[@]}" "${path[$name]}" "${options[@]}" --root "$work/state/$name" "$@"
}

# measure ROUNDS WARMUP FUNCTION [ARG...]: FUNCTION prints the steps of the runtime $name,
# and those of the floor if there is one for it.
measure() {
	local rounds=$1 warmup=$2 name
	shift 2
	echo "bench: $*, $rounds rounds" >&2
	# A hierarchy that others mounted may have gone.
	find_cgroups
	for name in "${names[@]}" ${floor:+floor}; do
		line group "$name"
		"$@"
	done >"$work/steps"
	"$tools/interleave" "$rounds" "$warmup" "$work/steps" >>"$work/results" 2>>"$work/errors"
	[ -z "$floor" ] || remove_cgroups "$tag-floor*"
}

# floor_run [INSTANCE]: the arguments of the floor for one container.
floor_run() { line "$@" "$tools/floor" "$work/rootfs" "$tag-floor${instance:-}" "${cgroups[@]}"; }

# --- steps --------------------------------------------------------------------------

version() {
	if [ "$name" != floor ]; then
		line time version "${path[$name]}" --version
		return
	fi
	line time version "$tools/floor"
	line time empty "$tools/empty"
}

run() {
	if [ "$name" = floor ]; then floor_run time run; else call time run run --bundle "$work/bundle/default" "$tag-$name"; fi
}

userns() { call time userns run --bundle "$work/bundle/userns" "$tag-$name"; }
docker() { call time docker run --bundle "$work/bundle/docker-$name" "$tag-$name"; }
exec_true() { call time exec exec "$tag-$name" true; }

lifecycle() {
	call time create create --bundle "$work/bundle/default" "$tag-$name"
	call time state state "$tag-$name"
	call time start start "$tag-$name"
	line reap
	call time delete delete "$tag-$name"
	line sum lifecycle create start delete
}

# parallel COUNT
parallel() {
	local instance=-%
	if [ "$name" = floor ]; then
		floor_run par "parallel$1" "$1"
		line par "empty$1" "$1" "$tools/empty"
	else
		call par "parallel$1" "$1" run --bundle "$work/bundle/default" "$tag-$name-%"
	fi
}

# What the page cache has of the program, of what it is linked with, and of busybox goes.
cold() {
	local program=${path[$name]:-$tools/floor} files
	mapfile -t files < <(echo "$program"; libraries "$program")
	line evict "${files[@]}"
	if [ "$name" = floor ]; then line time cold-version "$program"; else line time cold-version "$program" --version; fi
	line evict "${files[@]}" "$work/rootfs/bin/busybox"
	if [ "$name" = floor ]; then
		floor_run time cold-run
	else
		call time cold-run run --bundle "$work/bundle/default" "$tag-$name"
	fi
}

# libraries FILE: what a program is linked with.
libraries() { ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | xargs -r realpath | sort -u || true; }

# --- all of it ----------------------------------------------------------------------

measure_times() {
	floor=$yardstick measure "$N" "$WARMUP" version
	floor=$yardstick measure "$N" "$WARMUP" run
	floor='' measure "$N" "$WARMUP" lifecycle
	[ -n "${RT_VM:-}" ] || floor='' measure "$N" "$WARMUP" userns
	floor='' measure "$N" "$WARMUP" docker
	sleepers
	floor='' measure "$N" "$WARMUP" exec_true
	remove_all
}

measure_cold() { floor=$yardstick measure "$few" 1 cold; }

measure_parallel() {
	local count
	for count in 10 100; do
		floor=$yardstick measure "$few" 1 parallel "$count"
		remove_all
	done
}

# Of commands that failed, and what they were called on.
remove_all() {
	local name
	for name in "${names[@]}"; do
		remove_containers "$name"
	done
}

# sleepers starts a container to execute in for each runtime.
sleepers() {
	local name
	for name in "${names[@]}"; do
		"${path[$name]}" "${options[@]}" --root "$work/state/$name" run --detach --bundle "$work/bundle/sleep" \
			"$tag-$name" </dev/null >/dev/null 2>>"$work/errors" || true
	done
}

# hyperfine runs each command in a block of its own: noise that comes and goes is not
# shared, so this only shows that interleave measures the same thing.
cross_check() {
	local name commands=()
	echo "bench: hyperfine" >&2
	for name in "${names[@]}"; do
		commands+=(-n "$name" "${path[$name]} --root $work/state/$name run --bundle $work/bundle/default $tag-$name")
	done
	hyperfine -N -i --style none --warmup "$WARMUP" --runs "$((N > 2 ? N : 2))" --export-json "$work/hyperfine.json" \
		"${commands[@]}" >/dev/null 2>"$work/hyperfine.errors" || cat "$work/hyperfine.errors" >>"$work/errors"
	jq -r '[.results[] | "\(.command) \(.median * 100000 | round / 100) ms"] | join(", ")' "$work/hyperfine.json"
}
