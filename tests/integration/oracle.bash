# The host oracle: what a test must leave as it was. Read by helpers.bash.

# Where a container's cgroup can be: below each hierarchy's root or our own cgroup.
cgroup_bases() {
	local dir ctrl path
	while IFS=: read -r _ ctrl path; do
		ctrl=${ctrl#name=}
		for dir in "/sys/fs/cgroup/${ctrl:-unified}" "/sys/fs/cgroup"; do
			[ -e "$dir/cgroup.procs" ] || continue
			echo "$dir"
			[ "$path" = / ] || echo "$dir$path"
			break
		done
	done </proc/self/cgroup
}

# limit_is V1-CONTROLLER V1-FILE V2-FILE VALUE [V2-VALUE]: of the container whose
# cgroupsPath is /$ID, on whichever side the host has the controller.
limit_is() {
	local file want=$4
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		file=/sys/fs/cgroup/$ID/$3
		want=${5:-$4}
	elif [ ! -e "/sys/fs/cgroup/$1/cgroup.procs" ]; then # a hybrid host has the controller in v2
		file=/sys/fs/cgroup/unified/$ID/$3
		want=${5:-$4}
	else
		file=/sys/fs/cgroup/$1/$ID/$2
		# A controller that no v1 hierarchy has is cgroup v2's (hybrid).
		[ -d "/sys/fs/cgroup/$1" ] || { file=/sys/fs/cgroup/unified/$ID/$3; want=${5:-$4}; }
	fi
	assert_equal "$(<"$file")" "$want" "$file"
}

# has_controller NAME: the host has it, on either side.
has_controller() {
	[ -e "/sys/fs/cgroup/$1/cgroup.procs" ] || grep -qw "$1" /sys/fs/cgroup/{,unified/}cgroup.controllers 2>/dev/null
}

# weight RT RUNC: the cpu.weight that either makes of shares. Since version 1.3 runc
# converts as rt does; before, a container with the default shares got 39.
weight() {
	if is_rt; then echo "$1"; else echo "$2"; fi
}

# What no test may change, compared once for a whole file.
host_fixed() {
	stat -c '%n %F %t:%T %a %u:%g' /dev/null
	sha256sum "$RUNTIME"
}

# host_mounts sets MOUNTS. runc 1.1 takes the host's cgroup2 its mount options away.
host_mounts() {
	MOUNTS=$(</proc/self/mountinfo)
	is_rt || MOUNTS=$(sed '/ - cgroup2 /s/ - .*//' <<<"$MOUNTS")
}

oracle_before() {
	host_mounts
	HOST_MOUNTS=$MOUNTS
	host_values
	HOST_VALUES=$VALUES
	local all=(/proc/[0-9]*)
	HOST_PROCESSES=" ${all[*]#/proc/} "
}

# Sets VALUES to what a container could have changed on the host.
host_values() {
	local name pattern host links=
	read -r host </proc/sys/kernel/hostname
	read -r pattern </proc/sys/kernel/core_pattern
	while read -r name _; do
		links+="$name "
	done </proc/net/dev
	VALUES="hostname $host, core_pattern $pattern, links $links"
}

# Processes that are new, alive, and not the harness's own.
new_processes() {
	local pid stat all=(/proc/[0-9]*)
	for pid in "${all[@]#/proc/}"; do
		[[ $HOST_PROCESSES != *" $pid "* ]] || continue
		[ "$pid" -ne "$BASHPID" ] && [ "$pid" -ne "$$" ] || continue
		stat=$(<"/proc/$pid/stat") || continue
		case ${stat##*) } in
		Z* | X*) continue ;;
		esac
		[[ ${stat##*) } != ?\ "$BASHPID "* && ${stat##*) } != ?\ "$$ "* ]] || continue
		echo "$pid ($(tr '\0' ' ' <"/proc/$pid/cmdline"))"
	done 2>/dev/null
}

no_new_processes() {
	NEW_PROCESSES=$(new_processes)
	[ -z "$NEW_PROCESSES" ]
}

oracle_after() {
	local rc=0 left base entry pid
	host_mounts
	left=$MOUNTS
	if [ "$left" != "$HOST_MOUNTS" ]; then
		echo "HOST CHANGED: mounts"
		diff <(echo "$HOST_MOUNTS") <(echo "$left") || true
		rc=1
	fi
	left=
	for base in $CGROUP_BASES; do
		for entry in "$base/$ID" "$base/$ID"[!0-9]*; do
			[ ! -d "$entry" ] || left+="$entry "
		done
	done
	[ -z "$left" ] || { echo "HOST CHANGED: cgroups left: $left"; rc=1; }
	left=
	for entry in "$STATE"/*; do
		[ ! -e "$entry" ] || left+="$entry "
	done
	[ -z "$left" ] || { echo "HOST CHANGED: state left: $left"; rc=1; rm -rf "${STATE:?}"/*; }
	if [ -z "${RT_TEST_ISOLATED:-}" ]; then
		wait_for 2 no_new_processes || {
			echo "HOST CHANGED: processes left: $NEW_PROCESSES"
			rc=1
			# In the pid namespace of the tests whatever is new is the test's.
			while read -r pid _; do kill -KILL "$pid" || true; done <<<"$NEW_PROCESSES"
		}
	fi
	host_values
	[ "$VALUES" = "$HOST_VALUES" ] || { echo "HOST CHANGED: $VALUES, was $HOST_VALUES"; rc=1; }
	return $rc
}

# What one test leaves behind must not fail the next one.
clear_cgroups() {
	local base
	for base in $CGROUP_BASES; do
		find "$base" -depth -type d -path "$base/$ID*" -exec rmdir {} + 2>/dev/null || true
	done
}
