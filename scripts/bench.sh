#!/bin/bash
# Measure container runtimes against each other and write docs/benchmarks.md.
#
#   bench.sh            on this host; also draws docs/benchmarks/*.svg
#   bench.sh guests     in guests with cgroup v2, systemd, and v1: writes the report's
#                       section "In guests"
#   bench.sh results    print what a reduced set measures, one line each; in a guest
#
# Environment:
#   RUNTIMES   what is measured (default "rt crun runc"): rt, which is ./rt, names in
#              $PATH, or NAME=PATH
#   N          rounds: calls of each command (default 100; guests 7; half of it next to
#              living containers; a twentieth, 3 at least, cold and in parallel)
#   WARMUP     rounds that do not count (default 3; guests 1)
#   ALIVE      how many containers live while others are made (default "0 100 1000")
#   ROWS       the guests (default "v2 v2-systemd v1")
#   PARTS      what to measure (default "times cold parallel alive limits peaks trace
#              hyperfine"), to try one of them
#   OUT        the report (default docs/benchmarks.md); charts go to its directory's
#              benchmarks/
#
# Needs root. tests/bench/interleave.c says how the calls alternate.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
bench=$root/tests/bench
tools=$bench/bin
OUT=${OUT:-$root/docs/benchmarks.md}
mode=${1:-host}
case $mode in
host | guests | results) ;;
*) echo "bench.sh: unknown argument $mode: guests, results or nothing" >&2; exit 2 ;;
esac
[ "$(id -u)" -eq 0 ] || { echo "bench.sh: containers with every namespace need root" >&2; exit 1; }

# shellcheck source=tests/bench/setup.bash
source "$bench/setup.bash"
# shellcheck source=tests/bench/measure.bash
source "$bench/measure.bash"
# shellcheck source=tests/bench/alive.bash
source "$bench/alive.bash"
# shellcheck source=tests/bench/limits.bash
source "$bench/limits.bash"
# shellcheck source=tests/bench/trace.bash
source "$bench/trace.bash"
# shellcheck source=tests/bench/report.bash
source "$bench/report.bash"
# shellcheck source=tests/bench/guests.bash
source "$bench/guests.bash"

if [ -z "${RT_BENCH_NS:-}" ]; then
	[ -n "${RT_TEST_PREPARED:-}" ] || "$root/scripts/install-test-deps.sh"
	if [ "$mode" = guests ]; then
		bench_guests
		exit
	fi
	[ "$mode" = results ] || "$root/scripts/install-packages.sh" python3-matplotlib
	# A mount namespace of its own: what is mounted here ends with it, however it ends.
	RT_BENCH_NS=1 exec unshare --mount --propagation private "$0" "$@"
fi

N=${N:-100}
WARMUP=${WARMUP:-3}
ALIVE=${ALIVE:-0 100 1000}
PARTS=${PARTS:-times cold parallel alive limits peaks trace hyperfine}
few=$((N / 20 > 3 ? N / 20 : 3))
alive_rounds=$((N / 2 > 3 ? N / 2 : 3))
traced_rounds=$((N / 2 > 3 ? N / 2 : 3))
tag=rt-bench-$$
# The floor knows cgroup v1's devices only, so in guests it is no yardstick.
yardstick=1 options=()
[ "$mode" = host ] || yardstick='' PARTS=times
[ "${RT_VM:-}" != v2-systemd ] || options=(--systemd-cgroup)
# The caller's state must not reach the runtimes.
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID XDG_RUNTIME_DIR

work=$(mktemp -d -t "$tag-XXXXXX")
chmod 0711 "$work"
: >"$work/results"
: >"$work/errors"
trap cleanup EXIT
trap 'exit 130' INT TERM

# part NAME: is it to be measured?
part() { [[ " $PARTS " == *" $1 "* ]]; }

find_runtimes
find_cgroups
remove_leftovers
hugetlb=$("$root/scripts/hugetlb.sh" mount)
find_cgroups
build_tools
make_bundles
# As /run, where state is kept, is on every host that boots with systemd.
mkdir "$work/state"
mount -t tmpfs tmpfs "$work/state"
mkdir "${names[@]/#/$work/state/}"
load=$(cut -d' ' -f1 /proc/loadavg)
command="make bench N=$N${RUNTIMES:+ RUNTIMES=\"${names[*]}\"}"

hyperfine='' phases=''
! part times || measure_times
! part hyperfine || hyperfine=$(cross_check)
! part cold || measure_cold
! part parallel || measure_parallel
! part alive || measure_alive
! part limits || measure_limits
! part peaks || measure_peaks
! part trace || phases=$(measure_phases stamp docker-stamp)

if [ "$mode" = results ]; then
	print_results
else
	write_report
	table goals
	echo "bench: wrote ${OUT#"$root/"} in $((SECONDS / 60)) min $((SECONDS % 60)) s"
fi
[ ! -s "$work/errors" ] || { echo "bench: what failed:" >&2; head -n 40 "$work/errors" >&2; }
! grep -Eq $'\t(rt|floor)\tfail$' "$work/results"
