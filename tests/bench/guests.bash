# shellcheck shell=bash
# Sourced by scripts/bench.sh: a reduced set in the guests of tests/vm. Where there is no
# KVM, a guest interprets machine code: what is compared there is ratios.
# shellcheck disable=SC2154,SC2034 # shared with the other files

# print_results prints the results so that they are found among other output.
print_results() {
	echo "result	kernel	$(uname -r)"
	# QEMU's interpreter names itself.
	! grep -q '^model name.*TCG' /proc/cpuinfo || echo "result	emulated"
	versions | sed 's/ | /\t/; s/^/result\truntime\t/'
	sed 's/^/result\t/' "$work/results"
}

bench_guests() {
	local row rows=${ROWS:-v2 v2-systemd v1}
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	build_tools
	for row in $rows; do
		echo "bench: guest $row" >&2
		"$root/tests/vm/run" --row "$row" --timeout 1200 -- \
			env N="${N:-7}" WARMUP="${WARMUP:-1}" ${RUNTIMES:+RUNTIMES="$RUNTIMES"} scripts/bench.sh results |
			tee "$work/$row.out" | grep -v '^result' >&2 || true
		sed -n 's/^result\t//p' "$work/$row.out" >"$work/$row"
		[ -s "$work/$row" ] || { echo "bench.sh: the guest $row has no results" >&2; exit 1; }
	done
	# shellcheck disable=SC2086 # words
	guests_text $rows >"$work/section"
	replace_section
	cat "$work/section"
	! grep -q $'\trt\tfail$' "$work"/v*
}

guests_text() {
	local row how="with KVM"
	! grep -q '^emulated' "$work/$1" || how="under emulation, so that only ratios mean something"
	declare -A about=([v2]="cgroup v2, no systemd" [v2-systemd]="cgroup v2, systemd, \`--systemd-cgroup\`"
		[v1]="cgroup v1, no systemd")
	echo "Debian 12 in QEMU, $how: medians of ${N:-7} rounds, rt's divided by the other's. Measured on"
	echo "$(date -u +%F), kernel $(sed -n 's/^kernel\t//p' "$work/$1"), $(sed -n 's/^runtime\t[^\t]*\t//p' "$work/$1" | paste -sd';' | sed 's/;/; /g')."
	for row; do
		printf '\n%s:\n\n' "${about[$row]}"
		awk -f "$bench/report.awk" -v table=ratios \
			-v runtimes="$(sed -n 's/^runtime\t\([^\t]*\).*/\1/p' "$work/$row" | paste -sd' ')" \
			<(grep -Ev '^(kernel|emulated|runtime)(\s|$)' "$work/$row")
	done
}

# replace_section puts the text between the report's marks.
replace_section() {
	[ -e "$OUT" ] || printf '# Benchmarks\n\n## In guests\n\n<!-- guests -->\n<!-- end of guests -->\n' >"$OUT"
	grep -q '^<!-- guests -->$' "$OUT" || printf '\n## In guests\n\n<!-- guests -->\n<!-- end of guests -->\n' >>"$OUT"
	sed -i -e "/^<!-- guests -->\$/,/^<!-- end of guests -->\$/{//!d}" -e "/^<!-- guests -->\$/r $work/section" "$OUT"
}
