#!/bin/bash
# Measure container runtimes against each other and write docs/benchmarks.md.
#
#   bench.sh
#
# Environment:
#   RUNTIMES   what is measured (default "rt crun runc"): rt, which is ./rt, names in
#              $PATH, or NAME=PATH
#   N          rounds: calls of each command (default 100; the parallel one a tenth)
#   WARMUP     rounds that do not count (default 3)
#   OUT        the report (default docs/benchmarks.md)
#
# Needs root. tests/bench/interleave.c says how the calls alternate.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
# A mount namespace of its own: what is mounted here ends with it, however it ends.
if [ -z "${RT_BENCH_NS:-}" ]; then
	[ "$(id -u)" -eq 0 ] || { echo "bench.sh: containers with every namespace need root" >&2; exit 1; }
	"$root/scripts/install-test-deps.sh"
	RT_BENCH_NS=1 exec unshare --mount --propagation private "$0" "$@"
fi

N=${N:-100}
WARMUP=${WARMUP:-3}
OUT=${OUT:-$root/docs/benchmarks.md}
PARALLEL=20
parallel_rounds=$((N / 10 > 3 ? N / 10 : 3))
bench=$root/tests/bench
tag=bench-$$
# The caller's state must not reach the runtimes.
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID XDG_RUNTIME_DIR

work=$(mktemp -d)
chmod 0711 "$work"
trap cleanup EXIT
trap 'exit 130' INT TERM

names=()
declare -A path
find_runtimes() {
	local word name
	for word in ${RUNTIMES:-rt crun runc}; do
		name=${word%%=*}
		case $word in
		*=*) path[$name]=${word#*=} ;;
		rt) path[$name]=$root/rt ;;
		*) path[$name]=$word ;;
		esac
		path[$name]=$(command -v "${path[$name]}") || { echo "bench.sh: no runtime ${path[$name]}" >&2; exit 1; }
		path[$name]=$(realpath "${path[$name]}")
		names+=("$name")
	done
}

cleanup() {
	local name
	for name in "${names[@]}"; do
		remove_containers "$name"
	done
	find /sys/fs/cgroup -depth -type d -name "*$tag*" -exec rmdir {} + 2>/dev/null || true
	[ -z "${hugetlb:-}" ] || "$root/scripts/hugetlb.sh" umount "$hugetlb" || true
	umount "$work/state" 2>/dev/null || true
	rm -rf "$work"
}

