#!/usr/bin/env bats
# Containers of a user without privileges. RT_TEST_USER names one with ranges in
# /etc/subuid and /etc/subgid; without it the suite makes its own, and one without
# ranges.
load helpers

setup_file() {
	setup_host
	# The runtime may be where only root can reach it.
	mkdir -m 0755 "$BATS_FILE_TMPDIR/bin"
	cp "$RUNTIME" "$BATS_FILE_TMPDIR/bin/"
	RUNTIME=$BATS_FILE_TMPDIR/bin/$(basename "$RUNTIME")
	HOST_FIXED=$(host_fixed)
	export RUNTIME HOST_FIXED
	if [ -n "${RT_TEST_USER:-}" ]; then
		OWNER=$RT_TEST_USER LONER=''
	else
		make_users
	fi
	OWNER_UID=$(id -u "$OWNER") OWNER_GID=$(id -g "$OWNER")
	SUB_UID=$(awk -F: -v u="$OWNER" '$1 == u {print $2; exit}' /etc/subuid)
	SUB_GID=$(awk -F: -v u="$OWNER" '$1 == u {print $2; exit}' /etc/subgid)
	export OWNER LONER OWNER_UID OWNER_GID SUB_UID SUB_GID
	chown "$OWNER" "$BATS_FILE_TMPDIR/state"
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/accounts" ] || unmake_users
	teardown_host
}

# make_users: in a mount namespace of the tests' own nobody else sees them.
make_users() {
	local file accounts=$BATS_FILE_TMPDIR/accounts
	OWNER=rtowner LONER=rtloner
	[ -z "${RT_TEST_ISOLATED:-}" ] || { echo "RT_TEST_USER is not set"; return 1; }
	mkdir "$accounts"
	for file in passwd group subuid subgid; do
		[ -e "/etc/$file" ] || : >"/etc/$file"
		cp -a "/etc/$file" "$accounts/$file"
		mount --bind "$accounts/$file" "/etc/$file"
	done
	printf '%s:x:%d:%d::/nonexistent:/bin/sh\n' $OWNER 64811 64811 $LONER 64812 64812 >>/etc/passwd
	printf '%s:x:%d:\n' $OWNER 64811 $LONER 64812 >>/etc/group
	echo "$OWNER:700000:65536" >>/etc/subuid
	echo "$OWNER:800000:65536" >>/etc/subgid
}

unmake_users() {
	local file
	for file in passwd group subuid subgid; do
		umount "/etc/$file"
	done
}

setup() {
	setup_test
	as "$OWNER"
	# What rt spec --rootless makes of the usual configuration.
	config '.linux.namespaces |= map(select(.type != "network")) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]
		| .mounts |= map(select(.destination | startswith("/sys/") | not)
			| if .type == "sysfs" then .type = "none" | .source = "/sys" | .options += ["rbind"] else . end
			| if .options then .options -= ["gid=5"] else . end)' \
		--argjson u "$OWNER_UID" --argjson g "$OWNER_GID"
}

teardown() {
	local rc=0 base
	RT_WRAP=()
	teardown_test || rc=1
	for base in ${DELEGATED:-}; do
		rmdir "$base/caller" "$base" || rc=1
	done
	return $rc
}

# as USER [COMMAND...]: further calls are the user's, through the command.
as() {
	local user=$1
	shift
	RT_WRAP=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups
		env -i PATH="$PATH" HOME="$BUNDLE" "$@")
	chown -R -h "$user:" "$BUNDLE" "$STATE"
	chown "$user:" "$BATS_TEST_TMPDIR"
}

# no_userns: the configuration as it is for root; what is made for a user without a
# namespace of its own is the runtime's choice.
no_userns() {
	config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
}

# ranges: the caller's id is root, the subordinate ones are the others.
ranges() {
	config '.linux.uidMappings += [{containerID: 1, hostID: $u, size: 1000}]
		| .linux.gidMappings += [{containerID: 1, hostID: $g, size: 1000}]' \
		--argjson u "$SUB_UID" --argjson g "$SUB_GID"
}

# without PROGRAM: further calls do not find it.
without() {
	local name dir=$BATS_TEST_TMPDIR/path
	mkdir -p "$dir"
	for name in sh env cat ps id newuidmap newgidmap; do
		[ "$name" = "$1" ] || ln -sf "$(command -v "$name")" "$dir/$name"
	done
	as "$OWNER" PATH="$dir"
}

