load lib

@test "contrib's configuration makes rt Podman's runtime" {
	sed "s|\"/usr/local/bin/rt\"|\"$E_BIN\"|" "$E_HOME/../../contrib/podman/rt.conf" >"$BATS_TEST_TMPDIR/rt.conf"
	# Podman takes no longer name than 50 bytes.
	CONTAINERS_CONF=$BATS_TEST_TMPDIR/rt.conf ok /usr/bin/podman --root "$E_DIR/root" --runroot "$PODMAN_RUN" \
		--tmpdir "$PODMAN_RUN/tmp" --cgroup-manager cgroupfs info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
	is "rt $E_BIN"
}
