# shellcheck shell=bash
# The "host" that an engine sees: its own mounts, /run, network, processes and cgroup
# root, so that a single difference after the suite is a leak, whatever else the
# machine does meanwhile.

# --- outside: the cgroups that become the engine's root ------------------------------

cgroup_mounts() {
	awk '{for (i = 7; $i != "-"; i++); t = $(i + 1)} t == "cgroup" || t == "cgroup2" {print $5}' /proc/self/mountinfo
}

# cgroup_complete DIR: on a host with v1, hugetlb is a hierarchy too. Debian's crun does
# not start without it; containerd loses a container whose /proc/PID/cgroup gets a
# hierarchy that it has no mount of, as somebody's mounting it elsewhere would do. Only
# the initial cgroup namespace may make one.
cgroup_complete() {
	grep -Eq $'^memory\t[1-9]' /proc/cgroups && grep -Eq $'^hugetlb\t.*1$' /proc/cgroups || return 0
	! cgroup_mounts | grep -q '/hugetlb$' || return 0
	mkdir "$1"
	mount -t cgroup -o hugetlb cgroup "$1"
}

# cgroup_enter NAME: this process goes into a cgroup NAME of every hierarchy.
cgroup_enter() {
	local dir f
	for dir in $(cgroup_mounts); do
		mkdir -p "$dir/$1"
		for f in cpuset.cpus cpuset.mems; do # without them a v1 cpuset takes nobody
			[ ! -e "$dir/$f" ] || [ -n "$(<"$dir/$1/$f")" ] || cat "$dir/$f" >"$dir/$1/$f"
		done
		echo "$BASHPID" >"$dir/$1/cgroup.procs"
	done
}

# cgroup_left NAME: containers' cgroups below NAME. An engine's parent directory stays.
cgroup_left() {
	local dir
	for dir in $(cgroup_mounts); do
		[ ! -d "$dir/$1" ] || find "$dir/$1" -mindepth 2 -type d
	done
}

cgroup_remove() {
	local dir
	for dir in $(cgroup_mounts); do
		[ ! -d "$dir/$1" ] || find "$dir/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
	done
}

# --- inside ----------------------------------------------------------------------------

# A new sysfs shows this network; cgroup mounts made now have this cgroup as their root;
# /run is empty; /dev/null is nobody else's; and all mounts are shared, as systemd makes
# them.
host_setup() {
	local hold=$E_DIR/cgroup line target type options super m
	local mounts=()
	mapfile -t mounts < <(awk '{for (i = 7; $i != "-"; i++); if ($(i+1) ~ /^cgroup2?$/) print $5, $(i+1), $(i+3)}' /proc/self/mountinfo)
	mkdir -p "$hold"
	umount -R /sys 2>/dev/null || umount -l /sys
	mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
	case ${mounts[0]%% *} in
	/sys/fs/cgroup/*) mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup ;;
	esac
	for line in "${mounts[@]}"; do
		read -r target type super <<<"$line"
		case $target in
		/sys/fs/cgroup | /sys/fs/cgroup/*) ;;
		*)
			umount "$target"
			target=/sys/fs/cgroup/${target##*/}
			;;
		esac
		mkdir -p "$target"
		options=
		if [ "$type" = cgroup ]; then
			for m in ${super//,/ }; do
				case $m in
				rw | ro | xattr | release_agent=* | clone_children) ;;
				*) options+=,$m ;;
				esac
			done
		fi
		mount -t "$type" -o "nosuid,nodev,noexec$options" cgroup "$target"
	done
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/lock
	mknod -m 666 "$E_DIR/null" c 1 3
	mount --bind "$E_DIR/null" /dev/null
	mount --make-rshared /
	ip link set lo up
	hostname engines
}

host_mounts() { awk '{print $5}' /proc/self/mountinfo | sort; }

# host_processes: "PID COMMAND" of each process but the runner (in bash alone: a pipe's
# own members would be listed).
host_processes() {
	local d words
	for d in /proc/[0-9]*; do
		mapfile -d '' words 2>/dev/null <"$d/cmdline" || continue
		[ ${#words[@]} -gt 0 ] || continue # a kernel thread, or a zombie
		[[ "${words[*]}" != *"$E_HOME/inside" ]] || continue
		echo "${d#/proc/} ${words[*]}"
	done
}

host_cgroups() {
	local dir
	for dir in $(cgroup_mounts); do find "$dir" -mindepth 2 -type d; done | sort
}

# What containers have as their streams. crun gives it to the container's user.
host_null() {
	stat -c '/dev/null of %u:%g, mode %a' /dev/null
}

host_before() {
	HOST_NULL=$(host_null)
	HOST_MOUNTS=$(host_mounts)
	HOST_CGROUPS=$(host_cgroups)
	HOST_PROCESSES=$(host_processes)
}

# host_left: a line for each thing that the engine and its containers left, once both
# are stopped. engine_state, if the engine has it, prints what is left of its own.
host_left() {
	local processes
	processes=$(host_processes)
	comm -13 <(sort <<<"$HOST_PROCESSES") <(sort <<<"$processes") | sed 's/^/process: /'
	comm -13 <(echo "$HOST_MOUNTS") <(host_mounts) | sed 's/^/mount: /'
	comm -13 <(echo "$HOST_CGROUPS") <(host_cgroups) | sed 's/^/cgroup: /'
	[ "${E_BIN##*/}" = crun ] || comm -13 <(echo "$HOST_NULL") <(host_null)
	ip -o link show type veth | sed 's/^/network device: /'
	find /run/netns -mindepth 1 2>/dev/null | sed 's/^/netns: /' || true
	# Where runtimes keep state when no engine says where.
	find "${XDG_RUNTIME_DIR:-/run}"/{rt,runc,crun} -mindepth 1 -maxdepth 1 ! -name '.cache~' 2>/dev/null | sed 's/^/state: /' || true
	if declare -F engine_state >/dev/null; then engine_state | sed 's/^/state: /'; fi
}

host_is_clean() { [ -z "$(host_left)" ]; }

# In a guest with systemd, systemd makes the cgroups.
systemd_host() { [ -n "${RT_ENGINES_HOST:-}" ] && [ -d /run/systemd/system ]; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * ${RT_TEST_PATIENCE:-1} * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# process_gone PID: it has ended, whether or not somebody has reaped it.
process_gone() { ! grep -qs ') [^Z] ' "/proc/$1/stat"; }