# delegate: a cgroup in every hierarchy that is the user's, with the caller in one
# below it and /delegated-$ID/c as the container's.
delegate() {
	local base enter=''
	DELEGATED=''
	for base in $(cgroup_bases | grep -v '/sys/fs/cgroup/.*/.*/'); do
		[ ! -e "$base/../cgroup.procs" ] || continue # our own cgroup below another
		DELEGATED+="$base/delegated-$ID "
		[ ! -e "$base/cgroup.controllers" ] || ! grep -q memory "$base/cgroup.controllers" ||
			echo +memory >"$base/cgroup.subtree_control"
		mkdir -p "$base/delegated-$ID/caller"
		# Only v1 takes values for it, and has them at the top.
		local dir file
		for dir in "$base/delegated-$ID" "$base/delegated-$ID/caller"; do
			for file in cpuset.cpus cpuset.mems; do
				[ -e "$dir/$file" ] && [ -e "$dir/../$file" ] && [ -z "$(<"$dir/$file")" ] || continue
				cat "$dir/../$file" >"$dir/$file"
			done
		done
		chown -R "$OWNER" "$base/delegated-$ID"
		enter+="echo \$\$ >$base/delegated-$ID/caller/cgroup.procs; "
	done
	RT_WRAP=(sh -c "$enter"' exec "$@"' sh "${RT_WRAP[@]}")
	config '.linux.cgroupsPath = $p' --arg p "/delegated-$ID/c"
}

# needs_session: the user has a systemd of its own.
needs_session() {
	[ -n "$RT_TEST_ISOLATED" ] || lacks session "systemd knows no pid of another pid namespace: RT_TEST_HOST=1"
	[ -S "/run/user/$OWNER_UID/bus" ] || lacks session "user $OWNER has no session with a systemd of its own"
}

# login COMMAND: as the user, in a session of its own, in the bundle. rt is the runtime
# and ID the container's.
login() {
	local text
	printf -v text 'cd %q; ID=%q; rt() { %q "$@"; }; %s' "$BUNDLE" "$ID" "$RUNTIME" "$1"
	status=0
	timeout 60 su -l "$OWNER" -s /bin/bash -c "$text" </dev/null >"$BATS_TEST_TMPDIR/login" 2>"$BATS_TEST_TMPDIR/login.err" || status=$?
	CALL="at a login: $1" stdout=$(<"$BATS_TEST_TMPDIR/login") stderr=$(<"$BATS_TEST_TMPDIR/login.err")
	output=$stdout$stderr elapsed=0
}

# --- the user namespace -------------------------------------------------------------

@test "what spec --rootless writes runs" {
	rm "$CONFIG"
	rt_ok spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false | .process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map /proc/self/setgroups"]'
	run_ok
	[[ $stdout =~ ^0$'\n'\ +0\ +$OWNER_UID\ +1$'\n'deny$ ]] || fail "in the container"
}

@test "a user is root in the container and itself outside" {
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	status_of
	assert_equal "$(stat -c %u:%g "/proc/$container_pid")" "$OWNER_UID:$OWNER_GID"
	rt_ok exec "$ID" id -u
	assert_out 0
}

@test "ids of a range are mapped by newuidmap and newgidmap" {
	ranges
	run_script_ok 'cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id -u; id -g' '.process.user = {uid: 7, gid: 8}'
	assert_has "$SUB_UID       1000" "$SUB_GID       1000" $'allow\n7\n8'
}

@test "a user whose groups are mapped by newgidmap can have more of them" {
	rt_only "runc refuses groups for every user"
	ranges
	run_script_ok 'id -G' '.process.user.additionalGids = [9, 10]'
	assert_out "0 9 10"
}

@test "ids of somebody else's range are refused" {
	config '.linux.uidMappings += [{containerID: 1, hostID: 5, size: 100}]
		| .linux.gidMappings += [{containerID: 1, hostID: 5, size: 100}]'
	run_container
	assert_fails newuidmap
	assert_rt_says linux.uidMappings "not allowed"
}

@test "a map that needs newuidmap is refused without it" {
	ranges
	without newuidmap
	run_container
	assert_fails
	assert_rt_says linux.uidMappings newuidmap
}

