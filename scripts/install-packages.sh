#!/bin/bash
# Install the Debian packages named that are missing. Quiet when nothing is.
#
#   install-packages.sh PACKAGE...
set -euo pipefail

# A package of another architecture, which has the same name, is not this machine's.
have=$(dpkg-query -W -f='${Package} ${db:Status-Status} ${Architecture}\n' "$@" 2>/dev/null |
	sed -n "s/ \($(dpkg --print-architecture)\|all\)$//p" || true)
missing=()
for p; do
	[[ $'\n'$have$'\n' == *$'\n'"$p installed"$'\n'* ]] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
# A fresh machine has no package lists, an old one has stale lists.
{ apt-get -qq update >"$log" 2>&1 && install; } || { cat "$log" >&2; exit 1; }
