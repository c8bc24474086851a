#!/usr/bin/env bats
load helpers
load criu

# --- what it is for ---------------------------------------------------------------

@test "a checkpointed container stops and goes on where it was when it is restored" {
	needs_criu
	local last first
	counting
	checkpoint_ok
	assert_silent
	wait_for 5 eval '! pgrep -f "echo .i >/dev/shm/i" >/dev/null' || fail "it still runs"
	last=$(tail -n 1 "$LOG")
	sleep 0.3
	assert_equal "$(tail -n 1 "$LOG")" "$last" "the counter"
	restore_ok
	goes_on "$NEW" "$last"
	first=$(head -n 1 "$LOG.new")
	[ "$first" -ge "$last" ] && [ "$first" -le $((last + 1)) ] || fail "stopped at $last, went on at $first"
}

@test "a checkpointed container is stopped and can be deleted" {
	needs_criu
	rt_only "runc deletes it at once"
	counting
	checkpoint_ok
	assert_status stopped
	rt_ok delete "$ID"
	assert_status ''
}

@test "a container can be restored under its own id" {
	needs_criu
	counting
	checkpoint_ok
	NEW=$ID
	restore_ok
	goes_on "$ID" "$(tail -n 1 "$LOG")"
}

@test "with --leave-running the container goes on, and can be restored beside it" {
	needs_criu
	counting
	checkpoint_ok --leave-running --leave-running
	assert_silent
	assert_status running
	goes_on "$ID" "$(counter_of "$ID")"
	restore_ok
	goes_on "$NEW" 3
	assert_status running
}

@test "a paused container is checkpointed and stays paused" {
	needs_criu
	rt_only "runc's criu thaws it"
	counting
	rt_ok pause "$ID"
	checkpoint_ok --leave-running
	assert_status paused
	rt_ok resume "$ID"
	goes_on "$ID" "$(counter_of "$ID")"
}

@test "a checkpoint builds on a pre-dump" {
	needs_criu
	counting
	IMG=$BATS_TEST_TMPDIR/pre
	checkpoint_ok --pre-dump
	assert_status running
	IMG=$BATS_TEST_TMPDIR/img
	checkpoint_ok --parent-path ../pre
	[ -L "$IMG/parent" ] || fail "the images do not name their parent"
	restore_ok
	goes_on "$NEW" "$(tail -n 1 "$LOG")"
}

# --- what goes wrong --------------------------------------------------------------------

@test "a dump that fails leaves the container running and says why" {
	needs_criu
	command -v strace >/dev/null || skip "no strace"
	counting
	status_of
	in_background strace -qq -o /dev/null -p "$container_pid" # nobody else can trace it then
	wait_for 10 eval '! grep -q "TracerPid:.0$" /proc/$container_pid/status'
	checkpoint
	assert_fails
	assert_rt_says "seize" "$WORK/dump.log"
	assert_status running
	kill -KILL "$BG"
	wait_background "$BG"
	goes_on "$ID" "$(counter_of "$ID")"
	checkpoint_ok
}

@test "a restore that fails leaves nothing and says why" {
	needs_criu
	counting
	checkpoint_ok
	truncate -s 10 "$IMG"/core-1.img
	restore_fails
	assert_rt_says "core-1" "$WORK/restore.log"
}

@test "what a restore that was killed has made is removed by force" {
	needs_criu
	rt_only "runc has no record of it yet"
	counting
	checkpoint_ok
	config '.linux.cgroupsPath = "/" + $id | .hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo >" + $d + "/here; sleep 1000"]}]}' \
		--arg id "$NEW" --arg d "$BATS_TEST_TMPDIR"
	rt_background restore --detach --bundle "$BUNDLE" --image-path "$IMG" --work-path "$WORK" "$NEW"
	wait_for 20 test -e "$BATS_TEST_TMPDIR/here" || fail "$(<"$BG_OUT")"
	assert_status creating "$NEW"
	kill -KILL "$BG"
	wait_background "$BG"
	rt_ok delete --force "$NEW"
	[ ! -e "$STATE/$NEW" ] || fail "$STATE/$NEW is left"
	[ -z "$(find /sys/fs/cgroup -type d -name "$NEW")" ] || fail "a cgroup is left"
	refute pgrep -x criu
}

@test "a container that is not running cannot be checkpointed" {
	needs_criu
	create_ok
	checkpoint
	assert_fails "created state"
	rt_ok kill "$ID" KILL
	wait_status stopped
	checkpoint
	assert_fails "stopped state"
	rt checkpoint nothere
	assert_fails "does not exist"
}

