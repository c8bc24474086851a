# Makes the tables of docs/benchmarks.md.
#
#   awk -f report.awk -v table=goals|times|costs|limits -v runtimes="rt crun runc" FILE
#
# FILE has what interleave prints, and lines "limit" LABEL GROUP.

BEGIN {
	FS = "\t"
	split("floor " runtimes, column, " ")
	title["version"] = "`--version`"
	title["run"] = "`run`, default config"
	title["create"] = "`create`"
	title["state"] = "`state` of a created container"
	title["start"] = "`start`"
	title["delete"] = "`delete` of a stopped container"
	title["lifecycle"] = "`create` + `start` + `delete`"
	title["userns"] = "`run` in a user namespace"
	title["docker"] = "`run`, Docker's config with seccomp"
	title["exec"] = "`exec` of `true`"
	title["parallel"] = "20 × `run` at once, in all"
	title["memory1m"] = "`memory.limit` 1 MiB: `run` works"
	title["pids1"] = "`pids.limit` 1: `run` works"
	title["memory"] = "smallest `memory.limit` for `run`"
	title["binary"] = "binary"
	title["libraries"] = "binary and its shared libraries"
}

$1 == "limit" { row($2); text[$2, $3] = $4; kind[$2] = "limits"; next }
{
	row($1)
	kind[$1] = "times"
	if ($3 == "fail") { text[$1, $2] = "fails"; next }
	low[$1, $2] = $4; median[$1, $2] = $5; high[$1, $2] = $6; cpu[$1, $2] = $7; rss[$1, $2] = $8
}

function row(label) { if (!(label in known)) { known[label]; rows[++nrows] = label } }
function ms(us) { return sprintf(us < 99950 ? "%.2f" : "%.0f", us / 1000) }

function header(first, from,   c, line, rule) {
	line = "| " first " |"; rule = "|---|"
	for (c = from; c in column; c++) { line = line " " column[c] " |"; rule = rule "---|" }
	return line "\n" rule
}

function times(   r, c, l, g, line, rule) {
	line = header("milliseconds: median (minimum – 90th percentile)", 1)
	split(line, part, "\n")
	line = part[1]; rule = part[2]
	for (c = 1; c in column; c++)
		if (column[c] != "rt") { line = line " rt ÷ " column[c] " |"; rule = rule "---|" }
	print line "\n" rule
	for (r = 1; r <= nrows; r++) {
		l = rows[r]
		if (kind[l] != "times") continue
		line = "| " title[l] " |"
		for (c = 1; c in column; c++) {
			g = column[c]
			if ((l, g) in median) line = line sprintf(" %s (%s – %s) |", ms(median[l, g]), ms(low[l, g]), ms(high[l, g]))
			else line = line " " text[l, g] " |"
		}
		for (c = 1; c in column; c++)
			if (column[c] != "rt") line = line " " ratio(l, column[c]) " |"
		print line
	}
}

function ratio(l, g) {
	if (!((l, "rt") in median) || !((l, g) in median)) return ""
	return sprintf("%.2f", median[l, "rt"] / median[l, g])
}

function costs(   r, c, l, line) {
	print header("CPU time in milliseconds, peak memory in MiB", 1)
	for (r = 1; r <= nrows; r++) {
		l = rows[r]
		if (kind[l] != "times") continue
		line = "| " title[l] " |"
		for (c = 1; c in column; c++)
			line = line ((l, column[c]) in median ? sprintf(" %s · %.1f |", ms(cpu[l, column[c]]), rss[l, column[c]] / 1024) : "  |")
		print line
	}
}

function limits(   r, c, l, line) {
	print header("", 2)
	for (r = 1; r <= nrows; r++) {
		l = rows[r]
		if (kind[l] != "limits") continue
		line = "| " title[l] " |"
		for (c = 2; c in column; c++) line = line " " text[l, column[c]] " |"
		print line
	}
}

function goal(what, bound, measured, met) {
	printf "| %s | %s | %s | %s |\n", what, bound, measured == "" ? "not measured" : measured, measured == "" ? "" : met ? "yes" : "**no**"
}

function ratio_goal(l, g, bound,   m) {
	m = ratio(l, g)
	goal(title[l] ", rt ÷ " g, sprintf("≤ %.2f", bound), m, m + 0 <= bound)
}

function yes_goal(l) { goal(title[l], "yes", text[l, "rt"], text[l, "rt"] == "yes") }

function goals(   key, part, peak, m) {
	print "| what | goal | measured | met |\n|---|---|---|---|"
	ratio_goal("run", "crun", 0.80)
	ratio_goal("run", "runc", 0.40)
	ratio_goal("docker", "crun", 0.75)
	ratio_goal("docker", "runc", 0.35)
	ratio_goal("exec", "crun", 0.75)
	ratio_goal("version", "crun", 0.70)
	for (key in rss) {
		split(key, part, SUBSEP)
		if (part[2] == "rt" && rss[key] > peak) peak = rss[key]
	}
	goal("peak resident memory of any rt process", "≤ 8 MiB", peak ? sprintf("%.1f MiB", peak / 1024) : "", peak <= 8192)
	yes_goal("memory1m")
	yes_goal("pids1")
}

END {
	if (table == "goals") goals()
	else if (table == "times") times()
	else if (table == "costs") costs()
	else limits()
}
