#!/usr/bin/env bash
# Fuzz every target of the tree, one after the other.
#
#   fuzz.sh [SECONDS]    for each target, 30 by default
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/go.sh
seconds=${1:-30}
export CGO_ENABLED=0

scripts/build.sh embedded
scripts/fuzz-nsenter.sh "$seconds"
grep -rlE --include='*_test.go' '^func Fuzz' . | while read -r file; do
	dir=$(dirname "$file")
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -c 6- | while read -r target; do
		echo "== $dir $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" "$dir"
	done
done
