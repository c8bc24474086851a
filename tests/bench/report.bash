# shellcheck shell=bash
# Sourced by scripts/bench.sh: docs/benchmarks.md and its charts.
# shellcheck disable=SC2154 # shared with the other files

table() { awk -f "$bench/report.awk" -v table="$1" -v runtimes="${names[*]}" "$work/results"; }

cgroup_mode() {
	case $(stat -f -c %T /sys/fs/cgroup) in
	cgroup2fs) echo "v2" ;;
	*) grep -q '^0:' /proc/self/cgroup && echo "hybrid, ${#cgroups[@]} hierarchies" || echo "v1, ${#cgroups[@]} hierarchies" ;;
	esac
}

# versions: a line "NAME VERSION, commit" for each runtime.
versions() {
	local name
	for name in "${names[@]}"; do
		echo "$name | $("${path[$name]}" --version | sed -nE '1p; s/^commit: (.{1,20}).*/commit \1/p' | paste -sd, | sed 's/,/, /')"
	done
}

machine() {
	cat <<-END
		| | |
		|---|---|
		| date | $(date -u +%F) |
		| CPU | $(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo), $(nproc) of them |
		| memory | $(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo) |
		| kernel | $(uname -srm) |
		| cgroups | $(cgroup_mode) |
		| load average before, after | $load, $(cut -d' ' -f1 /proc/loadavg) |
	END
	versions | sed 's/.*/| & |/'
}

# The section between its marks, as it is in the report now.
guests_section() {
	[ ! -e "$OUT" ] || sed -n '/^<!-- guests -->$/,/^<!-- end of guests -->$/p' "$OUT" | sed '1d;$d'
}

write_report() {
	local guests
	guests=$(guests_section)
	mkdir -p "$(dirname "$OUT")/benchmarks"
	/usr/bin/python3 "$bench/charts.py" "$work/results" "$(dirname "$OUT")/benchmarks" floor "${names[@]}"
	report >"$work/report"
	cp "$work/report" "$OUT"
}

# chart NAME TEXT: what was not measured has none.
chart() {
	[ ! -e "$(dirname "$OUT")/benchmarks/$1.svg" ] || printf '![%s](benchmarks/%s.svg)\n\n' "$2" "$1"
}

report() {
	cat <<-END
		# Benchmarks

		This page is written by \`make bench\`, and its section "In guests" by \`make bench-vm\`;
		\`scripts/bench.sh\` lists what can be set.

		    $command

		## Goals

		$(table goals)

		## Time

		$(chart commands "Medians of the commands, for the floor and each runtime")

		$(table times)

		## At once

		$(chart parallel "Time for each container of 1, 10 and 100 that run at once")

		The rows are in the table above. What is drawn is the time from the first fork to the
		last exit, divided by the number of containers.

		## Next to containers that are alive

		$(chart alive "create and delete next to 0, 100 and 1000 containers")

		$(table alive)

		The containers that are alive are the runtime's own, and run \`sleep\` with a pid and a
		mount namespace and two mounts. The floor's are rt's.

		## CPU time and memory

		User and system time (median), and the largest resident set of the command or a
		process that it waited for.

		$(table costs)

		The largest resident set of each program that a command's processes run, in KiB. What
		is not the runtime or a stage of it is the container's program or a hook.

		$(table peaks)

		## Limits and sizes

		$(table limits)

		"Charged" is the most that the container's memory cgroup was charged until its init
		waits for \`start\`: what the runtime needs there before the program runs.

		## Where the time goes

		\`rt --trace\` of \`run\`: the run of the median duration out of $traced_rounds. rt and init are
		two processes that overlap. The rows of rt add up to the time from its exec to its end,
		those of init from the start of the stage to main of the container's program.

		$phases

		## In guests

		<!-- guests -->
		${guests:-Not measured: \`make bench-vm\`.}
		<!-- end of guests -->

		## Machine

		$(machine)

		## Method

		* Every command is called once in turn, $N times, in an order that is drawn anew for
		  each round, after $WARMUP rounds that do not count (\`tests/bench/interleave.c\`): all of
		  them meet the same disturbances. The rows of many at once and the cold ones have
		  $few rounds, those next to living containers $alive_rounds. Time is that of the monotonic
		  clock from fork to wait; stdio is \`/dev/null\`.
		* The page cache is warm, but for the rows that say cold: before each call the pages of
		  the runtime's program, of the libraries it is linked with and of the container's
		  busybox are dropped (\`POSIX_FADV_DONTNEED\`). What other processes have mapped stays, as
		  the C library does; so do directories and inodes.
		* The container is busybox's \`true\` with the config of \`rt spec\`, without terminal and
		  with \`ociVersion\` 1.0.2, the same file for all. The user namespace has 65536 ids.
		  Docker's config is \`tests/testdata/docker-config.json\`, with \`true\` as the process and
		  as the hook.
		* The floor (\`tests/bench/floor.c\`) is a static C program with the bare system calls of
		  the default config, from the cgroups to their removal. It reads no configuration,
		  keeps no state and checks nothing. Its \`--version\` is an empty \`main\`.
		  An empty program in Go, which is in its column too, is what a runtime in Go costs
		  before it does anything.
		* State is kept in a tmpfs, as \`/run\` is one on a usual host.
		* \`delete\` follows once the container's process is gone; waiting for that is not counted.
		* A limit works if three runs of three do. The smallest one is bisected in steps of 16 KiB.
		* Cross-check of \`run\` by hyperfine, one command after the other, medians:
		  ${hyperfine:-not measured}.

		The commands, each with \`--root DIR\` before the verb:

		    RUNTIME --version
		    RUNTIME run --bundle BUNDLE ID
		    RUNTIME create --bundle BUNDLE ID; RUNTIME state ID; RUNTIME start ID; RUNTIME delete ID
		    RUNTIME exec ID true
	END
}