@test "a user without a user namespace in the configuration gets one" {
	rt_only "runc asks for a user namespace"
	no_userns
	run_script_ok 'id -u; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups'
	[[ $stdout =~ ^0$'\n'\ +0\ +$OWNER_UID\ +1$'\n'\ +1\ +$SUB_UID\ +[0-9]+$'\n'\ +0\ +$OWNER_GID\ +1$'\n'\ +1\ +$SUB_GID\ +[0-9]+$'\n'allow$ ]] ||
		fail "in the container"
}

@test "in a user namespace made for it the process has the caller's ids" {
	rt_only "runc asks for a user namespace"
	no_userns
	run_script_ok 'id -u; id -g; echo text >/tmp/file; stat -c %u /proc/1/root/bin' '.process.user = {uid: 5, gid: 6} | .root.readonly = false'
	assert_out $'5\n6\n5'
	assert_equal "$(stat -c %u:%g "$ROOTFS/tmp/file")" "$OWNER_UID:$OWNER_GID"
}

@test "a user without newuidmap gets one id" {
	rt_only "runc asks for a user namespace"
	no_userns
	without newuidmap
	run_script_ok 'id -u; cat /proc/self/uid_map /proc/self/setgroups' '.process.user = {uid: 5, gid: 6}'
	[[ $stdout =~ ^5$'\n'\ +5\ +$OWNER_UID\ +1$'\n'deny$ ]] || fail "in the container"
}

@test "a user without a range gets one id, and terminals without a group" {
	rt_only "runc asks for a user namespace"
	[ -n "$LONER" ] || skip "RT_TEST_USER has ranges"
	no_userns
	config '.mounts |= map(if .type == "devpts" then .options += ["gid=5"] else . end)'
	as "$LONER"
	RT_GLOBAL=(--log "$BATS_TEST_TMPDIR/log")
	run_script_ok 'id -u; cat /proc/self/uid_map; grep devpts /proc/mounts'
	[[ $stdout =~ ^0$'\n'\ +0\ +$(id -u "$LONER")\ +1$'\n' ]] || fail "in the container"
	assert_lacks gid=
	grep -q 'gid=5 of /dev/pts' "$BATS_TEST_TMPDIR/log" || fail "no warning in $(<"$BATS_TEST_TMPDIR/log")"
}

@test "exec joins a user namespace that was made for the container" {
	rt_only "runc asks for a user namespace"
	no_userns
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" sh -c 'id -u; readlink /proc/self/ns/user; readlink /proc/1/ns/user'
	[[ $stdout =~ ^0$'\n'(.*)$'\n'(.*)$ ]] && [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ] || fail "in the container"
	rt_ok exec --user 7:8 "$ID" sh -c 'id -u; id -g'
	assert_out $'7\n8'
	# Root can exec in it too.
	RT_WRAP=()
	rt_ok exec "$ID" id -u
	assert_out 0
}

# --- the verbs -----------------------------------------------------------------------

@test "every verb works for the user whose container it is" {
	args sleep 1000
	create_ok
	assert_status created
	rt_ok start "$ID"
	assert_status running
	rt_ok list
	assert_has "$ID" running "$OWNER"
	rt_ok exec "$ID" echo hello
	assert_out hello
	rt_ok kill "$ID" KILL
	wait_status stopped
	rt_ok delete "$ID"
	status_of
	assert_equal "$container_status" ""
}

@test "ps shows the processes of a container without a cgroup" {
	rt_only "runc's ps needs a cgroup"
	script 'sleep 1000 & exec sleep 1001'
	create_ok
	rt_ok start "$ID"
	rt_ok exec --detach "$ID" sleep 1002
	rt_ok ps "$ID"
	assert_has "sleep 1000" "sleep 1001" "sleep 1002"
	rt_ok ps --format json "$ID"
	assert_equal "$(jq length <<<"$stdout")" 3
}

@test "verbs about a cgroup say that there is none" {
	rt_only "the text"
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	local verb
	for verb in "pause $ID" "update --memory 10000000 $ID" "events --stats $ID"; do
		# shellcheck disable=SC2086
		rt $verb
		assert_fails "the container has no cgroup"
	done
}

