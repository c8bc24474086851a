#!/bin/bash
# Attack containers while they are made, and make containers of hostile root file
# systems.
#
#   test-attacks.sh [FILE...]     FILE: tests/attack/races.bats, or just "races"
#
# Environment, besides that of test-integration.sh:
#   RT_ATTACK_ROUNDS  how many containers each race makes (default 60)
#   RT_ATTACK_TREES   how many hostile trees are tried (default 200)
#   RT_ATTACK_SEED    the seed of the first tree (default: the day)
#
# The last line is "N passed, N failed, N skipped".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
. scripts/go.sh
export RT_TEST_CACHE=${RT_TEST_CACHE:-/var/cache/rt-test}
export RT_ATTACK_ROUNDS=${RT_ATTACK_ROUNDS:-60} RT_ATTACK_TREES=${RT_ATTACK_TREES:-200}
export RT_ATTACK_SEED=${RT_ATTACK_SEED:-$(date +%Y%j)00000}

if [ "$(id -u)" -ne 0 ]; then
	echo "test-attacks.sh: containers with every namespace need root" >&2
	exit 1
fi

scripts/install-test-deps.sh
dir=$RT_TEST_CACHE/attack
mkdir -p "$dir"
CGO_ENABLED=0 go build -o "$dir/attack" ./tests/attack
for c in tests/attack/cmd/*.c; do
	bin=$dir/$(basename "$c" .c)
	[ "$bin" -nt "$c" ] || "${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -o "$bin" "$c"
done

files=()
for f; do
	[ -e "$f" ] || f=tests/attack/${f%.bats}.bats
	files+=("$f")
done
[ ${#files[@]} -gt 0 ] || files=(tests/attack/*.bats)
exec scripts/test-integration.sh "${files[@]}"
