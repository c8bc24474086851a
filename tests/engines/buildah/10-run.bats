load lib

@test "run gives output and exit status" {
	succeeds -- sh -c 'echo out; echo err >&2'
	is out
	equal "$stderr" err
	in_container -- sh -c 'exit 42'
	equal "$status" 42
}

@test "run keeps what it changes for the next one" {
	succeeds -- sh -c 'echo kept >/file'
	succeeds -- cat /file
	is kept
}

@test "run of a missing program fails and names it" {
	in_container -- nosuchprogram
	[ "$status" -ne 0 ]
	says nosuchprogram
	# crun has words of its own.
	! is_rt || says 'executable file not found in $PATH'
	in_container -- /etc
	[ "$status" -ne 0 ]
	says /etc
	! is_rt || says "permission denied"
}

@test "run passes stdin on to its end" {
	stdout=$(printf 'one\ntwo\n' | buildah run --runtime "$E_BIN" --isolation oci --network none "$C" wc -l 3>&- 4>&-)
	is 2
}

@test "run has the user, capabilities, host name and directory that it is told" {
	succeeds --user 1000:1000 --hostname box --workingdir /tmp --env A=1 -- sh -c 'id -u; hostname; pwd; echo $A'
	is "1000
box
/tmp
1"
	succeeds --cap-drop CAP_CHOWN --cap-add CAP_NET_ADMIN -- grep CapBnd /proc/self/status
	equal $((16#${stdout##*[[:space:]]} & 0x1001)) $((0x1000)) "CAP_NET_ADMIN and CAP_CHOWN"
}

@test "run mounts a directory" {
	mkdir "$BATS_TEST_TMPDIR/d"
	echo content >"$BATS_TEST_TMPDIR/d/f"
	succeeds -v "$BATS_TEST_TMPDIR/d:/d:ro" -- sh -c 'cat /d/f; touch /d/g 2>&1; true'
	says content "Read-only file system"
}

@test "run has a terminal when it asks for one" {
	tty_start "${BUILDAH[@]}" run --tty --runtime "$E_BIN" --isolation oci --network none "$C" sh -c 'tty; read x; echo "got-$x"; exit 5'
	tty_await /dev/
	tty_send 'typed\n'
	tty_await got-typed
	tty_end
	equal "$status" 5
}

@test "nothing but the program's words reaches its output" {
	local n
	for n in 1 2 3; do
		succeeds -- true
		equal "$stdout$stderr" ""
	done
}

@test "a Dockerfile is built, its RUN lines in containers" {
	mkdir "$BATS_TEST_TMPDIR/ctx"
	printf '%s\n' 'FROM localhost/busybox:latest' 'ENV A=env' 'RUN echo "run $A" >/made && id -u >>/made' \
		'USER 1000' 'RUN id -u >/tmp/uid' >"$BATS_TEST_TMPDIR/ctx/Dockerfile"
	ok buildah bud --runtime "$E_BIN" --isolation oci --network none --pull-never -t "localhost/built" "$BATS_TEST_TMPDIR/ctx"
	local made
	made=$(buildah from --pull-never localhost/built)
	call buildah run --runtime "$E_BIN" --isolation oci --network none "$made" cat /made /tmp/uid
	buildah rm "$made" >/dev/null
	buildah rmi localhost/built >/dev/null
	is "run env
0
1000"
}

@test "contrib's configuration makes rt buildah's runtime" {
	# What buildah starts says so, and is rt.
	printf '#!/bin/sh\necho "$1" >>%q\nexec %q "$@"\n' "$BATS_TEST_TMPDIR/calls" "$E_BIN" >"$BATS_TEST_TMPDIR/rt"
	chmod +x "$BATS_TEST_TMPDIR/rt"
	sed "s|\"/usr/local/bin/rt\"|\"$BATS_TEST_TMPDIR/rt\"|" "$E_HOME/../../contrib/podman/rt.conf" >"$BATS_TEST_TMPDIR/rt.conf"
	CONTAINERS_CONF=$BATS_TEST_TMPDIR/rt.conf ok buildah run --isolation oci --network none "$C" echo started
	is started
	equal "$(sort -u "$BATS_TEST_TMPDIR/calls" | head -1)" create
}
