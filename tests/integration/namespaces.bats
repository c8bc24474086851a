#!/usr/bin/env bats
load helpers

types=(pid:pid network:net ipc:ipc uts:uts mount:mnt cgroup:cgroup user:user)

# A process that has namespaces of its own, as an engine's pause container does.
holder() {
	in_background unshare "$@" sleep 1000
	wait_for 5 eval '[ "$(readlink /proc/$BG/exe)" = "$(readlink -f "$(command -v sleep)")" ]' || fail "no holder"
}

@test "every namespace that is listed is new" {
	local t
	use_userns
	config '.linux.namespaces += [{type: "cgroup"}]'
	run_script_ok 'for t in pid net ipc uts mnt cgroup user; do readlink /proc/self/ns/$t; done'
	for t in pid net ipc uts mnt cgroup user; do
		assert_has "$t:["
		assert_lacks "$(readlink "/proc/self/ns/$t")"
	done
}

@test "a time namespace that is listed is new" {
	needs_kernel 5.6 "time namespaces"
	rt_only "runc 1.1 has no time namespaces"
	config '.linux.namespaces += [{type: "time"}]'
	run_script_ok 'readlink /proc/self/ns/time; readlink /proc/self/ns/time_for_children'
	assert_lacks "$(readlink /proc/self/ns/time)"
	assert_has 'time:['
}

@test "a namespace that is not listed is the runtime's" {
	local t
	config '.linux.namespaces = [{type: "mount"}] | del(.hostname)
		| .mounts |= map(select(.destination == "/proc" or .destination == "/dev"))'
	run_script_ok 'for t in pid net ipc uts cgroup user; do readlink /proc/self/ns/$t; done'
	for t in pid net ipc uts cgroup user; do
		assert_has "$(readlink "/proc/self/ns/$t")"
	done
}

@test "the user's program is process 1 of a new pid namespace" {
	run_script_ok 'echo $$'
	assert_out 1
}

@test "namespaces are joined by path" {
	local t
	holder --net --ipc --uts --cgroup
	config '.linux.namespaces = [{type: "pid"}, {type: "mount"},
		{type: "network", path: "/proc/\($p)/ns/net"}, {type: "ipc", path: "/proc/\($p)/ns/ipc"},
		{type: "uts", path: "/proc/\($p)/ns/uts"}, {type: "cgroup", path: "/proc/\($p)/ns/cgroup"}]
		| del(.hostname)' --arg p "$BG"
	run_script_ok 'for t in net ipc uts cgroup; do readlink /proc/self/ns/$t; done'
	for t in net ipc uts cgroup; do
		assert_has "$(readlink "/proc/$BG/ns/$t")"
	done
	kill -0 "$BG" || fail "the holder died with the container"
}

@test "a pid namespace is joined by path and the container is not process 1" {
	in_background unshare --pid --fork --kill-child --mount-proc sleep 1000
	wait_for 5 file_has /proc/$BG/task/$BG/children .
	local child
	child=$(tr -d ' ' <"/proc/$BG/task/$BG/children")
	config '(.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "/proc/$child/ns/pid"
	run_script_ok 'readlink /proc/self/ns/pid; echo $$'
	assert_has "$(readlink "/proc/$child/ns/pid")"
	[ "${stdout##*$'\n'}" -gt 1 ] || fail "pid ${stdout##*$'\n'}"
}

@test "a container in a joined pid namespace is created, started, killed and deleted" {
	in_background unshare --pid --fork --kill-child --mount-proc sleep 1000
	wait_for 5 file_has /proc/$BG/task/$BG/children .
	config '(.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "/proc/$(tr -d ' ' <"/proc/$BG/task/$BG/children")/ns/pid"
	args sleep 1000
	create_ok
	assert_status created
	rt_ok start "$ID"
	assert_status running
	rt_ok kill "$ID" KILL
	wait_status stopped
	rt_ok delete "$ID"
}