@test "delete --force ends a user's container" {
	args sleep 1000
	create_ok
	rt_ok start "$ID"
	status_of
	rt_ok delete --force "$ID"
	# Process 1 may not have reaped it yet.
	local stat
	stat=$(cat "/proc/$container_pid/stat" 2>/dev/null || true)
	[[ -z $stat || $stat == *") Z "* ]] || fail "process $container_pid is there: $stat"
}

@test "delete --force ends what has neither a cgroup nor a pid namespace" {
	rt_only "runc ends init alone"
	script 'sleep 1000 & sh -c "sleep 1001 & sleep 1002" & exec sleep 1003' '.linux.namespaces |= map(select(.type != "pid"))
		| .mounts |= map(if .type == "proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)
		| del(.linux.maskedPaths, .linux.readonlyPaths)'
	create_ok
	rt_ok start "$ID"
	rt_ok ps "$ID"
	assert_has "sleep 1000" "sleep 1001" "sleep 1002" "sleep 1003"
	rt_ok delete --force "$ID"
	wait_for 2 no_new_processes || fail "processes left: $NEW_PROCESSES"
}

@test "a user's container has a terminal" {
	RT_WRAP=("$BIN/withpty" "$BATS_TEST_TMPDIR/pty" "${RT_WRAP[@]}")
	: >"$BATS_TEST_TMPDIR/pty"
	chown "$OWNER" "$BATS_TEST_TMPDIR/pty"
	script 'test -t 0 && test -t 1 && tty && ls -l /dev/console' '.process.terminal = true'
	run_container
	grep -q /dev/pts/0 "$BATS_TEST_TMPDIR/pty" || fail "on the terminal: $(<"$BATS_TEST_TMPDIR/pty")"
}

@test "the state is kept below XDG_RUNTIME_DIR" {
	mkdir "$BATS_TEST_TMPDIR/xdg"
	args sleep 1000
	as "$OWNER" XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/xdg"
	chown "$OWNER" "$BATS_TEST_TMPDIR/xdg"
	"${RT_WRAP[@]}" "$RUNTIME" create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- ||
		fail "$(<"$BATS_TEST_TMPDIR/log")"
	[ -e "$BATS_TEST_TMPDIR/xdg/$(basename "$RUNTIME")/$ID/state.json" ] || fail "no state there"
	"${RT_WRAP[@]}" "$RUNTIME" delete --force "$ID"
}

@test "without XDG_RUNTIME_DIR the error names it" {
	local log=$BATS_TEST_TMPDIR/log
	! "${RT_WRAP[@]}" "$RUNTIME" run --bundle "$BUNDLE" "$ID" </dev/null >"$log" 2>&1 || fail "succeeded"
	! is_rt || grep -q 'permission denied.*XDG_RUNTIME_DIR' "$log" || fail "$(<"$log")"
}

@test "root in a user namespace needs no user namespace in the configuration" {
	no_userns
	as "$OWNER" unshare -Ur
	run_script_ok 'id -u; readlink /proc/self/ns/user; hostname; touch /dev/shm/x && ls /dev/null'
	assert_has box /dev/null
	RT_WRAP+=(--mount)
	run_script_ok 'id -u; hostname'
	assert_out $'0\nbox'
}

@test "root in a user namespace can make another one" {
	rt_only "runc 1.1 wants to enter the host's mount namespace"
	config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
	as "$OWNER" unshare -Ur
	run_script_ok 'id -u; cat /proc/self/setgroups'
	assert_out $'0\ndeny'
}

# --- mounts ---------------------------------------------------------------------------

@test "the devices are the host's" {
	run_script_ok 'echo text >/dev/null && head -c 3 /dev/zero | wc -c && ls -l /dev/full && ! mknod /tmp/x c 1 3' '.root.readonly = false'
	assert_has "1,   7"
}

@test "a device of linux.devices is the host's" {
	run_script_ok 'ls -l /dev/full2 2>&1; ls -l /dev/kmsg' '.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]'
	assert_has "1,  11"
}

@test "directories and files of the host are bound" {
	mkdir "$BATS_TEST_TMPDIR/source"
	echo text >"$BATS_TEST_TMPDIR/source/file"
	chown -R "$OWNER" "$BATS_TEST_TMPDIR/source"
	config '.root.readonly = false | .mounts += [
		{destination: "/mnt", type: "bind", source: $s, options: ["rbind"]},
		{destination: "/file", type: "bind", source: "\($s)/file", options: ["bind", "ro"]}]' --arg s "$BATS_TEST_TMPDIR/source"
	run_script_ok 'cat /mnt/file /file; echo new >/mnt/new; ! (echo x >/file) 2>/dev/null'
	assert_out $'text\ntext'
	assert_equal "$(<"$BATS_TEST_TMPDIR/source/new")" new
}

