#!/bin/bash
# Build the helper programs of the integration tests, static so that they run in
# any root filesystem.
#
#   test-build-cmds.sh DIR
set -euo pipefail

dir=${1:?usage: test-build-cmds.sh DIR}
src=$(cd "$(dirname "$0")/../tests/cmd" && pwd)

mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9
for c in "$src"/*.c; do
	bin=$dir/$(basename "$c" .c)
	[ "$bin" -nt "$c" ] && continue
	"${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -o "$bin.new" "$c"
	mv "$bin.new" "$bin"
done
