#!/bin/bash
# Install what the tests need and this Debian lacks. Quiet when nothing is missing.
set -euo pipefail
exec "$(dirname "$0")/install-packages.sh" bats busybox-static clang libclang-rt-14-dev crun debootstrap file gcc gojq \
	hyperfine iproute2 jq libc6-dev make procps runc strace uidmap util-linux