@test "the root of the host can be bound and is not the container's" {
	run_script_ok 'ls -d /mnt/etc/passwd; ! test -e /mnt/bin/probe; ! touch /mnt/tmp/x 2>/dev/null' '.root.readonly = false
		| .mounts += [{destination: "/mnt", type: "bind", source: "/", options: ["rbind", "ro"]}]'
	assert_out /mnt/etc/passwd
}

@test "a directory with mounts below it is bound with rbind only" {
	config '.mounts += [{destination: "/mnt", type: "bind", source: "/", options: ["bind"]}]'
	run_container
	assert_fails "invalid argument"
	assert_rt_says "mounts[6]" "rbind"
}

@test "below a read-only /sys nothing can be written" {
	run_script_ok 'for d in /sys /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir $d/x 2>/dev/null && echo made $d/x; rmdir $d/x 2>/dev/null; done; grep " /sys" /proc/mounts | grep -c " rw"' \
		'.process.args[2] += "; true"'
	assert_lacks made
	! is_rt || assert_out 0
}

@test "a sysfs without a network namespace is the host's, read-only" {
	rt_only "runc refuses it"
	config '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro", "nosuid"]} else . end)'
	run_script_ok 'ls -d /sys/class/net; grep " /sys" /proc/mounts | grep -c " rw"; true'
	assert_out $'/sys/class/net\n0'
}

@test "a network namespace brings its own sysfs" {
	config '.linux.namespaces += [{type: "network"}]
		| .mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro", "nosuid"]} else . end)'
	run_script_ok 'echo $(ls /sys/class/net)'
	assert_out lo
}

@test "paths are masked and read-only" {
	config '.linux.maskedPaths += ["/etc", "/bin/probe"]'
	run_script_ok 'ls /etc; wc -c </bin/probe; ! echo 1 2>/dev/null >/proc/sys/kernel/hostname; ! touch /etc/x 2>/dev/null' '.root.readonly = false'
	assert_out 0
}

@test "tmpcopyup copies what is the user's" {
	echo text >"$ROOTFS/etc/file"
	mkdir -m 0750 "$ROOTFS/etc/dir"
	as "$OWNER"
	run_script_ok 'cat /etc/file; stat -c %a /etc/dir; echo new >/etc/file; cat /etc/file' \
		'.mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
	assert_out $'text\n750\nnew'
	assert_equal "$(<"$ROOTFS/etc/file")" text
}

@test "an id in an option that is not mapped is refused" {
	config '.mounts |= map(if .type == "devpts" then .options += ["gid=5"] else . end)'
	run_container
	assert_fails gid
	assert_rt_says "mounts[2]" "gid=5" linux.gidMappings
}

@test "mqueue without an ipc namespace is refused" {
	config '.linux.namespaces |= map(select(.type != "ipc"))'
	run_container
	assert_fails "operation not permitted"
	assert_rt_says "mounts[4]" "ipc namespace"
}

@test "proc without a pid namespace is refused" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	run_container
	assert_fails "operation not permitted"
	assert_rt_says "mounts[0]" "pid namespace"
}

@test "proc where the caller's is partly hidden is refused" {
	# shellcheck disable=SC2016
	RT_WRAP=(unshare --mount sh -c 'mount --bind /dev/null /proc/version && exec "$@"' sh "${RT_WRAP[@]}")
	run_container
	assert_fails "operation not permitted"
	assert_rt_says "mounts[0]" "hidden"
}

@test "a root file system that the container's root cannot reach is refused" {
	mkdir "$BATS_TEST_TMPDIR/closed"
	mv "$ROOTFS" "$BATS_TEST_TMPDIR/closed/rootfs"
	chown root "$BATS_TEST_TMPDIR/closed"
	config '.root.path = $p' --arg p "$BATS_TEST_TMPDIR/closed/rootfs"
	chmod 0700 "$BATS_TEST_TMPDIR/closed"
	run_container
	assert_fails "permission denied" "closed/rootfs"
}

