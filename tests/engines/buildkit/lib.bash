# shellcheck shell=bash
# `load lib`: what the cases of BuildKit share.

# shellcheck source=tests/engines/lib.bash
source "$E_HOME/lib.bash"

setup() { untraced; }

# BUILD: the words of a build of $BATS_TEST_TMPDIR/Dockerfile without a cache.
BUILD=(buildctl build --progress plain --no-cache --frontend dockerfile.v0 --local "context=$E_DIR/context"
	--local "dockerfile=$BATS_TEST_TMPDIR")

# dockerfile: from stdin, with busybox below it.
dockerfile() { { printf '%s\n' 'FROM scratch' 'ADD busybox.tar /' && cat; } >"$BATS_TEST_TMPDIR/Dockerfile"; }

# build [OPTION...]: of the Dockerfile on stdin. Sets stderr to its log.
build() {
	dockerfile
	ok "${BUILD[@]}" "$@"
}

# build_fails: of the Dockerfile on stdin.
build_fails() {
	dockerfile
	fails 1 "${BUILD[@]}"
}

# printed LINE...: a step wrote each to its stdout or stderr.
printed() {
	local text
	for text; do
		grep -qE "^#[0-9]+ [0-9.]+ $text\$" <<<"$stderr" || fail "no line '$text'"
	done
}
