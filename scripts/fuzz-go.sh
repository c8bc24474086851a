#!/usr/bin/env bash
# Fuzzes every Go target below the directories given, one after the other.
#
#   fuzz-go.sh [SECONDS] [DIR...]    for each target, 10 by default; all of the tree
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
export CGO_ENABLED=0

# Making an input that is new as short as possible can take a minute for each.
grep -rlE --include='*_test.go' '^func Fuzz' "${@:-.}" | sort | while read -r file; do
	sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file" | while read -r target; do
		echo "== $file $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -fuzzminimizetime 20x "./$(dirname "$file")"
	done
done
