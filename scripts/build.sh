#!/usr/bin/env bash
# Build the C programs and, around them, the static binary rt.
#
#   build.sh             rt; for another architecture than this machine's rt-GOARCH
#   build.sh faults      rt-faults, which fails where a test tells it to
#   build.sh embedded    the C programs only, which the Go packages embed
#
# Environment: GOARCH, VERSION (default: the one in internal/cli/version.go)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/go.sh

commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
if [ "$commit" != unknown ] && [ -n "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]; then
	commit+=-dirty
fi
ldflags="-s -w -X rt/internal/cli.Commit=$commit"
# The Go runtime starts on one processor: see docs/adr/0009-entry-point.md.
[ "$(go env GOARCH)" != amd64 ] || ldflags+=" -E main.entry"
# The older garbage collector takes fewer pages: see docs/adr/0013-page-faults.md.
! GOEXPERIMENT=nogreenteagc go env GOOS >/dev/null 2>&1 || export GOEXPERIMENT=nogreenteagc
[ -z "${VERSION:-}" ] || ldflags+=" -X rt/internal/cli.Version=$VERSION"

out=rt tags=()
[ "$(go env GOARCH)" = "$(go env GOHOSTARCH)" ] || out+=-$(go env GOARCH)
scripts/build-seccomp.sh
case ${1:-} in
'') scripts/build-nsenter.sh ;;
faults)
	out+=-faults tags=(-tags faults)
	FAULTS=1 scripts/build-nsenter.sh
	;;
embedded)
	scripts/build-nsenter.sh
	FAULTS=1 scripts/build-nsenter.sh
	exit
	;;
*) echo "build.sh: unknown argument $1: faults, embedded or nothing" >&2; exit 2 ;;
esac

# No cgo: see docs/adr/0003-no-cgo.md. Without debug tables the file is a third
# smaller, and what is not there need not be paged in.
# Copied, because the page cache has what the linker writes in single pages.
trap 'rm -f "$out.linked"' EXIT
CGO_ENABLED=0 go build -trimpath -buildvcs=false "${tags[@]}" -ldflags "$ldflags" -o "$out.linked" .
scripts/copy-program.sh "$out.linked" "$out"
