#!/usr/bin/env bash
# Everything that needs neither root nor a container, in under two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/go.sh
export CGO_ENABLED=0

step() { printf '== %s\n' "$*"; }

scripts/build.sh embedded

step formatting
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { printf 'gofmt would change:\n%s\n' "$unformatted" >&2; exit 1; }

step go vet
go vet ./...
go vet -tags faults ./...

step unit tests
go test ./...

step C
lines=$(cat nsenter/stage/*.c nsenter/stage/*.h | wc -l)
[ "$lines" -le 1500 ] || { echo "nsenter has $lines lines of C; the limit is 1500 (docs/adr/0002)" >&2; exit 1; }
if command -v gcc >/dev/null && command -v clang >/dev/null; then
	scripts/build-nsenter.sh analyze
	scripts/build-seccomp.sh analyze
fi

if command -v shellcheck >/dev/null; then
	step shellcheck
	shellcheck -x scripts/*.sh tests/engines/{run,inside,check-leaks,cri/build-client} \
		tests/engines/*.bash tests/engines/*/*.bash tests/vm/{build,matrix,run,guest/{init,initramfs,job,rows}} .ci/run contrib/completions/rt.bash tests/bench/*.bash
fi
if command -v golangci-lint >/dev/null; then
	step golangci-lint
	golangci-lint run ./...
fi
if command -v groff >/dev/null; then
	step man pages
	for page in docs/man/*.8; do
		out=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
		[ -z "$out" ] || { echo "$out" >&2; exit 1; }
	done
fi
echo "check: ok"
