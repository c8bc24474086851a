#!/bin/bash
# Build rt and run a shell command in a container made from the default bundle.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

scripts/install-build-deps.sh
missing=()
for p in busybox-static jq; do
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "+ apt-get install ${missing[*]}"
	apt-get -qq update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing[@]}" >/dev/null
fi

make --no-print-directory build

dir=$(mktemp -d)
id=demo-$$
trap '"$root/rt" delete --force "$id" >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
chmod 0755 "$dir"

echo "+ scripts/make-rootfs.sh busybox $dir/rootfs"
scripts/make-rootfs.sh busybox "$dir/rootfs"
echo "+ rt spec --bundle $dir"
./rt spec --bundle "$dir"
# The default process is a shell on a terminal; this one runs a command and needs none.
# shellcheck disable=SC2016
command='echo "hello from $(hostname), process $$ of: $(ls /proc | grep -c "^[0-9]")"; id; mount | head -3'
jq --arg c "$command" '.process.terminal = false | .process.args = ["sh", "-c", $c]' \
	"$dir/config.json" >"$dir/new" && mv "$dir/new" "$dir/config.json"
echo "+ rt run --bundle $dir $id"
./rt run --bundle "$dir" "$id"
