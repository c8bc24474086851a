# shellcheck shell=bash
# `load lib`: what the cases of buildah share.

# shellcheck source=tests/engines/lib.bash
source "$E_HOME/lib.bash"

# Every case has a working container, $C.
setup() {
	untraced
	ok buildah from --pull-never localhost/busybox:latest
	C=$stdout
}

teardown() { buildah rm "$C" >/dev/null; }

# in_container [FLAG...] -- COMMAND...: sets status.
in_container() {
	local flags=()
	while [ "$1" != -- ]; do flags+=("$1"); shift; done
	call buildah run --runtime "$E_BIN" --isolation oci --network none "${flags[@]}" "$C" "$@"
}

# succeeds ...: as in_container.
succeeds() {
	in_container "$@"
	[ "$status" -eq 0 ] || fail "exit status $status, want 0"
}
