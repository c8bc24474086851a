#!/bin/bash
# Install the engines that the tests drive, and what drives them. Quiet when nothing is missing.
set -euo pipefail

packages=(bats buildah busybox-static ca-certificates catatonit conmon containerd containernetworking-plugins criu crun debootstrap docker.io
	gojq iproute2 iptables jq netavark aardvark-dns podman procps python3-minimal runc uidmap util-linux)

have=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for p in "${packages[@]}"; do
	[[ $'\n'$have$'\n' == *$'\n'"$p installed"$'\n'* ]] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# The suites start engines of their own: a package must not start its daemon.
policy=/usr/sbin/policy-rc.d
trap 'rm -f "$log"; [ -z "${made_policy:-}" ] || rm -f "$policy"' EXIT
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made_policy=1; }
install() { apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
# A fresh machine has no package lists, an old one has stale lists.
{ apt-get -qq update >"$log" 2>&1 && install; } || { cat "$log" >&2; exit 1; }
