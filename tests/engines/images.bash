# shellcheck shell=bash
# Images without a registry: from the root filesystems of scripts/make-rootfs.sh.

# rootfs_tar NAME: the file system "busybox" or "debian" as a tar on stdout.
rootfs_tar() {
	tar -C "$RT_TEST_CACHE/$1" --numeric-owner -c .
}

# image_archive NAME REFERENCE OUT [CONFIG]: a tar that is an OCI image layout and what
# `docker save` writes, both at once, so that every engine can load it. REFERENCE is
# such as "localhost/busybox:latest"; CONFIG is the JSON of the image's "config".
image_archive() {
	local dir layer config manifest size
	dir=$(mktemp -d)
	mkdir -p "$dir/blobs/sha256"
	rootfs_tar "$1" >"$dir/layer"
	layer=$(sha256sum "$dir/layer" | cut -d' ' -f1)
	jq -cn --arg diff "sha256:$layer" --argjson config "${4:-{\"Cmd\":[\"sh\"],\"Env\":[\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"]\}}" \
		'{architecture: "amd64", os: "linux", created: "2024-01-01T00:00:00Z", config: $config,
		  rootfs: {type: "layers", diff_ids: [$diff]},
		  history: [{created: "2024-01-01T00:00:00Z", created_by: "make-rootfs.sh"}]}' >"$dir/config"
	config=$(sha256sum "$dir/config" | cut -d' ' -f1)
	size=$(stat -c %s "$dir/config")
	jq -cn --arg config "sha256:$config" --arg layer "sha256:$layer" \
		--argjson csize "$size" --argjson lsize "$(stat -c %s "$dir/layer")" \
		'{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
		  config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $csize},
		  layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $lsize}]}' >"$dir/manifest"
	manifest=$(sha256sum "$dir/manifest" | cut -d' ' -f1)
	size=$(stat -c %s "$dir/manifest")
	mv "$dir/layer" "$dir/blobs/sha256/$layer"
	mv "$dir/config" "$dir/blobs/sha256/$config"
	mv "$dir/manifest" "$dir/blobs/sha256/$manifest"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
	jq -cn --arg digest "sha256:$manifest" --argjson size "$size" --arg name "$2" \
		'{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json",
		  digest: $digest, size: $size, annotations: {
		  "io.containerd.image.name": $name, "org.opencontainers.image.ref.name": ($name | sub(".*:"; ""))}}]}' >"$dir/index.json"
	jq -cn --arg config "blobs/sha256/$config" --arg layer "blobs/sha256/$layer" --arg name "$2" \
		'[{Config: $config, RepoTags: [$name], Layers: [$layer]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$3" oci-layout index.json manifest.json blobs
	rm -rf "$dir"
}
