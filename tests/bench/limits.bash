# shellcheck shell=bash
# Sourced by scripts/bench.sh: memory, limits and sizes.
# shellcheck disable=SC2154 # shared with the other files

# works NAME BUNDLE: does a run end well?
works() {
	timeout -k 1 10 "${path[$1]}" --root "$work/state/$1" run --bundle "$work/bundle/$2" "$tag-$1" \
		</dev/null >/dev/null 2>&1 && return
	remove_containers "$1"
	return 1
}

# always NAME BUNDLE: three times.
always() { works "$@" && works "$@" && works "$@"; }

yes_no() { if "$@"; then echo yes; else echo no; fi; }

# smallest NAME: the smallest memory limit in KiB, in steps of 16.
smallest() {
	local low=0 high=65536 middle
	while [ $((high - low)) -gt 16 ]; do
		middle=$(((low + high) / 2 & ~15))
		bundle "memory-$1" ".linux.resources.memory.limit = $middle * 1024"
		if always "$1" "memory-$1"; then high=$middle; else low=$middle; fi
	done
	if [ "$high" -lt 65536 ]; then echo "$high KiB"; else echo "none below 64 MiB"; fi
}

mib() { awk -v bytes="$1" 'BEGIN {printf "%.1f MiB", bytes / 1048576}'; }

# size FILE...: in bytes, in all.
size() { stat -L -c %s "$@" | awk '{s += $1} END {print s}'; }

# charged NAME: the most that the memory cgroup of a created container was charged, in
# KiB: what the runtime's init costs before the program runs. The median of five.
charged() {
	local pid dir file
	for _ in 1 2 3 4 5; do
		"${path[$1]}" --root "$work/state/$1" create --bundle "$work/bundle/default" "$tag-$1" \
			</dev/null >/dev/null 2>>"$work/errors" || break
		pid=$("${path[$1]}" --root "$work/state/$1" state "$tag-$1" | jq .pid)
		dir=$(memory_cgroup "$pid")
		for file in memory.max_usage_in_bytes memory.peak; do
			[ ! -e "$dir/$file" ] || cat "$dir/$file"
		done
		remove_containers "$1"
	done | sort -n | awk '{v[NR] = $1} END {if (NR) printf "%d KiB", v[int((NR + 1) / 2)] / 1024}'
}

memory_cgroup() {
	local own
	if own=$(grep -oP '^[0-9]+:memory:\K.*' "/proc/$1/cgroup"); then
		echo "/sys/fs/cgroup/memory$own"
	else
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
	fi
}

measure_limits() {
	local name
	echo "bench: limits" >&2
	for name in "${names[@]}"; do
		line limit memory1m "$name" "$(yes_no always "$name" memory1m)"
		line limit pids1 "$name" "$(yes_no always "$name" pids1)"
		line limit memory "$name" "$(smallest "$name")"
		line limit charged "$name" "$(charged "$name")"
		line limit binary "$name" "$(mib "$(size "${path[$name]}")")"
		# shellcheck disable=SC2046 # one word for each file
		line limit libraries "$name" "$(mib "$(size "${path[$name]}" $(libraries "${path[$name]}"))")"
	done >>"$work/results"
}

# peaks NAME LABEL WORD...: a call, traced: the largest resident set of each of its programs.
peaks() {
	local name=$1 label=$2
	shift 2
	"$tools/peaks" "${path[$name]}" --root "$work/state/$name" "$@" >"$work/peaks" 2>>"$work/errors" || true
	# What is first is the tracer's own child.
	sed 1d "$work/peaks" | while IFS=$'\t' read -r kib program; do
		line peak "$label" "$name" "$program" "$kib"
	done >>"$work/results"
}

measure_peaks() {
	local name
	echo "bench: peak memory" >&2
	for name in "${names[@]}"; do
		peaks "$name" run run --bundle "$work/bundle/default" "$tag-$name"
		peaks "$name" docker run --bundle "$work/bundle/docker-$name" "$tag-$name"
		peaks "$name" create create --bundle "$work/bundle/sleep" "$tag-$name"
		peaks "$name" state state "$tag-$name"
		peaks "$name" start start "$tag-$name"
		peaks "$name" exec exec "$tag-$name" true
		peaks "$name" delete delete --force "$tag-$name"
		remove_containers "$name"
	done
}
