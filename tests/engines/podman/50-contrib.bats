load lib

# As /etc/containers is with contrib's file where the file says, but for rt's path; the
# file for other settings is taken from the suite's.
etc_containers() {
	local dir=$BATS_TEST_TMPDIR/etc
	mkdir -p "$dir/containers.conf.d"
	sed "s|\"/usr/local/bin/rt\"|\"$E_BIN\"|" "$E_HOME/../../contrib/podman/rt.conf" >"$dir/containers.conf.d/rt.conf"
	sed '/runtimes\]/,/^$/d; /runtime_supports_json/d' "$CONTAINERS_CONF" >"$dir/containers.conf"
	cp "$HOME/.config/containers/policy.json" "$dir"
	mount --bind "$dir" /etc/containers
}

teardown() { umount /etc/containers; }

@test "contrib's configuration makes rt Podman's runtime" {
	etc_containers
	local plain=(env -u CONTAINERS_CONF /usr/bin/podman --root "$E_DIR/root" --runroot "$PODMAN_RUN" --tmpdir "$PODMAN_RUN/tmp" --cgroup-manager cgroupfs)
	ok "${plain[@]}" info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
	is "rt $E_BIN"
	is_rt || return 0
	ok "${plain[@]}" run --rm --network none busybox echo started
	is started
}
