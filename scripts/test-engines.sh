#!/bin/bash
# Run the container engines of Debian on rt, and on the runtime they come with.
#
#   test-engines.sh [ENGINE...]     default: every engine in tests/engines
#
# With RT_ENGINES_NEWER=1 those that tests/engines/build-newer builds.
#
# Environment: as for tests/engines/run, and
#   RT_ENGINES_RUNTIME  "rt" or "reference": only that one
#   RT_ENGINES_JOBS     how many engines run at the same time (default 2)
#
# Prints a table engine × case and "N passed, N failed, N skipped".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
scripts/install-engine-deps.sh
[ -x rt ] || scripts/build.sh

engines=("$@")
# The one that takes longest goes first.
if [ ${#engines[@]} -eq 0 ]; then
	engines=(docker cri containerd buildkit)
	[ -n "${RT_ENGINES_NEWER:-}" ] || engines=(docker cri podman containerd buildah)
fi
for e in "${engines[@]}"; do
	[ -r "tests/engines/$e/engine.bash" ] || { echo "test-engines.sh: no engine \"$e\" in tests/engines" >&2; exit 2; }
done

out=$(mktemp -d)
# shellcheck disable=SC2317
finish() {
	local rc=$? job
	for job in $(jobs -pr); do kill -- "-$job" 2>/dev/null || true; done
	wait
	rm -rf "$out"
	exit $rc
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# suite NAME COMMAND...: what the command prints, but its last line, and errors if it fails.
suite() {
	local rc=0
	"${@:2}" </dev/null >"$out/$1" 2>"$out/$1.log" || rc=$?
	sed '/ passed, .* skipped$/d' "$out/$1"
	[ "$rc" -eq 0 ] || { touch "$out/failed" && cat "$out/$1.log" >&2; }
}

suite leaks tests/engines/check-leaks
# The images are made once.
for image in busybox debian; do
	scripts/make-rootfs.sh "$image" "${RT_TEST_CACHE:-/var/cache/rt-test}/$image"
done
[ -z "${RT_ENGINES_NEWER:-}" ] || tests/engines/build-newer
# Each engine has a host of its own. Jobs have a process group of their own: without it
# they would ignore SIGINT, and so would all containers.
set -m
for e in "${engines[@]}"; do
	while [ "$(jobs -pr | wc -l)" -ge "${RT_ENGINES_JOBS:-2}" ]; do wait -n || true; done
	suite "$e" tests/engines/run "$e" ${RT_ENGINES_RUNTIME:+"$RT_ENGINES_RUNTIME"} &
done
wait
set +m
(cd "$out" && cat leaks "${engines[@]}") |
	awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {p += $1; f += $3; s += $5}
	END {printf "%d passed, %d failed, %d skipped\n", p, f, s}'
[ ! -e "$out/failed" ]