# remove_containers NAME: of a runtime whose command failed.
remove_containers() {
	local dir
	for dir in "$work/state/$1"/*/; do
		[ -d "$dir" ] || continue
		timeout -k 1 10 "${path[$1]}" --root "$work/state/$1" delete --force "$(basename "$dir")" \
			</dev/null >/dev/null 2>&1 || true
	done
}

# --- bundles ------------------------------------------------------------------------

# bundle NAME FILTER [JQ-OPTION...]: the default config, changed.
bundle() {
	local dir=$work/bundle/$1 filter=$2
	shift 2
	mkdir -p "$dir"
	jq "$filter" "$@" "$work/default.json" >"$dir/config.json"
}

make_bundles() {
	local name
	mkdir -p "$work/bundle"
	"$root/scripts/make-rootfs.sh" busybox "$work/rootfs"
	cp -a "$work/rootfs" "$work/userns-rootfs"
	chown -R -h 100000:100000 "$work/userns-rootfs"

	mkdir "$work/spec"
	"${path[rt]:-$root/rt}" spec --bundle "$work/spec"
	# Debian's crun takes ociVersion 1.0 only.
	jq '.ociVersion = "1.0.2" | .process.terminal = false | .process.args = ["true"] | .root.path = $rootfs' \
		--arg rootfs "$work/rootfs" "$work/spec/config.json" >"$work/default.json"
	bundle default .
	# shellcheck disable=SC2016 # $rootfs is jq's
	bundle userns '.linux.namespaces += [{type: "user"}] | .root.path = $rootfs
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings' --arg rootfs "$work/userns-rootfs"
	bundle sleep '.process.args = ["sleep", "1000"]'
	bundle memory1m '.linux.resources.memory.limit = 1048576'
	bundle pids1 '.linux.resources.pids.limit = 1'
	for name in "${names[@]}"; do
		docker_bundle "$name"
	done
}

# What Docker's engine wrote, with its own cgroup path for each runtime.
docker_bundle() {
	local dir=$work/bundle/docker-$1 file
	mkdir -p "$dir/volumes"
	for file in resolv.conf hostname hosts; do
		echo >"$dir/volumes/$file"
		[ -e "$work/rootfs/etc/$file" ] || : >"$work/rootfs/etc/$file"
	done
	sed -e "s|@ROOTFS@|$work/rootfs|; s|@VOLUMES@|$dir/volumes|; s|@HOOK@|/bin/true|" \
		-e "s|/docker/@ID@|/$tag-docker/$1|; s|@ID@|$1|" "$root/tests/testdata/docker-config.json" |
		jq '.process.args = ["true"]' >"$dir/config.json"
}

# --- measurements -------------------------------------------------------------------

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
	line "${words[@]}" "${path[$name]}" --root "$work/state/$name" "$@"
}

# measure ROUNDS FUNCTION [FLOOR...]: FUNCTION prints the steps of the runtime $name,
# FLOOR is the command to compare with.
measure() {
	local rounds=$1 steps=$2 name
	shift 2
	echo "bench: $steps, $rounds rounds" >&2
	{
		for name in "${names[@]}"; do
			line group "$name"
			"$steps"
		done
		[ $# -eq 0 ] || line group floor
		[ $# -eq 0 ] || line time "$steps" "$@"
	} >"$work/steps"
	"$work/interleave" "$rounds" "$WARMUP" "$work/steps" >>"$work/results" 2>>"$work/errors"
	for name in "${names[@]}"; do
		remove_containers "$name"
	done
}

version() { line time version "${path[$name]}" --version; }
run() { call time run run --bundle "$work/bundle/default" "$tag-$name"; }
userns() { call time userns run --bundle "$work/bundle/userns" "$tag-$name"; }
docker() { call time docker run --bundle "$work/bundle/docker-$name" "$tag-$name"; }
exec_true() { call time exec exec "$tag-$name" true; }
parallel() { call par parallel "$PARALLEL" run --bundle "$work/bundle/default" "$tag-$name-%"; }

lifecycle() {
	call time create create --bundle "$work/bundle/default" "$tag-$name"
	call time state state "$tag-$name"
	call time start start "$tag-$name"
	line reap
	call time delete delete "$tag-$name"
	line sum lifecycle create start delete
}

# sleepers starts a container to execute in for each runtime; measure removes them.
sleepers() {
	local name
	for name in "${names[@]}"; do
		"${path[$name]}" --root "$work/state/$name" run --detach --bundle "$work/bundle/sleep" "$tag-$name" \
			</dev/null >/dev/null 2>>"$work/errors" || true
	done
}

# The directory of each hierarchy below which this process may make cgroups.
find_cgroups() {
	local ctrl dir own
	mapfile -t cgroups < <(
		while IFS=: read -r _ ctrl own; do
			dir=/sys/fs/cgroup/${ctrl#name=}
			[ -n "$ctrl" ] || dir=/sys/fs/cgroup/unified
			[ -e "$dir/cgroup.procs" ] || [ -n "$ctrl" ] || dir=/sys/fs/cgroup
			[ ! -e "$dir/cgroup.procs" ] || echo "$dir${own%/}"
		done </proc/self/cgroup
	)
}

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

# libraries FILE: the sizes of a program and of what it is linked with, in all.
libraries() {
	{ echo "$1"; ldd "$1" 2>/dev/null | grep -o '/[^ ]*'; } | xargs stat -L -c %s | awk '{s += $1} END {print s}'
}

measure_limits() {
	local name
	echo "bench: limits" >&2
	for name in "${names[@]}"; do
		line limit memory1m "$name" "$(yes_no always "$name" memory1m)"
		line limit pids1 "$name" "$(yes_no always "$name" pids1)"
		line limit memory "$name" "$(smallest "$name")"
		line limit binary "$name" "$(mib "$(stat -c %s "${path[$name]}")")"
		line limit libraries "$name" "$(mib "$(libraries "${path[$name]}")")"
	done >>"$work/results"
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
		"${commands[@]}" >/dev/null 2>>"$work/errors"
	jq -r '[.results[] | "\(.command) \(.median * 100000 | round / 100) ms"] | join(", ")' "$work/hyperfine.json"
}

# --- the report ---------------------------------------------------------------------

table() { awk -f "$bench/report.awk" -v table="$1" -v runtimes="${names[*]}" "$work/results"; }

cgroup_mode() {
	case $(stat -f -c %T /sys/fs/cgroup) in
	cgroup2fs) echo "v2" ;;
	*) grep -q '^0:' /proc/self/cgroup && echo "hybrid, ${#cgroups[@]} hierarchies" || echo "v1, ${#cgroups[@]} hierarchies" ;;
	esac
}

machine() {
	local name
	cat <<-END
		| | |
		|---|---|
		| date | $(date -u +%F) |
		| CPU | $(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo), $(nproc) of them |
		| memory | $(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo) |
		| kernel | $(uname -srm) |
		| cgroups | $(cgroup_mode) |
		| load average before, after | $load, $(cut -d' ' -f1 /proc/loadavg) |
	END
	for name in "${names[@]}"; do
		echo "| $name | $("${path[$name]}" --version | sed -nE '1p; s/^commit: (.{1,20}).*/commit \1/p' | paste -sd, | sed 's/,/, /') |"
	done
}