@test "without pivot_root a user's container runs and sees no old root" {
	run_script_ok 'ls -d /bin/probe /proc/1; ! ls /etc/passwd 2>/dev/null' '.process.args[2] += "; wc -l </proc/self/mounts"'
	local with=${stdout##*$'\n'}
	run_ok --no-pivot
	assert_has /bin/probe /proc/1
	[ "${stdout##*$'\n'}" -le "$with" ] || fail "more mounts than with pivot_root: $with"
}

@test "hooks of a user's container run as the user" {
	local hook="id -u >>$BATS_TEST_TMPDIR/hooks; cat >/dev/null"
	config '.hooks = {createRuntime: [$h], createContainer: [$h], poststart: [$h], poststop: [$h]}' \
		--argjson h "$(jq -n --arg s "$hook" '{path: "/bin/sh", args: ["sh", "-c", $s], env: ["PATH=/usr/bin:/bin"]}')"
	args true
	run_ok
	assert_equal "$(sort "$BATS_TEST_TMPDIR/hooks" | uniq -c | awk '{print $1 "x" $2}' | tr '\n' ' ')" "1x0 3x$OWNER_UID "
}

# --- limits ------------------------------------------------------------------------------

@test "a limit without permission on cgroups is refused and leaves nothing" {
	config '.linux.resources = {memory: {limit: 20000000}}'
	run_container
	assert_fails
	assert_rt_says linux.resources.memory.limit "permission denied" "user $OWNER_UID"
	config '.linux.resources = {pids: {limit: 10}}'
	run_container
	assert_fails
	assert_rt_says linux.resources.pids.limit
}

@test "a cgroup without permission on cgroups is refused" {
	config '.linux.cgroupsPath = $p' --arg p "/$ID"
	run_container
	assert_fails "permission denied"
	assert_rt_says linux.cgroupsPath
}

@test "--rootless=false asks for permission on cgroups" {
	rt_only "runc asks for a user namespace then"
	RT_GLOBAL=(--rootless=false)
	run_container
	assert_fails "permission denied" linux.cgroupsPath
}

@test "--rootless=true lets root run a container where cgroups cannot be made" {
	no_userns
	config '.mounts |= map(select(.destination != "/sys"))'
	chown -R 0:0 "$BUNDLE" "$STATE"
	# shellcheck disable=SC2016
	RT_WRAP=(unshare --mount sh -c 'mount --rbind -o ro /sys/fs/cgroup /sys/fs/cgroup
		for m in $(awk "\$5 ~ /^.sys.fs.cgroup/ {print \$5}" /proc/self/mountinfo); do mount -o remount,bind,ro $m; done; exec "$@"' sh)
	run_container
	assert_fails "read-only file system"
	RT_GLOBAL=(--rootless=true)
	run_script_ok 'id -u'
	assert_out 0
	config '.linux.resources = {memory: {limit: 20000000}}'
	run_container
	assert_fails
	assert_rt_says memory
}

@test "limits hold in a cgroup that is delegated to the user" {
	delegate
	run_script_ok 'cat /proc/self/cgroup' '.linux.resources = {memory: {limit: 20971520}}'
	assert_has "/delegated-$ID/c"
	args sleep 1000
	create_ok
	local file
	for file in $(find /sys/fs/cgroup -path "*/delegated-$ID/c/memory.limit_in_bytes" -o -path "*/delegated-$ID/c/memory.max"); do
		assert_equal "$(<"$file")" 20971520 "$file"
	done
	[ -n "${file:-}" ] || fail "no file with the limit"
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/cgroup
	assert_has "/delegated-$ID/c"
	rt_ok delete --force "$ID"
}

@test "in a systemd user session the cgroup is a scope of the user's systemd" {
	needs_session
	RT_WRAP+=("XDG_RUNTIME_DIR=/run/user/$OWNER_UID" "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$OWNER_UID/bus")
	RT_GLOBAL=(--systemd-cgroup)
	config '.linux.cgroupsPath = $p | .linux.resources = {memory: {limit: 20971520}}' --arg p "user.slice:rt:$ID"
	args sleep 1000
	create_ok
	status_of
	local path
	path=$(sed -n 's/^0:://p' "/proc/$container_pid/cgroup")
	[[ $path == *"/user@$OWNER_UID.service/"*"/rt-$ID.scope"* ]] || fail "init is in $path"
	assert_equal "$(<"/sys/fs/cgroup${path%%.scope*}.scope/memory.max")" 20971520
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/cgroup
	! is_rt || assert_has "rt-$ID.scope" # runc 1.1 leaves it where its caller is
	rt_ok delete --force "$ID"
	[ ! -e "/sys/fs/cgroup${path%%.scope*}.scope" ] || fail "the scope is there"
}

@test "after a login spec --rootless and run are all it takes, and the state is below /run/user" {
	needs_session
	rm "$CONFIG"
	login 'rt spec --rootless && sed -i "s/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"id\", \"-u\"/" config.json && rt run "$ID"'
	[ "$status" -eq 0 ] || fail "exit status"
	assert_out 0
	login 'sed -i "s/\"id\", \"-u\"/\"sleep\", \"100\"/" config.json && rt create "$ID" && rt start "$ID" && rt exec "$ID" id -u
		ls -d "/run/user/$UID"/*/"$ID"/state.json; rt delete --force "$ID"'
	[ "$status" -eq 0 ] || fail "exit status"
	assert_out "0"$'\n'"/run/user/$OWNER_UID/$(basename "$RUNTIME")/$ID/state.json"
}

@test "after a login a limit is in force with --systemd-cgroup and refused without" {
	needs_session
	args sh -c 'cat /sys/fs/cgroup/memory.max; sed "s/.*\///" /proc/self/cgroup'
	config '.linux.resources = {memory: {limit: 20971520}} | .linux.namespaces += [{type: "cgroup"}]
		| .mounts |= map(select(.destination != "/sys/fs/cgroup"))
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"]}]'
	chown "$OWNER" "$CONFIG"
	login 'rt --systemd-cgroup run "$ID"'
	[ "$status" -eq 0 ] || fail "exit status"
	assert_has 20971520
	login 'rt run "$ID"'
	assert_fails
	assert_rt_says linux.resources.memory.limit
}

@test "groups are refused where setgroups is denied" {
	config '.process.user.additionalGids = [0]'
	run_container
	assert_fails group
	assert_rt_says process.user.additionalGids "setgroups(2) is denied"
}

@test "a resource limit can be lowered and not raised" {
	run_script_ok 'ulimit -Hn' '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 99, hard: 99}]'
	assert_out 99
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 1000000000}]'
	run_container
	assert_fails rlimit
	assert_rt_says "process.rlimits[0].hard" 1000000000
}

@test "the OOM score can be raised and not lowered" {
	run_script_ok 'cat /proc/self/oom_score_adj' '.process.oomScoreAdj = 500'
	assert_out 500
	config '.process.oomScoreAdj = -900'
	run_container
	assert_fails oom
	assert_rt_says process.oomScoreAdj "permission denied" CAP_SYS_RESOURCE
}

@test "exec gives a process the OOM score that is asked for" {
	script 'sleep 1000' '.process.oomScoreAdj = 400'
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" cat /proc/self/oom_score_adj
	assert_out 400
}

@test "sysctls of the container's own namespaces are set" {
	run_script_ok 'cat /proc/sys/net/ipv4/ip_forward' '.linux.namespaces += [{type: "network"}]
		| .linux.sysctl = {"net.ipv4.ip_forward": "1"}
		| .mounts |= map(select(.destination != "/sys"))'
	assert_out 1
}

@test "a seccomp filter is loaded with and without no_new_privs" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	run_script_ok '! mkdir /dev/shm/x 2>/dev/null'
	config '.process.noNewPrivileges = false'
	run_ok
}

@test "devices of the host's network are refused" {
	rt_only "a field that runc 1.1 does not know"
	config '.linux.namespaces += [{type: "network"}] | .linux.netDevices = {lo: {name: "x"}}'
	run_container
	assert_fails linux.netDevices CAP_NET_ADMIN
}

@test "id mappings of a mount are refused" {
	rt_only "a field that runc 1.1 does not know"
	config '.mounts += [{destination: "/mnt", type: "bind", source: "/tmp", options: ["rbind"],
		uidMappings: [{containerID: 0, hostID: 1, size: 1}], gidMappings: [{containerID: 0, hostID: 1, size: 1}]}]'
	run_container
	assert_fails
	assert_rt_says "mounts[6]" CAP_SYS_ADMIN
}
