load lib

NODE='del(.hostname) | .linux.securityContext.namespaceOptions.network = "NODE"'

teardown() {
	remove_pods
	kill "$PLAIN"
	wait_for 10 process_gone "$PLAIN"
}

# plain_containerd: contrib's configuration, but for rt's path and, where it is not,
# systemd. What is behind it is the host's: images, networks and the directories.
plain_containerd() {
	local dir=$E_DIR/contrib no_systemd=
	mkdir -p "$dir"
	systemd_host || no_systemd='s/SystemdCgroup = true/SystemdCgroup = false/'
	sed "s|/usr/local/bin/rt|$E_BIN|; $no_systemd" "$(containerd_contrib)" >"$dir/config.toml"
	if containerd2; then
		cat <<-END
			[plugins."io.containerd.cri.v1.images".pinned_images]
			  sandbox = "localhost/pause:latest"
			[plugins."io.containerd.cri.v1.runtime"]
			  restrict_oom_score_adj = true
			[plugins."io.containerd.cri.v1.runtime".cni]
			  bin_dirs = ["/usr/lib/cni"]
			  conf_dir = "$E_DIR/cni"
		END
	else
		cat <<-END
			[plugins."io.containerd.grpc.v1.cri"]
			  restrict_oom_score_adj = true
			  sandbox_image = "localhost/pause:latest"
			  disable_tcp_service = true
			[plugins."io.containerd.grpc.v1.cri".cni]
			  bin_dir = "/usr/lib/cni"
			  conf_dir = "$E_DIR/cni"
		END
	fi >>"$dir/config.toml"
	export CONTAINERD_ADDRESS=$dir/containerd.sock CRI_SOCKET=$dir/containerd.sock
	containerd --config "$dir/config.toml" --root "$dir/root" --state "$dir/state" --address "$CONTAINERD_ADDRESS" \
		>"$E_DIR/../containerd-contrib-$E_RUNTIME.log" 2>&1 3>&- 4>&- &
	PLAIN=$!
	eventually 20 containerd_ready
	ok ctr image import "$E_DIR/pause.tar"
	ok ctr image import "$E_DIR/busybox.tar"
}

@test "contrib's configuration makes rt the runtime of pods" {
	plain_containerd
	# The client asks for no runtime: the default one.
	E_RUNTIME='' pod "$NODE"
	output one "$NODE" echo started
	is started
	method Status '{verbose: true}'
	equal "$(jq -r '.info.config | fromjson | .containerd | .defaultRuntimeName, .runtimes.rt.options.BinaryName' <<<"$stdout")" "rt"$'\n'"$E_BIN"
	# A pod's class is the name that contrib/kubernetes uses.
	E_RUNTIME=rt pod "$NODE"
	equal "$(awk '$1 == "handler:" {print $2}' "$E_HOME/../../contrib/kubernetes/runtimeclass.yaml")" rt
}
