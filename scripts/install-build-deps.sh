#!/usr/bin/env bash
# Install what building rt needs and this Debian lacks. Quiet when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for p in gcc libc6-dev libseccomp-dev make; do
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "installing: ${missing[*]}" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update >/dev/null
	apt-get -qq -y install --no-install-recommends "${missing[@]}" >/dev/null
fi
GO_INSTALL=1
. scripts/go.sh