@test "restore refuses an id that is in use" {
	needs_criu
	counting
	checkpoint_ok --leave-running
	rt restore --detach --bundle "$BUNDLE" --image-path "$IMG" "$ID"
	assert_fails exists
	assert_status running
}

@test "restore refuses images that are not there" {
	needs_criu
	rt restore --detach --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/nothere" "$NEW"
	assert_fails nothere
	mkdir "$IMG"
	rt restore --detach --bundle "$BUNDLE" --image-path "$IMG" "$NEW"
	assert_fails "$IMG"
	assert_status '' "$NEW"
}

@test "values that cannot be meant are refused by name" {
	needs_criu
	rt_only "its words"
	counting
	checkpoint --manage-cgroups-mode most
	assert_fails manage-cgroups-mode most full
	checkpoint --empty-ns pid
	assert_fails empty-ns pid network
	checkpoint --parent-path /abs
	assert_fails parent-path relative
	checkpoint --parent-path ../none
	assert_fails parent-path none
	checkpoint --status-fd 77 --lazy-pages
	assert_fails status-fd 77
	checkpoint --page-server nowhere
	assert_fails page-server ADDRESS:PORT
	rt restore --lsm-profile nothing "$NEW"
	assert_fails lsm-profile apparmor:NAME
	assert_status running
}

# --- whom it believes -----------------------------------------------------------------

@test "S53: a container that changes its links does not choose what is mounted" {
	needs_criu
	rt_only "runc believes the links"
	mkdir -p "$BATS_TEST_TMPDIR/ro" "$BATS_TEST_TMPDIR/rw" "$ROOTFS/one" "$ROOTFS/two"
	ln -s one "$ROOTFS/a"
	counting "rm /a; ln -s two /a; $COUNT" '.root.readonly = false | .mounts += [
		{destination: "/a/m", source: ($d + "/ro"), type: "bind", options: ["bind", "ro"]},
		{destination: "/two/m", source: ($d + "/rw"), type: "bind", options: ["bind"]}]' --arg d "$BATS_TEST_TMPDIR"
	checkpoint
	assert_fails "/a/m" "$BATS_TEST_TMPDIR/ro"
	assert_status running
}

@test "S53: a mount point that criu would take apart is refused" {
	needs_criu
	rt_only "its words"
	counting "$COUNT" '.root.readonly = false | .mounts += [{destination: "/x]:/etc", source: "/usr", type: "bind", options: ["bind", "ro"]}]'
	checkpoint
	assert_fails 'mounts['
	assert_status running
}

@test "S53: images cannot name what checkpoint does not" {
	needs_criu
	rt_only "its own files"
	local edit
	counting "$COUNT" '.mounts += [{destination: "/data", source: "/usr", type: "bind", options: ["rbind", "ro"]}]'
	checkpoint_ok
	cp "$IMG/rt.json" "$BATS_TEST_TMPDIR/rt.json"
	for edit in '.external[0].key = "../x"' '.external[0].key = "rt-/etc"' '.external[0].kind = "host"' \
		'.external += [{key: "rt-99", kind: "bind", destination: "/etc"}]' \
		'.external += [{key: "rt-99", kind: "bind", destination: "/data", below: "../etc"}]' \
		'.external += [{key: "rt-99", kind: "device", destination: "/dev/kmsg"}]' \
		'.stdio[0] = "extRootNetNS"'; do
		jq "$edit" "$BATS_TEST_TMPDIR/rt.json" >"$IMG/rt.json"
		restore_fails
	done
}

@test "processes with more than config.json grants never run" {
	needs_criu
	rt_only "runc restores what the images say"
	counting "$COUNT" '.process.capabilities |= map_values(["CAP_KILL", "CAP_NET_RAW"])'
	checkpoint_ok
	config '.process.capabilities |= map_values(["CAP_KILL"])'
	restore_fails
	assert_rt_says capabilities.bounding
	refute test -s "$LOG.new"
}

@test "without criu the package is named" {
	rt_only "its words"
	RT_WRAP=(env PATH="$BATS_TEST_TMPDIR")
	rt checkpoint "$ID"
	assert_fails "package criu"
	rt restore "$ID"
	assert_fails "package criu"
	RT_WRAP=()
	RT_GLOBAL=(--criu /nowhere/criu)
	rt checkpoint "$ID"
	assert_fails --criu /nowhere/criu
}

@test "checkpoint and restore are told of by --help" {
	rt_ok checkpoint --help
	assert_has --leave-running
	rt_ok restore --help
	assert_has --lsm-profile
	rt restore --lsm-mount-context
	assert_fails "flag needs an argument"
}