@test "a mount namespace is joined by path" {
	rt_only "runc 1.1 changes the joined namespace's root for good"
	in_background unshare --mount --propagation private sh -c 'mount -t tmpfs marker /mnt && touch /mnt/marker && exec sleep 1000'
	wait_for 5 eval '[ -e /proc/$BG/root/mnt/marker ]'
	local before
	before=$(cut -d' ' -f3- "/proc/$BG/mountinfo")
	config '(.linux.namespaces[] | select(.type == "mount")).path = $p | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)
		| .root.readonly = false' --arg p "/proc/$BG/ns/mnt"
	run_script 'echo in'
	# Joined as asked, or refused by name; never half.
	[ "$status" -eq 0 ] || assert_fails "linux.namespaces[4]"
}

@test "a time namespace is joined by path" {
	rt_only "runc 1.1 has no time namespaces"
	needs_kernel 5.6 "time namespaces"
	in_background unshare --time --monotonic 5000 --fork --kill-child sleep 1000
	wait_for 5 file_has /proc/$BG/task/$BG/children .
	local child
	child=$(tr -d ' ' <"/proc/$BG/task/$BG/children")
	config '.linux.namespaces += [{type: "time", path: $p}]' --arg p "/proc/$child/ns/time"
	run_script_ok 'readlink /proc/self/ns/time'
	assert_out "$(readlink "/proc/$child/ns/time")"
}

@test "a user namespace is joined by path" {
	local child
	use_userns
	args sleep 1000
	create_ok
	status_of
	child=$container_pid
	# The second container joins the namespaces of the first.
	config '.linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "uts"},
		{type: "user", path: "/proc/\($p)/ns/user"}, {type: "network", path: "/proc/\($p)/ns/net"},
		{type: "ipc", path: "/proc/\($p)/ns/ipc"}]' --arg p "$child"
	script 'readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u'
	rt_ok run --bundle "$BUNDLE" "$ID-2"
	assert_out "$(readlink "/proc/$child/ns/user")
$(readlink "/proc/$child/ns/net")
0"
}

@test "a path of another kind of namespace is refused" {
	local i
	config '(.linux.namespaces[] | select(.type == "ipc")).path = "/proc/self/ns/net"'
	run_container
	assert_fails
	assert_rt_says "linux.namespaces[2]" "/proc/self/ns/net" "ipc"
}

@test "a path that is no namespace file is refused" {
	local p
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for p in /etc/passwd /tmp /dev/null "$BATS_TEST_TMPDIR/fifo"; do
		if [ "$p" = "$BATS_TEST_TMPDIR/fifo" ] && ! is_rt; then continue; fi
		config '(.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "$p"
		RT_TIMEOUT=4 run_container
		assert_fails
		assert_within 1000
		assert_rt_says "linux.namespaces[1]" "$p"
	done
}

@test "a path that does not exist is refused" {
	config '(.linux.namespaces[] | select(.type == "network")).path = "/no/such/netns"'
	run_container
	assert_fails "/no/such/netns"
	assert_rt_says "linux.namespaces[1]" "no such file or directory"
}

@test "a namespace listed twice is refused" {
	config '.linux.namespaces += [{type: "uts"}]'
	run_container
	assert_fails
	assert_rt_says "linux.namespaces[5]" "uts"
}

@test "an unknown namespace is refused" {
	config '.linux.namespaces += [{type: "nosuch"}]'
	run_container
	assert_fails nosuch
	assert_rt_says "linux.namespaces[5]"
}

@test "the network of a new namespace has its loopback up" {
	run_script_ok 'ip -o addr show lo 2>/dev/null || cat /proc/net/if_inet6 /proc/net/dev'
	assert_has "127.0.0.1"
}

@test "a container without a mount namespace is refused or leaves the host's mounts alone" {
	rt_only "runc changes the host's propagation and leaks a bind mount (B13)"
	on_shared_host
	config 'del(.linux.namespaces[] | select(.type == "mount"))'
	run_container
	[ "$status" -eq 0 ] || assert_fails
	assert_shared_host_unchanged
}
