#!/bin/bash
# Install what tests/vm needs and this Debian lacks. Quiet when nothing is missing.
#
#   install-vm-deps.sh [ARCH]     for guests of that architecture: amd64 (default) or arm64
set -euo pipefail
here=$(dirname "$0")
case ${1:-amd64} in
arm64) "$here/install-packages.sh" qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
*) "$here/install-packages.sh" qemu-system-x86 ;;
esac
exec "$here/install-packages.sh" busybox-static cpio debootstrap e2fsprogs kmod
