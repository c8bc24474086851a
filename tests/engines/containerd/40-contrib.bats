load lib

@test "contrib's configuration is one that containerd reads" {
	ok containerd --config "$(containerd_contrib)" config dump
	stdout=${stdout//\'/\"} # containerd 2's
	says 'default_runtime_name = "rt"' 'BinaryName = "/usr/local/bin/rt"' 'SystemdCgroup = true'
	refute_says "unknown"
}
