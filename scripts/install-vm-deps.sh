#!/bin/bash
# Install what tests/vm needs and this Debian lacks. Quiet when nothing is missing.
set -euo pipefail
exec "$(dirname "$0")/install-packages.sh" busybox-static cpio debootstrap e2fsprogs kmod qemu-system-x86
