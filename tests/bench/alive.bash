# shellcheck shell=bash
# Sourced by scripts/bench.sh: create and delete next to containers that are alive.
# shellcheck disable=SC2034,SC2154 # shared with the other files

# What takes longer to start than this many seconds is left out.
ALIVE_SECONDS=${ALIVE_SECONDS:-100}

# The steps next to COUNT containers.
beside() {
	if [ "$name" = floor ]; then
		floor_run time "alive-run-$1"
		return
	fi
	call time "alive-create-$1" create --bundle "$work/bundle/default" "$tag-$name"
	call "do" start "$tag-$name"
	line reap
	call time "alive-delete-$1" delete "$tag-$name"
}

# start_alive NAME FROM TO: containers FROM to TO - 1 of the runtime.
start_alive() {
	echo "bench: $1, container $2 to $3" >&2
	seq "$2" $(($3 - 1)) | timeout "$ALIVE_SECONDS" xargs -P 2 -I% "${path[$1]}" "${options[@]}" \
		--root "$work/state/$1" run --detach --bundle "$work/bundle/alive" "$tag-$1-alive%" \
		>/dev/null 2>>"$work/errors"
}

# not_started STATUS: 124 is that of timeout.
not_started() { if [ "$1" -eq 124 ]; then echo "not started in $ALIVE_SECONDS s"; else echo "fails to start"; fi; }

# A runtime is measured next to its own containers alone.
measure_alive() {
	local name all=("${names[@]}") count before floor rc
	for name in "${all[@]}"; do
		before=0 names=("$name")
		floor='' && [ "$name" != rt ] || floor=1
		for count in $ALIVE; do
			rc=0
			[ "$count" -le "$before" ] || start_alive "$name" "$before" "$count" || rc=$?
			if [ "$rc" -ne 0 ]; then
				line left "alive-create-$count" "$name" "$(not_started "$rc")" >>"$work/results"
				break
			fi
			before=$count
			measure "$alive_rounds" "$WARMUP" beside "$count"
		done
		echo "bench: $name, deleting" >&2
		remove_containers "$name"
		names=("${all[@]}")
	done
}
