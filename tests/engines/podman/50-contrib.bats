load lib

@test "contrib's configuration makes rt Podman's runtime" {
	sed "s|\"/usr/local/bin/rt\"|\"$E_BIN\"|" "$E_HOME/../../contrib/podman/rt.conf" >"$BATS_TEST_TMPDIR/rt.conf"
	CONTAINERS_CONF=$BATS_TEST_TMPDIR/rt.conf ok /usr/bin/podman --root "$BATS_TEST_TMPDIR/r" --runroot "$BATS_TEST_TMPDIR/rr" \
		--tmpdir "$BATS_TEST_TMPDIR/t" --cgroup-manager cgroupfs info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
	is "rt $E_BIN"
}
