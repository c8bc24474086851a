# shellcheck shell=bash
# containerd with its shim for runc-compatible runtimes, driven by ctr.

# shellcheck disable=SC2034 # for tests/engines/run
REFERENCE=runc
export CONTAINERD_ADDRESS=$E_DIR/containerd.sock CONTAINERD_NAMESPACE=test
BUSYBOX=localhost/busybox:latest
# ctr 2 has a word for cgroup v1 at every call.
export CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1

engine_start() {
	# A client that cannot name the binary gets what is called runc in PATH.
	mkdir "$E_DIR/bin"
	ln -s "$E_BIN" "$E_DIR/bin/runc"
	containerd_config >"$E_DIR/containerd.toml"
	containerd_start
	image_archive busybox "$BUSYBOX" "$E_DIR/busybox.tar"
	ctr image import "$E_DIR/busybox.tar"
}

# containerd_config: the file as containerd 1.6 and 1.7 read it. Without
# CAP_SYS_RESOURCE a negative oom_score_adj cannot be set.
containerd_config() {
	cat <<-END
		version = 2
		root = "$E_DIR/root"
		state = "$E_DIR/state"
		disabled_plugins = ["io.containerd.internal.v1.opt"]
		[grpc]
		  address = "$CONTAINERD_ADDRESS"
		[plugins."io.containerd.grpc.v1.cri"]
		  restrict_oom_score_adj = true
		  sandbox_image = "localhost/pause:latest"
		  stream_server_address = "127.0.0.1"
		  disable_tcp_service = true
		  device_ownership_from_security_context = true
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		    conf_dir = "$E_DIR/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    default_runtime_name = "$E_RUNTIME"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$E_RUNTIME]
		      runtime_type = "io.containerd.runc.v2"
		      privileged_without_host_devices = false
		      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$E_RUNTIME.options]
		        BinaryName = "$E_BIN"
		        SystemdCgroup = $(if systemd_host; then echo true; else echo false; fi)
	END
}

containerd_start() {
	PATH=$E_DIR/bin:$PATH containerd --config "$E_DIR/containerd.toml" >>"$E_DIR/../containerd-$E_RUNTIME.log" 2>&1 3>&- 4>&- 5>&- 6>&- &
	echo $! >"$E_DIR/containerd.pid"
	wait_for 20 containerd_ready || { tail -20 "$E_DIR/../containerd-$E_RUNTIME.log"; return 1; }
}

# containerd2: what differs from Debian's 1.6 may be expected.
containerd2() { [[ $(containerd --version) == */v2\ * ]]; }

# containerd_contrib: contrib's configuration for the containerd at hand.
containerd_contrib() {
	if containerd2; then
		echo "$E_HOME/../../contrib/containerd/config-v3.toml"
	else
		echo "$E_HOME/../../contrib/containerd/config.toml"
	fi
}

containerd_ready() { ctr version >/dev/null 2>&1; }

# containerd_stop SIGNAL: containers and their shims go on.
containerd_stop() {
	local pid
	pid=$(<"$E_DIR/containerd.pid")
	kill -s "$1" "$pid"
	wait_for 20 process_gone "$pid"
}

# What failed cases left goes first: what is left then is a leak.
engine_stop() {
	local id
	for id in $(ctr task ls -q); do
		ctr task kill --all --signal KILL "$id" || true
		ctr task delete --force "$id" || true
	done
	for id in $(ctr container ls -q); do ctr container delete "$id" || true; done
	containerd_stop TERM
}

engine_state() {
	find /run/containerd/runc/* -mindepth 1 -maxdepth 1 ! -name '.cache~' 2>/dev/null
	find "$E_DIR"/state/io.containerd.runtime.v2.task/* -mindepth 1 -maxdepth 1 2>/dev/null
	return 0
}
