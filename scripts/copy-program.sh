#!/bin/sh
# Copy a program and replace what is there.
#
#   copy-program.sh FROM TO
#
# With one write: the page cache then has the file in pieces of up to 2 MiB, if the file
# system can have such, and the kernel maps a piece with one page fault. A linker writes
# page by page, and cp in pieces of 256 KiB.
set -eu
[ $# -eq 2 ] || { echo "usage: copy-program.sh FROM TO" >&2; exit 2; }
trap 'rm -f "$2.copied"' EXIT
dd if="$1" of="$2.copied" bs=32M iflag=fullblock status=none
chmod 0755 "$2.copied"
mv -f "$2.copied" "$2"
