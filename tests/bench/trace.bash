# shellcheck shell=bash
# Sourced by scripts/bench.sh: where the time of `rt run` goes, by `rt --trace`.
# shellcheck disable=SC2034,SC2154 # shared with the other files

# traced BUNDLE: the steps. Interleave puts the round into the trace's name.
traced() {
	call time "traced-$1" --trace "$work/trace/$1-%.json" run --bundle "$work/bundle/$1" "$tag-rt"
}

# measure_phases BUNDLE...: a table, one column for each bundle, of its median run.
measure_phases() {
	local name=rt kind
	mkdir -p "$work/trace"
	for kind; do
		echo "bench: traced $kind, $traced_rounds rounds" >&2
		{ line group rt && traced "$kind"; } >"$work/steps"
		# The program's stamps come on stderr, those of the warm-up first.
		"$tools/interleave" "$traced_rounds" "$WARMUP" "$work/steps" "$work/trace/$kind.log" \
			>/dev/null 2>"$work/trace/$kind.stamps" || true
		grep -v '^[0-9.]*$' "$work/trace/$kind.stamps" >>"$work/errors" || true
	done
	/usr/bin/python3 "$bench/phases.py" "$work/trace" "$WARMUP" "$@"
}
