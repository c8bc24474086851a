#!/bin/sh
# Builds the seccomp compiler: C on libseccomp's static library.
#
#   build-seccomp.sh [GOARCH]   libcontainer/seccomp/compiler_GOARCH.bin and .id, for
#                               the Go binary to embed
#   build-seccomp.sh hosted OUT the same sources with the address and undefined
#                               behaviour sanitizers, for tests
#   build-seccomp.sh analyze    gcc -fanalyzer, and both compilers' warnings
#
# CC overrides the compiler; without it another architecture than this machine's is
# built by its cross gcc, which needs that architecture's libseccomp-dev.
set -eu

cd "$(dirname "$0")/.."
dir=libcontainer/seccomp
sources="$dir/compiler/*.c"

warnings="-Wall -Wextra -Werror -Wswitch-enum -Wconversion -Wvla"
common="-std=gnu11 $warnings"
small="-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
linking="-static -no-pie -s -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack"

# compiler GOARCH prints the command that compiles for it.
compiler() {
	if [ -n "${CC:-}" ]; then
		echo "$CC"
		return
	fi
	if [ "$1" = "$(go env GOHOSTARCH)" ]; then
		echo gcc
		return
	fi
	case $1 in
	amd64) echo x86_64-linux-gnu-gcc ;;
	arm64) echo aarch64-linux-gnu-gcc ;;
	*)
		echo "build-seccomp: no seccomp compiler for GOARCH $1; amd64 and arm64 have one" >&2
		return 1
		;;
	esac
}

# The id changes whenever anything that could change a filter does: it is the key of
# what is cached.
build() {
	out=$dir/compiler_$1
	cc=$(compiler "$1")
	tmp=$out.tmp$$
	trap 'rm -f "$tmp"' EXIT
	# shellcheck disable=SC2086 # flags are words
	$cc $common $small $linking -o "$tmp" $sources -lseccomp
	sha256sum <"$tmp" | cut -c 1-64 | tr -d '\n' >"$tmp.id"
	mv "$tmp.id" "$out.id"
	mv "$tmp" "$out.bin"
}

hosted() {
	# shellcheck disable=SC2086
	${CC:-clang} $common -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o "$1" $sources -lseccomp
}

analyze() {
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	# shellcheck disable=SC2086
	gcc $common -O1 -fanalyzer -o "$tmp/gcc" $sources -lseccomp
	# shellcheck disable=SC2086
	clang $common -O1 -o "$tmp/clang" $sources -lseccomp
}

case ${1:-} in
hosted) hosted "$2" ;;
analyze) analyze ;;
*) build "${1:-$(go env GOARCH)}" ;;
esac
