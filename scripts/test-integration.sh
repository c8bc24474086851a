#!/bin/bash
# Run the bats suites against a runtime.
#
#   test-integration.sh [FILE...]     FILE: tests/integration/state.bats, or just "state"
#
# Environment:
#   RUNTIME         the runtime: ./rt (default), or for instance runc
#   RT_TEST_CACHE   where root filesystems and helpers are kept (default /var/cache/rt-test)
#   RT_TEST_FORMAT  pretty (default on a terminal), tap or tap13
#   RT_TEST_FILTER  only tests whose name matches this regular expression
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

RUNTIME=$(command -v "${RUNTIME:-$root/rt}") ||
	{ echo "test-integration.sh: no runtime ${RUNTIME:-$root/rt}: build it first" >&2; exit 1; }
RUNTIME=$(realpath "$RUNTIME")
export RUNTIME

"$root/scripts/install-test-deps.sh"
"$root/scripts/test-build-cmds.sh" "$RT_TEST_CACHE/bin"
# What the tests use of busybox, few files because each test makes its own copy.
"$root/scripts/make-rootfs.sh" busybox "$RT_TEST_CACHE/small" \
	'[' cat chmod cp cut date dd df dirname echo env expr false find grep head hostname id ionice ip kill \
	ln ls mkdir mkfifo mknod mount mv nproc printf ps pwd readlink rm sed sh sleep sort stat stty \
	sync tail tee test touch tr true tty umount uname wc
"$root/scripts/make-rootfs.sh" busybox "$RT_TEST_CACHE/busybox"
"$root/scripts/make-rootfs.sh" debian "$RT_TEST_CACHE/debian"

files=()
for f; do
	[ -e "$f" ] || f=$suite/${f%.bats}.bats
	files+=("$f")
done
[ ${#files[@]} -gt 0 ] || files=("$suite"/*.bats)

# The ids and cgroups of this run, in a pid namespace too where pids repeat.
export RT_TEST_TAG=$$
# The state of the caller must not reach the runtime.
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID XDG_RUNTIME_DIR

args=(--formatter tap)
[ -z "${RT_TEST_FILTER:-}" ] || args+=(--filter "$RT_TEST_FILTER")

# Fresh namespaces are the "host" of the tests: nobody else mounts, makes
# processes or network devices there, so a single difference is a leak.
isolate=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net --uts --ipc)
[ -z "${RT_TEST_HOST:-}" ] || isolate=(env)

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# TAP is made whatever is shown: the counts come from it.
show() {
	case ${RT_TEST_FORMAT:-$([ -t 1 ] && echo pretty || echo tap)} in
	pretty) awk '/^ok .*# skip/ {printf "s"; fflush(); next} /^ok/ {printf "."; fflush(); next} /^1\.\./ {next} {print} END {print ""}' ;;
	*) cat ;;
	esac
}

export RT_TEST_ISOLATED=${RT_TEST_HOST:+no}
rc=0
cd "$root"
# bash is process 1 of the pid namespace: it reaps what containers leave to it.
# shellcheck disable=SC2016
"${isolate[@]}" bash -c 'bats "$@"; exit $?' bats "${args[@]}" "${files[@]}" </dev/null | tee "$log" | show || rc=$?

count() { grep -c "$1" "$log" || true; }
planned=$(sed -n 's/^1\.\.//p' "$log" | head -1)
failed=$(count '^not ok')
skipped=$(count '^ok .*# skip')
passed=$(($(count '^ok ') - skipped))
# A test that vanished did not pass.
lost=$((${planned:-0} - failed - skipped - passed))
[ "$lost" -le 0 ] || { echo "$lost of $planned tests did not run"; failed=$((failed + lost)); }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$rc" -eq 0 ] && [ "$passed" -gt 0 ]
