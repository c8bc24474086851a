#!/bin/bash
# Build rt for arm64, with its C parts and libseccomp, and run the suites that depend on
# the architecture in an emulated guest. Installs what is missing; needs root.
#
#   test-arm64.sh
#
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(dpkg --print-architecture)" != arm64 ]; then
	scripts/install-vm-deps.sh arm64
	# libseccomp of the other architecture comes by multiarch.
	dpkg --print-foreign-architectures | grep -qx arm64 || dpkg --add-architecture arm64
	[ "$(dpkg-query -W -f='${db:Status-Status}' libseccomp-dev:arm64 2>/dev/null)" = installed ] ||
		scripts/install-packages.sh libseccomp-dev:arm64
fi
GOARCH=arm64 scripts/build.sh
exec tests/vm/matrix arm64
