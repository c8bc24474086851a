#!/usr/bin/env bash
# Install what building rt needs and this Debian lacks. Quiet when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh gcc libc6-dev libseccomp-dev make
GO_INSTALL=1
. scripts/go.sh
