# shellcheck shell=bash
# Sourced by scripts/bench.sh: the runtimes, the programs and bundles of the benchmark,
# and the removal of everything.
# shellcheck disable=SC2034,SC2154 # shared with the other files

names=()
declare -A path
find_runtimes() {
	local word name
	for word in ${RUNTIMES:-rt crun runc}; do
		name=${word%%=*}
		case $word in
		*=*) path[$name]=${word#*=} ;;
		rt) path[$name]=$root/rt ;;
		*) path[$name]=$word ;;
		esac
		path[$name]=$(command -v "${path[$name]}") || { echo "bench.sh: no runtime ${path[$name]}" >&2; exit 1; }
		path[$name]=$(realpath "${path[$name]}")
		names+=("$name")
	done
}

# In a guest, where no compiler is, they are there.
build_tools() {
	local tool
	[ -z "${RT_VM:-}" ] || return 0
	mkdir -p "$tools"
	for tool in interleave floor stamp peaks; do
		gcc -static -O2 -Wall -Wextra -Werror -o "$tools/$tool.new" "$bench/$tool.c"
		mv "$tools/$tool.new" "$tools/$tool"
	done
	# shellcheck source=scripts/go.sh
	. "$root/scripts/go.sh"
	(cd "$bench/empty" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$tools/empty" .)
}

# The directory of each hierarchy below which this process may make cgroups.
find_cgroups() {
	local ctrl dir own
	mapfile -t cgroups < <(
		while IFS=: read -r _ ctrl own; do
			dir=/sys/fs/cgroup/${ctrl#name=}
			[ -n "$ctrl" ] || dir=/sys/fs/cgroup/unified
			[ -e "$dir/cgroup.procs" ] || [ -n "$ctrl" ] || dir=/sys/fs/cgroup
			[ ! -e "$dir/cgroup.procs" ] || echo "$dir${own%/}"
		done </proc/self/cgroup
	)
}

# --- removal ------------------------------------------------------------------------

cleanup() {
	local name
	for name in "${names[@]}"; do
		remove_containers "$name"
	done
	remove_cgroups "*$tag*"
	[ -z "${hugetlb:-}" ] || "$root/scripts/hugetlb.sh" umount "$hugetlb" || true
	umount "$work/state" 2>/dev/null || true
	rm -rf "$work"
}

# remove_containers NAME: all that the runtime has, four at a time: runc waits long.
remove_containers() {
	[ -d "$work/state/$1" ] || return 0
	find "$work/state/$1" -mindepth 1 -maxdepth 1 -type d -printf '%f\0' |
		xargs -0r -P 4 -n 1 timeout -k 1 20 "${path[$1]}" "${options[@]}" --root "$work/state/$1" delete --force \
			>/dev/null 2>&1 || true
}

# remove_cgroups PATTERN: and what still runs in them. The kernel needs a while until a
# cgroup whose processes were killed is empty. find fails when others remove cgroups. Where a
# hierarchy was unmounted meanwhile, crun left files of the same names in the tmpfs below.
remove_cgroups() {
	local dir n
	find /sys/fs/cgroup -type d -name "$1" -exec cat {}/cgroup.procs ';' 2>/dev/null | sort -u |
		xargs -r kill -KILL 2>/dev/null || true
	[ "$(stat -f -c %T /sys/fs/cgroup)" != tmpfs ] ||
		find /sys/fs/cgroup -xdev -depth -type d -name "$1" -exec rm -rf {} + 2>/dev/null || true
	find /sys/fs/cgroup -depth -type d -name "$1" 2>/dev/null | while read -r dir; do
		for ((n = 0; n < 20; n++)); do
			! rmdir "$dir" 2>/dev/null || break
			sleep 0.1
		done
	done || true
}

# A benchmark that was killed leaves its cgroups, what runs in them, and its files. Two
# that run would measure each other.
remove_leftovers() {
	local dir pid
	{
		for dir in "${cgroups[@]}"; do
			find "$dir" -maxdepth 1 -type d -name 'rt-bench-*' 2>/dev/null || true
		done
		find "${TMPDIR:-/tmp}" -maxdepth 1 -type d -name 'rt-bench-*' 2>/dev/null || true
	} | sed -E 's,.*/rt-bench-([0-9]+).*,\1,' | sort -u | while read -r pid; do
		[ "$pid" != $$ ] || continue
		if grep -qs bench.sh "/proc/$pid/cmdline"; then
			echo "bench.sh: process $pid measures on this host: wait for its end" >&2
			return 1
		fi
		remove_cgroups "rt-bench-$pid-*"
		rm -rf "${TMPDIR:-/tmp}/rt-bench-$pid-"*
	done
}

# --- bundles ------------------------------------------------------------------------

# bundle NAME FILTER [JQ-OPTION...]: the default config, changed.
bundle() {
	local dir=$work/bundle/$1 filter=$2
	shift 2
	mkdir -p "$dir"
	jq "$filter" "$@" "$work/default.json" >"$dir/config.json"
}

make_bundles() {
	local name
	mkdir -p "$work/bundle"
	"$root/scripts/make-rootfs.sh" busybox "$work/rootfs"
	cp "$tools/stamp" "$work/rootfs/bin/stamp"
	cp -a "$work/rootfs" "$work/userns-rootfs"
	chown -R -h 100000:100000 "$work/userns-rootfs"

	mkdir "$work/spec"
	"${path[rt]:-$root/rt}" spec --bundle "$work/spec"
	# Debian's crun takes ociVersion 1.0 only.
	jq '.ociVersion = "1.0.2" | .process.terminal = false | .process.args = ["true"] | .root.path = $rootfs' \
		--arg rootfs "$work/rootfs" "$work/spec/config.json" >"$work/default.json"
	bundle default .
	# shellcheck disable=SC2016 # $rootfs is jq's
	bundle userns '.linux.namespaces += [{type: "user"}] | .root.path = $rootfs
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings' --arg rootfs "$work/userns-rootfs"
	bundle sleep '.process.args = ["sleep", "1000"]'
	# A thousand of it are to be cheap; without a /dev of its own each would make one in
	# the root file system.
	bundle alive '.process.args = ["sleep", "100000"] | .mounts = [.mounts[] | select(.destination == "/proc" or .destination == "/dev")]
		| .linux.namespaces = [{type: "pid"}, {type: "mount"}] | del(.hostname)'
	bundle memory1m '.linux.resources.memory.limit = 1048576'
	bundle pids1 '.linux.resources.pids.limit = 1'
	bundle stamp '.process.args = ["stamp"]'
	for name in "${names[@]}"; do
		docker_bundle "docker-$name" true "$name"
	done
	docker_bundle docker-stamp stamp stamp
}

# docker_bundle BUNDLE PROGRAM ID: what Docker's engine wrote, with a cgroup path of its own.
docker_bundle() {
	local dir=$work/bundle/$1 cgroup=/$tag-docker/$3 file
	[ ${#options[@]} -eq 0 ] || cgroup=system.slice:$tag-docker:$3
	mkdir -p "$dir/volumes"
	for file in resolv.conf hostname hosts; do
		echo >"$dir/volumes/$file"
		[ -e "$work/rootfs/etc/$file" ] || : >"$work/rootfs/etc/$file"
	done
	sed -e "s|@ROOTFS@|$work/rootfs|; s|@VOLUMES@|$dir/volumes|; s|@HOOK@|/bin/true|" \
		-e "s|/docker/@ID@|$cgroup|; s|@ID@|$3|" "$root/tests/testdata/docker-config.json" |
		jq '.process.args = [$program]' --arg program "$2" >"$dir/config.json"
}
