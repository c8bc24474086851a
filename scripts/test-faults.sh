#!/bin/bash
# Make every operation of full create plans fail, kill the runtime at each of them and
# at other moments, damage what is on record: nothing may be left behind.
#
#   test-faults.sh [ARG...]      ARG: for instance -parts sweep, -v, or
#                                -only host:100:2 for the one trial that a report names
#
# Environment: RT_TEST_CACHE, as for test-integration.sh
#
# The last line is "N ops × 3 faults: N leaks".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
. scripts/go.sh
cache=${RT_TEST_CACHE:-/var/cache/rt-test}

if [ "$(id -u)" -ne 0 ]; then
	echo "test-faults.sh: containers with every namespace need root" >&2
	exit 1
fi

[ -x rt ] || scripts/build.sh
scripts/build.sh faults
# Small, because each worker copies it for each kind of bundle.
scripts/make-rootfs.sh busybox "$cache/faults" sh sleep true

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -tags faults -o "$dir/faults" ./tests/faults

# Fresh namespaces: nobody else mounts or makes processes there.
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID XDG_RUNTIME_DIR
unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net --uts --ipc \
	"$dir/faults" -faulty "$root/rt-faults" -release "$root/rt" -rootfs "$cache/faults" -dir "$dir" \
	-tag "rt-faults-$$" -workers "$(($(nproc) * 2))" "$@"
