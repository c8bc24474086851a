#!/bin/bash
# Run the container engines of Debian on rt, and on the runtime they come with.
#
#   test-engines.sh [ENGINE...]     default: every engine in tests/engines
#
# Environment: as for tests/engines/run, and
#   RT_ENGINES_RUNTIME  "rt" or "reference": only that one
#
# Prints a table engine × case and "N passed, N failed, N skipped".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
scripts/install-engine-deps.sh
[ -x rt ] || scripts/build.sh

engines=("$@")
if [ ${#engines[@]} -eq 0 ]; then
	for e in tests/engines/*/engine.bash; do engines+=("$(basename "$(dirname "$e")")"); done
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rc=0
for e in "${engines[@]}"; do
	tests/engines/run "$e" ${RT_ENGINES_RUNTIME:+"$RT_ENGINES_RUNTIME"} | tee -a "$log" | sed '/ passed, .* skipped$/d' || rc=1
done
awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {p += $1; f += $3; s += $5}
	END {printf "%d passed, %d failed, %d skipped\n", p, f, s}' "$log"
exit $rc
