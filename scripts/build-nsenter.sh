#!/bin/sh
# Builds the C stage.
#
#   build-nsenter.sh [GOARCH]    nsenter/stage_GOARCH.bin, for the Go binary to embed;
#                                with FAULTS=1 nsenter/stage_GOARCH_faults.bin, which
#                                fails where a plan tells it to (build tag faults)
#   build-nsenter.sh hosted OUT  the same sources against the C library, with the
#                                address and undefined behaviour sanitizers, for tests
#   build-nsenter.sh analyze     gcc -fanalyzer, and both compilers' warnings
#
# CC overrides the compiler; without it another architecture than this machine's is
# built by its cross gcc, or by clang and lld.
set -eu

cd "$(dirname "$0")/.."
dir=nsenter
sources="$dir/stage/*.c"

warnings="-Wall -Wextra -Werror -Wswitch-enum -Wconversion -Wvla"
common="-std=gnu11 -I$dir $warnings"
# Position independent costs nothing here: the build below proves that there is
# nothing to relocate. One segment for code and constants keeps the copy small.
freestanding="$common -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-unwind-tables -fno-builtin -fPIE"
linking="-static-pie -nostdlib -s -Wl,--no-dynamic-linker -Wl,-z,noexecstack \
	-Wl,-z,noseparate-code -Wl,-z,norelro -Wl,--build-id=none -Wl,-z,text"

is_gcc() { ! "$1" --version | grep -q clang; }

# compile OUT CC... compiles with the command CC, which may come with options.
compile() {
	binary=$1
	shift
	# gcc alone turns the loops of memset and memcpy into calls of themselves.
	# shellcheck disable=SC2086 # flags are words
	set -- "$@" $freestanding $linking
	if is_gcc "$1"; then
		set -- "$@" -fno-tree-loop-distribute-patterns
	fi
	if [ -n "${FAULTS:-}" ]; then
		set -- "$@" -DFAULTS $dir/test/faults.c
	fi
	# shellcheck disable=SC2086
	"$@" -o "$binary" $sources
}

machine() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# compiler GOARCH prints the command that compiles for it.
compiler() {
	if [ -n "${CC:-}" ]; then
		echo "$CC"
		return
	fi
	case $1 in
	"$(machine)") echo cc ;;
	amd64) cross x86_64-linux-gnu ;;
	arm64) cross aarch64-linux-gnu ;;
	*)
		echo "build-nsenter: no stage for GOARCH $1; amd64 and arm64 have one" >&2
		return 1
		;;
	esac
}

cross() {
	if command -v "$1-gcc" >/dev/null; then
		echo "$1-gcc"
	else
		echo "clang --target=$1 -fuse-ld=lld -isystem /usr/$1/include"
	fi
}

build() {
	out="$dir/stage_$1${FAULTS:+_faults}.bin"
	cc=$(compiler "$1")
	tmp="$out.tmp$$"
	trap 'rm -f "$tmp"' EXIT
	# shellcheck disable=SC2086
	compile "$tmp" $cc
	if readelf -lrW "$tmp" | grep -qE 'R_(X86_64|AARCH64)_|INTERP|RWE'; then
		echo "build-nsenter: $out has relocations, an interpreter or writable code" >&2
		exit 1
	fi
	mv "$tmp" "$out"
}

# The stage's own files keep to the kernel's headers here too.
hosted() {
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	sanitize="$common -DFAULTS -g -O1 -fno-omit-frame-pointer -fno-builtin \
		-fsanitize=address,undefined -fno-sanitize-recover=all ${SANITIZE:-}"
	for file in $sources $dir/test/faults.c; do
		# shellcheck disable=SC2086
		[ "$file" = $dir/stage/sys.c ] ||
			${CC:-clang} -c -ffreestanding $sanitize -o "$tmp/$(basename "$file").o" "$file"
	done
	# shellcheck disable=SC2086
	${CC:-clang} $sanitize -o "$1" "$dir"/test/hosted.c "$dir"/test/dump.c "$tmp"/*.o
}

analyze() {
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	compile "$tmp/gcc" gcc -fanalyzer
	compile "$tmp/clang" clang
	FAULTS=1 compile "$tmp/faults" gcc -fanalyzer
}

case ${1:-} in
hosted) hosted "$2" ;;
analyze) analyze ;;
*) build "${1:-$(go env GOARCH)}" ;;
esac
