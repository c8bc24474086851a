load lib

@test "contrib's configuration is one that containerd reads" {
	local f=$E_HOME/../../contrib/containerd/config.toml
	ok containerd --config "$f" config dump
	says 'default_runtime_name = "rt"' 'BinaryName = "/usr/local/bin/rt"' 'SystemdCgroup = true'
	refute_says "unknown"
}
