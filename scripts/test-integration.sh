#!/bin/bash
# Run the bats suites against a runtime.
#
#   test-integration.sh [FILE...]     FILE: tests/integration/state.bats, or just "state"
#   test-integration.sh --prepare     only make what the suites need; prints the bundle's path
#
# Environment:
#   RUNTIME         the runtime: ./rt (default), or for instance runc
#   RT_TEST_CACHE   where root filesystems and helpers are kept (default /var/cache/rt-test)
#   RT_TEST_FORMAT  pretty (failures alone; default on a terminal) or tap
#   RT_TEST_FILTER  only tests whose name matches this regular expression
#   RT_TEST_TAGS    only tests with these tags of bats, separated by commas
#   RT_TEST_JOBS    how many suites run at the same time (default: one for each CPU)
#   RT_TEST_LOG     directory that keeps the output of each job
#   RT_TEST_TIMEOUT seconds after which the suites are ended and count as failed (default 1800)
#   RT_TEST_PREPARED=1  RT_TEST_CACHE and RT_TEST_BUNDLE are there: install and make nothing
#   BUSYBOX, CC     for --prepare: those of another architecture
#   RT_TEST_HOST=1  run in the host's own namespaces, not in fresh ones
#
# The last line is "N passed, N failed, N skipped".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
suite=$root/tests/integration
export RT_TEST_CACHE=${RT_TEST_CACHE:-/var/cache/rt-test}

if [ "$(id -u)" -ne 0 ]; then
	echo "test-integration.sh: containers with every namespace need root" >&2
	exit 1
fi

# prepare: what the suites need is in RT_TEST_CACHE. Sets RT_TEST_BUNDLE to the bundle
# that each test copies, under a name that changes with what it is made of.
prepare() {
	local sum new
	"$root/scripts/install-test-deps.sh"
	"$root/scripts/test-build-cmds.sh" "$RT_TEST_CACHE/bin"
	# What the tests use of busybox, few files because each test makes its own copy.
	"$root/scripts/make-rootfs.sh" busybox "$RT_TEST_CACHE/small" \
		'[' cat chmod cp cut date dd df dirname echo env expr false find grep head hostname id ionice ip kill \
		ln ls mkdir mkfifo mknod mount mv nproc printf ps pwd readlink rm sed sh sleep sort stat stty \
		sync tail tee test touch tr true tty umount uname wc
	"$root/scripts/make-rootfs.sh" busybox "$RT_TEST_CACHE/busybox"
	[ -n "${BUSYBOX:-}" ] || "$root/scripts/make-rootfs.sh" debian "$RT_TEST_CACHE/debian"
	sum=$(cat "$root/tests/testdata/config.json" "$RT_TEST_CACHE/bin/probe" "$RT_TEST_CACHE/small/bin/busybox" | sha256sum)
	export RT_TEST_BUNDLE=$RT_TEST_CACHE/bundle-${sum:0:12}
	[ ! -d "$RT_TEST_BUNDLE" ] || return 0
	new=$(mktemp -d "$RT_TEST_CACHE/new.XXXXXX")
	chmod 0755 "$new"
	cp "$root/tests/testdata/config.json" "$new/config.json"
	cp -a "$RT_TEST_CACHE/small" "$new/rootfs"
	cp "$RT_TEST_CACHE/bin/probe" "$new/rootfs/bin/probe"
	mv -T "$new" "$RT_TEST_BUNDLE" 2>/dev/null || rm -rf "$new"
}

if [ "${1:-}" = --prepare ]; then
	prepare
	echo "$RT_TEST_BUNDLE"
	exit
fi
[ -n "${RT_TEST_PREPARED:-}" ] || prepare

RUNTIME=$(command -v "${RUNTIME:-$root/rt}") ||
	{ echo "test-integration.sh: no runtime ${RUNTIME:-$root/rt}: build it first" >&2; exit 1; }
RUNTIME=$(realpath "$RUNTIME")
export RUNTIME

files=()
for f; do
	[ -e "$f" ] || f=$suite/${f%.bats}.bats
	files+=("$f")
