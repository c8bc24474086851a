load lib

@test "build runs the RUN lines of a Dockerfile" {
	mkdir "$BATS_TEST_TMPDIR/ctx"
	echo copied >"$BATS_TEST_TMPDIR/ctx/f"
	cat >"$BATS_TEST_TMPDIR/ctx/Dockerfile" <<-'END'
		FROM localhost/busybox:latest
		ARG WORD=none
		RUN echo "$WORD" >/word && id -u >/uid
		COPY f /f
		USER 1000
		RUN id -u >/tmp/uid2; cat /f
		CMD ["cat", "/word", "/uid", "/tmp/uid2", "/f"]
	END
	ok podman build -q --isolation oci --network none --build-arg WORD=arg -t "localhost/$C" "$BATS_TEST_TMPDIR/ctx"
	run_rm "localhost/$C"
	is "arg
0
1000
copied"
	ok podman rmi -f "localhost/$C"
}

@test "build fails with the status of the line that fails" {
	mkdir "$BATS_TEST_TMPDIR/ctx"
	printf 'FROM localhost/busybox:latest\nRUN exit 23\n' >"$BATS_TEST_TMPDIR/ctx/Dockerfile"
	fails 23 podman build --isolation oci --network none "$BATS_TEST_TMPDIR/ctx"
	says 23
}