report() {
	cat <<-END
		# Benchmarks

		This page is written by \`make bench\`; \`scripts/bench.sh\` lists what can be set.

		    $command

		## Goals

		$(table goals)

		## Time

		$(table times)

		## CPU time and memory

		User and system time (median), and the largest resident set of the command or a
		process that it waited for.

		$(table costs)

		## Limits and sizes

		$(table limits)

		## Machine

		$(machine)

		## Method

		* Every command is called once in turn, $N times, in an order that is drawn anew for
		  each round, after $WARMUP rounds that do not count (\`tests/bench/interleave.c\`): all of
		  them meet the same disturbances. The parallel row has $parallel_rounds rounds. The page cache is
		  warm. Time is that of the monotonic clock from fork to wait; stdio is \`/dev/null\`.
		* The container is busybox's \`true\` with the config of \`rt spec\`, without terminal and
		  with \`ociVersion\` 1.0.2, the same file for all. The user namespace has 65536 ids.
		  Docker's config is \`tests/testdata/docker-config.json\`, with \`true\` as the process and
		  as the hook.
		* The floor (\`tests/bench/floor.c\`) is a static C program with the bare system calls of
		  the default config, from the cgroups to their removal. It reads no configuration,
		  keeps no state and checks nothing. Its \`--version\` is an empty \`main\`.
		* State is kept in a tmpfs, as \`/run\` is one on a usual host.
		* \`delete\` follows once the container's process is gone; waiting for that is not counted.
		* A limit works if three runs of three do. The smallest one is bisected in steps of 16 KiB.
		* Cross-check of \`run\` by hyperfine, one command after the other, medians: $hyperfine.

		The commands, each with \`--root DIR\` before the verb:

		    RUNTIME --version
		    RUNTIME run --bundle BUNDLE ID
		    RUNTIME create --bundle BUNDLE ID; RUNTIME state ID; RUNTIME start ID; RUNTIME delete ID
		    RUNTIME exec ID true
	END
}

find_runtimes
hugetlb=$("$root/scripts/hugetlb.sh" mount)
find_cgroups
for tool in interleave floor; do
	gcc -static -O2 -Wall -Wextra -Werror -o "$work/$tool" "$bench/$tool.c"
done
make_bundles
# As /run, where state is kept, is on every host that boots with systemd.
mkdir "$work/state"
mount -t tmpfs tmpfs "$work/state"
mkdir "${names[@]/#/$work/state/}"
load=$(cut -d' ' -f1 /proc/loadavg)
command="make bench N=$N${RUNTIMES:+ RUNTIMES=\"${names[*]}\"}"

measure "$N" version "$work/floor"
measure "$N" run "$work/floor" "$work/rootfs" "$tag-floor" "${cgroups[@]}"
measure "$N" lifecycle
measure "$N" userns
measure "$N" docker
sleepers
measure "$N" exec_true
measure "$parallel_rounds" parallel
measure_limits
hyperfine=$(cross_check)
report >"$work/report"
cp "$work/report" "$OUT"
table goals
echo "bench: wrote ${OUT#"$root/"}"
[ ! -s "$work/errors" ] || { echo "bench: what failed:" >&2; cat "$work/errors" >&2; }
! grep -q $'\trt\tfail$' "$work/results"