done
[ ${#files[@]} -gt 0 ] || files=("$suite"/*.bats)

# The state of the caller must not reach the runtime.
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID XDG_RUNTIME_DIR

args=(--formatter tap)
[ -z "${RT_TEST_FILTER:-}" ] || args+=(--filter "$RT_TEST_FILTER")
[ -z "${RT_TEST_TAGS:-}" ] || args+=(--filter-tags "$RT_TEST_TAGS")

# Fresh namespaces are the "host" of the tests: nobody else mounts, makes
# processes or network devices there, so a single difference is a leak.
isolate=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net --uts --ipc)
[ -z "${RT_TEST_HOST:-}" ] || isolate=(env)
export RT_TEST_ISOLATED=${RT_TEST_HOST:+no}

if [ -n "${RT_TEST_LOG:-}" ]; then
	logs=$(mkdir -p "$RT_TEST_LOG" && cd "$RT_TEST_LOG" && pwd)
	rm -f "$logs"/[0-9]* "$logs/all"
else
	logs=$(mktemp -d)
fi
pids=()
# shellcheck disable=SC2317
finish() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	[ -n "${RT_TEST_LOG:-}" ] || rm -rf "$logs"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
cd "$root"

# suites N FILE...: run them one after the other, TAP to $logs/N.
suites() {
	local n=$1
	shift
	# The ids and cgroups of these suites; pids repeat in a pid namespace.
	export RT_TEST_TAG=$$x$n
	# bash is process 1 of the pid namespace: it reaps what containers leave to it.
	# shellcheck disable=SC2016
	exec timeout -k 5 "${RT_TEST_TIMEOUT:-1800}" \
		"${isolate[@]}" bash -c 'bats "$@"; exit $?' bats "${args[@]}" "$@" </dev/null >"$logs/$n" 2>&1
}

# Deal the files out, the longest first, each to the job with the least to do.
jobs=${RT_TEST_JOBS:-$(nproc)}
declare -a todo load
for ((n = 0; n < jobs; n++)); do load[n]=0 todo[n]=''; done
while read -r tests file; do
	least=0
	for ((n = 1; n < jobs; n++)); do
		[ "${load[n]}" -ge "${load[least]}" ] || least=$n
	done
	load[least]=$((load[least] + tests))
	todo[least]+=$file$'\n'
done < <(for f in "${files[@]}"; do echo "$(grep -c '^@test' "$f") $f"; done | sort -rn)

for ((n = 0; n < jobs; n++)); do
	mapfile -t mine <<<"${todo[n]%$'\n'}"
	[ -n "${mine[0]}" ] || continue
	suites "$n" "${mine[@]}" &
	pids+=($!)
done
for p in "${pids[@]}"; do wait "$p" || true; done
pids=()

# One TAP stream: one plan, tests numbered through.
planned=$(awk -F'[.][.]' '/^1[.][.][0-9]+$/ {n += $2} END {print n + 0}' "$logs"/[0-9]*)
awk -v planned="$planned" 'BEGIN {print "1.." planned}
	/^1[.][.][0-9]+$/ {next}
	/^ok [0-9]+ / {sub(/^ok [0-9]+/, "ok " ++n)}
	/^not ok [0-9]+ / {sub(/^not ok [0-9]+/, "not ok " ++n)}
	{print}' "$logs"/[0-9]* >"$logs/all"

case ${RT_TEST_FORMAT:-$([ -t 1 ] && echo pretty || echo tap)} in
pretty) grep -v '^ok \|^1[.][.]' "$logs/all" || true ;;
*) cat "$logs/all" ;;
esac

count() { grep -c "$1" "$logs/all" || true; }
failed=$(count '^not ok')
skipped=$(count '^ok .*# skip')
passed=$(($(count '^ok ') - skipped))
# A test that vanished did not pass.
lost=$((planned - failed - skipped - passed))
[ "$lost" -le 0 ] || { echo "$lost of $planned tests did not run"; failed=$((failed + lost)); }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
