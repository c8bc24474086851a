# shellcheck shell=bash
# Sourced: puts a Go that is new enough for go.mod on the PATH. Debian's own is
# older; it fetches the right one as a module, from wherever modules come from.
# With GO_INSTALL=1 what is missing is installed.

go_ready() {
	local have want
	have=$(cd / && go version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p')
	want=$(sed -n 's/^go //p' go.mod)
	[ -n "$have" ] && [ "$(printf '%s\n%s\n' "$want" "$have" | sort -V | head -1)" = "$want" ]
}

if ! go_ready; then
	go_arch=$(dpkg --print-architecture)
	go_module=golang.org/toolchain@v0.0.1-go$(sed -n 's/^go //p' go.mod).linux-$go_arch
	go_dir=$( (cd / && go env GOMODCACHE) 2>/dev/null || true)/$go_module
	if [ ! -d "$go_dir" ] && [ "${GO_INSTALL:-0}" = 1 ]; then
		if ! command -v go >/dev/null; then
			apt-get -qq update >/dev/null
			DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends golang-go ca-certificates >/dev/null
		fi
		echo "fetching $go_module" >&2
		(cd / && go mod download "$go_module")
		go_dir=$(cd / && go env GOMODCACHE)/$go_module
	fi
	if [ -d "$go_dir" ]; then
		# Modules are unpacked without execute bits.
		chmod -R u+w,a+x "$go_dir/bin" "$go_dir/pkg/tool"
		export PATH=$go_dir/bin:$PATH GOROOT=$go_dir GOTOOLCHAIN=local
	fi
	go_ready || { echo "Go $(sed -n 's/^go //p' go.mod) or newer is needed; scripts/install-build-deps.sh installs it" >&2; exit 1; }
fi
