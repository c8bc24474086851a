#!/bin/sh
# Fuzzes the decoder of the C stage with libFuzzer and the sanitizers.
#
#   fuzz-nsenter.sh [SECONDS]    10 by default; FUZZ_DIR keeps corpus and crashes
#
# It needs clang and its run-time libraries (libclang-rt-*-dev in Debian).
set -eu

cd "$(dirname "$0")/.."
seconds=${1:-10}
work=${FUZZ_DIR:-$(mktemp -d)}
if [ -z "${FUZZ_DIR:-}" ]; then
	trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work/corpus"

# The flags of the hosted build: the stage's files keep to the kernel's headers.
flags="-std=gnu11 -Insenter -Wall -Wextra -Werror -g -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
# shellcheck disable=SC2086
clang -c -ffreestanding $flags -o "$work/decode.o" nsenter/stage/decode.c
# shellcheck disable=SC2086
clang $flags -fsanitize=fuzzer -o "$work/fuzz" nsenter/test/fuzz.c nsenter/test/dump.c "$work/decode.o"
"$work/fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 \
	-artifact_prefix="$work/" "$work/corpus"
