# Makes the tables of docs/benchmarks.md.
#
#   awk -f report.awk -v table=TABLE -v runtimes="rt crun runc" FILE
#
# TABLE is goals, times, ratios, costs, peaks, alive or limits.
# FILE has what interleave prints, and lines "limit" LABEL GROUP TEXT, "peak" LABEL GROUP
# PROGRAM KIB, and "left" LABEL GROUP REASON for what was not measured.

BEGIN {
	FS = "\t"
	split("floor " runtimes, column, " ")
	split("create delete run", verbs, " ")
	title["version"] = "`--version`"
	title["empty"] = "an empty Go program"
	title["run"] = "`run`, default config"
	title["create"] = "`create`"
	title["state"] = "`state` of a created container"
	title["start"] = "`start`"
	title["delete"] = "`delete` of a stopped container"
	title["lifecycle"] = "`create` + `start` + `delete`"
	title["userns"] = "`run` in a user namespace"
	title["docker"] = "`run`, Docker's config with seccomp"
	title["exec"] = "`exec` of `true`"
	title["parallel10"] = "10 × `run` at once, in all"
	title["parallel100"] = "100 × `run` at once, in all"
	title["empty10"] = "10 × an empty Go program"
	title["empty100"] = "100 × an empty Go program"
	title["cold-version"] = "`--version`, cold"
	title["cold-run"] = "`run`, default config, cold"
	title["memory1m"] = "`memory.limit` 1 MiB: `run` works"
	title["pids1"] = "`pids.limit` 1: `run` works"
	title["memory"] = "smallest `memory.limit` for `run`"
	title["charged"] = "charged to the memory cgroup by `create`"
	title["binary"] = "binary"
	title["libraries"] = "binary and its shared libraries"
}

$1 == "limit" { row($2); text[$2, $3] = $4; kind[$2] = "limits"; next }
$1 == "left" { row($2); text[$2, $3] = $4; kind[$2] = "alive"; next }
$1 == "peak" {
	if (!(($2, $3) in peak)) { row($2); order[$2, $3] = ""; peak[$2, $3] }
	if (!(($2, $3, $4) in program)) order[$2, $3] = order[$2, $3] (order[$2, $3] == "" ? "" : FS) $4
	if ($5 > program[$2, $3, $4]) program[$2, $3, $4] = $5
	next
}
{
	row($1)
	kind[$1] = $1 ~ /^alive-/ ? "alive" : "times"
	if (kind[$1] == "alive") { n = $1; sub(/.*-/, "", n); counts[n] }
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
			line = line " " cell(l, g) " |"
		}
		for (c = 1; c in column; c++)
			if (column[c] != "rt") line = line " " ratio(l, column[c]) " |"
		print line
	}
}

function ratios(   r, c, l, line, rule) {
	line = "| |"; rule = "|---|"
	for (c = 1; c in column; c++)
		if (column[c] !~ /^(floor|rt)$/) { line = line " rt ÷ " column[c] " |"; rule = rule "---|" }
	print line "\n" rule
	for (r = 1; r <= nrows; r++) {
		l = rows[r]
		if (kind[l] != "times") continue
		line = "| " title[l] " |"
		for (c = 1; c in column; c++)
			if (column[c] !~ /^(floor|rt)$/) line = line " " ((l, column[c]) in median ? ratio(l, column[c]) : text[l, column[c]]) " |"
		print line
	}
}

function cell(l, g) {
	if (!((l, g) in median)) return text[l, g]
	return sprintf("%s (%s – %s)", ms(median[l, g]), ms(low[l, g]), ms(high[l, g]))
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

# Each program with the largest of its processes.
function peaks(   r, c, l, g, i, n, line, name) {
	print header("KiB", 2)
	for (r = 1; r <= nrows; r++) {
		l = rows[r]
		line = "| " title[l] " |"
		for (c = 2; c in column; c++) {
			g = column[c]
			n = split(order[l, g], name, FS)
			for (i = 1; i <= n; i++)
				line = line (i > 1 ? ", " : " ") "`" name[i] "` " program[l, g, name[i]]
			line = line " |"
		}
		if (line ~ /[0-9]/ && ((l, "rt") in peak || (l, column[2]) in peak)) print line
	}
}

# alive_ratio VERB GROUP: next to the most containers, over next to none.
function alive_ratio(verb, g,   most, n) {
	most = 0
	for (n in counts) if (n + 0 > most && ("alive-" verb "-" n, g) in median) most = n + 0
	if (!most || !(("alive-" verb "-0", g) in median)) return ""
	return sprintf("%.2f", median["alive-" verb "-" most, g] / median["alive-" verb "-0", g]) (most == 1000 ? "" : " (" most ")")
}

function alive(   r, c, l, part, line, verb) {
	print header("milliseconds: median (minimum – 90th percentile)", 1)
	for (verb = 1; verb <= 3; verb++) {
		for (r = 1; r <= nrows; r++) {
			l = rows[r]
			split(l, part, "-")
			if (kind[l] != "alive" || part[2] != verbs[verb]) continue
			line = "| `" part[2] "` next to " (part[3] + 0 ? part[3] : "none") " |"
			for (c = 1; c in column; c++) line = line " " cell(l, column[c]) " |"
			print line
		}
		line = "| `" verbs[verb] "`: next to 1000 ÷ next to none |"
		for (c = 1; c in column; c++) line = line " " alive_ratio(verbs[verb], column[c]) " |"
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

# A limit of crun's that is none compares as infinite.
function memory_goal(   ours, theirs) {
	ours = text["memory", "rt"]
	theirs = text["memory", "crun"]
	if (ours == "" || theirs == "") ours = ""
	goal(title["memory"], "≤ crun's, " (theirs == "" ? "not measured" : theirs), ours,
		ours ~ /^[0-9]/ && (theirs !~ /^[0-9]/ || ours + 0 <= theirs + 0))
}

function peak_goal(   key, part, most) {
	for (key in rss) {
		split(key, part, SUBSEP)
		if (part[2] == "rt" && rss[key] + 0 > most) most = rss[key] + 0
	}
	for (key in program) {
		split(key, part, SUBSEP)
		if (part[2] == "rt" && program[key] + 0 > most) most = program[key] + 0
	}
	goal("peak resident memory of any rt process", "≤ 6 MiB", most ? sprintf("%.1f MiB", most / 1024) : "", most <= 6144)
}

function goals(   m) {
	print "| what | goal | measured | met |\n|---|---|---|---|"
	ratio_goal("run", "crun", 0.65)
	ratio_goal("run", "runc", 0.25)
	ratio_goal("run", "floor", 1.60)
	ratio_goal("docker", "crun", 0.65)
	ratio_goal("docker", "runc", 0.35)
	ratio_goal("lifecycle", "crun", 0.65)
	ratio_goal("exec", "crun", 0.65)
	ratio_goal("version", "crun", 0.70)
	ratio_goal("parallel100", "crun", 0.75)
	m = alive_ratio("create", "rt")
	goal("`create` with 1,000 alive ÷ with none", "≤ 1.20", m, m ~ /^[0-9.]+$/ && m + 0 <= 1.2)
	memory_goal()
	peak_goal()
	yes_goal("memory1m")
	yes_goal("pids1")
}

END {
	if (table == "goals") goals()
	else if (table == "times") times()
	else if (table == "ratios") ratios()
	else if (table == "costs") costs()
	else if (table == "peaks") peaks()
	else if (table == "alive") alive()
	else limits()
}
