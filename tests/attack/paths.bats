#!/usr/bin/env bats
load helpers

# Paths, devices, ids and capabilities: rows of the catalogue that no integration test
# has under another name.

@test "S22: links that are too many or too long are refused, and never followed out" {
	local i long
	for ((i = 0; i < 300; i++)); do
		ln -s "l$((i + 1))" "$ROOTFS/l$i"
	done
	mkdir "$ROOTFS/l300"
	config '.mounts += [{destination: "/l0", type: "tmpfs", source: "tmpfs"}]'
	run_container
	assert_fails "/l0"
	# Each link is short; what they expand to is longer than any path may be.
	long=$(printf 'd/%.0s' {1..120})
	mkdir -p "$ROOTFS/$long"
	for ((i = 0; i < 39; i++)); do
		ln -s "${long}../$(printf '../%.0s' {1..119})m$((i + 1))" "$ROOTFS/m$i"
	done
	mkdir "$ROOTFS/m39"
	cp "$TESTDATA/config.json" "$CONFIG"
	config '.mounts += [{destination: "/m0/x", type: "tmpfs", source: "tmpfs"}] | .process.args = ["true"]'
	run_container
	[ "$status" -eq 0 ] || assert_fails "/m0/x"
}

@test "S26: nothing of the cgroup file systems can be written by a container in a user namespace" {
	local mounts
	use_userns
	for mounts in '.' '.mounts |= map(if .type == "cgroup" then .options = ["nosuid", "noexec", "nodev"] else . end)'; do
		# /sys/fs/cgroup itself is a tmpfs of the container's on a host with cgroup v1.
		run_script 'cd /sys/fs/cgroup; [ -e cgroup.procs ] || set -- *; for d in . "$@"; do
			if [ -e $d/cgroup.procs ] && mkdir $d/x 2>/dev/null; then echo made $d/x; fi
			[ ! -e $d/release_agent ] || probe open w $d/release_agent
			[ ! -e $d/devices.allow ] || probe open w $d/devices.allow; done; echo end' "$mounts"
		if [ "$status" -eq 0 ]; then
			assert_has end
			assert_lacks made "_agent ok" "allow ok"
		else
			assert_fails
		fi
		cp "$TESTDATA/config.json" "$CONFIG"
		config '.linux.namespaces += [{type: "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
			| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	done
}

@test "S26: root in a container with the usual capabilities finds no release_agent to write" {
	run_script_ok 'find /sys/fs/cgroup -name release_agent | while read f; do probe open w $f; done; mkdir /sys/fs/cgroup/x; echo end'
	assert_has end
	assert_lacks "release_agent ok"
	[ ! -d /sys/fs/cgroup/x ]
}

@test "S29: no mount point is made in the source of a read-only bind mount" {
	rt_only "runc 1.1 makes it"
	local before source=$BATS_TEST_TMPDIR/source
	mkdir "$source" "$source/there"
	touch "$source/file"
	before=$(find "$source" -printf '%p %i %m %T@ %C@\n' | sort)
	for below in /ro/missing/x /ro/missing /ro/newfile; do
		cp "$TESTDATA/config.json" "$CONFIG"
		config '.mounts += [{destination: "/ro", type: "bind", source: $s, options: ["bind", "ro"]},
			{destination: $d, type: "bind", source: (if $d == "/ro/newfile" then "/etc/hostname" else $s end), options: ["bind"]}]' \
			--arg s "$source" --arg d "$below"
		run_container
		assert_fails "$below"
		assert_equal "$(find "$source" -printf '%p %i %m %T@ %C@\n' | sort)" "$before"
	done
	cp "$TESTDATA/config.json" "$CONFIG"
	config '.mounts += [{destination: "/ro", type: "bind", source: $s, options: ["bind", "ro"]},
		{destination: "/ro/there", type: "tmpfs", source: "tmpfs"}] | .process.args = ["probe", "open", "c", "/ro/there/x", "open", "c", "/ro/x"]' \
		--arg s "$source"
	run_ok
	assert_out "open c /ro/there/x ok
open c /ro/x EROFS"
}

@test "S40: exec gives no inheritable and no ambient capabilities that nobody asked for" {
	args sleep 100
	create_ok
	rt_ok start "$ID"
	rt_ok exec --cap CAP_NET_RAW --cap CAP_SYS_NICE "$ID" grep -E '^Cap(Inh|Amb)' /proc/self/status
	assert_equal "$(tr -d '[:space:]' <<<"$stdout")" "CapInh:0000000000000000CapAmb:0000000000000000"
}

@test "S41: exec --user is the number that was asked for or an error, and never root by mistake" {
	local user
	rt_only "runc looks names up"
	echo "1000:x:0:0:name that is a number:/:/bin/sh" >"$ROOTFS/etc/passwd"
	args sleep 100
	create_ok
	rt_ok start "$ID"
	for user in 1 1:1 1000 1000:1000 2147483648 4294967294; do
		rt_ok exec --user "$user" "$ID" sh -c 'id -u'
		assert_out "${user%%:*}"
	done
	for user in +1 -1 1: :1 root 4294967295 4294967296 18446744073709551616 ' 1' '1 ' 1e3 0x1 1:2:3 1.0 01:x; do
		rt exec --user "$user" "$ID" id -u
		[ "$status" -eq 255 ] || fail "--user '$user': status $status, $stdout"
		[ -z "$stdout" ] || fail "--user '$user' ran as $stdout"
	done
}

@test "S43: every device but those that are allowed is refused, before and after an update" {
	local when
	config '.process.capabilities |= map_values(["CAP_MKNOD", "CAP_DAC_OVERRIDE"]) | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}]'
	script 'cd /run; echo ready; while [ ! -e /run/stop ]; do sleep 0.05; done'
	create_ok
	rt_ok start "$ID"
	for when in before after; do
		rt_ok exec --cap CAP_MKNOD "$ID" sh -c 'cd /run; rm -rf n; mkdir n; cd n
			for m in 1 2 4 5 7 8 9 10 11 13 29 89 116 189 226 240 253 259; do for i in 0 1 2 6 60 130 200; do
				mknod c$m.$i c $m $i; mknod b$m.$i b $m $i; done; done 2>/dev/null
			set --; for f in *; do set -- "$@" open r $f; done; probe "$@"'
		# What the kernel lets through it may have no driver for; refused is EPERM.
		assert_equal "$(grep -v ' EPERM$' <<<"$stdout" | awk '{print $3}' | grep -v '^c\(10.200\|5.0\|5.2\|1.[35789]\|136.*\)$')" "" "$when"
		rt_ok update --pids-limit 50 "$ID"
	done
}

# criu is not needed to refuse: the rest of S53 is in the suite checkpoint, in a guest.
@test "S53: images of a checkpoint lead nowhere" {
	rt_only "its own files"
	local img=$BATS_TEST_TMPDIR/img name mount
	mkdir "$img"
	RT_GLOBAL=(--criu /bin/true)
	restore() {
		rt restore --detach --bundle "$BUNDLE" --image-path "$img" "$ID"
		assert_fails "$@"
		[ ! -e "$STATE/$ID" ] || fail "a container is left"
	}
	echo '{}' >"$BATS_TEST_TMPDIR/elsewhere"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$img/rt.json"
	restore rt.json
	rm "$img/rt.json"
	mkfifo "$img/rt.json"
	restore rt.json regular
	rm "$img/rt.json"
	truncate -s 100M "$img/rt.json"
	restore rt.json limit
}

@test "S60: what init does with paths before the root is switched is scoped to a descriptor" {
	rt_only "other runtimes use paths"
	local log=$BATS_TEST_TMPDIR/trace stage init calls
	command -v strace >/dev/null || skip "no strace"
	config '.mounts += [{destination: "/a/b/c", type: "tmpfs", source: "tmpfs"}, {destination: "/f", type: "bind", source: "/etc/hostname", options: ["bind"]}]
		| .linux.devices = [{path: "/dev/x/fuse", type: "c", major: 10, minor: 229}] | .root.readonly = false'
	args true
	RT_WRAP=(strace -f -qq -y -o "$log" -e trace=%file,move_mount,open_tree,mount_setattr,clone3,execve,pivot_root)
	RT_TIMEOUT=30 run_ok
	stage=$(awk '/execve\("\/proc\/self\/fd\/[0-9]+", \["rt-init"/ {print $1; exit}' "$log")
	[ -n "$stage" ] || fail "no stage in the trace"
	# From the stage's execve to pivot_root, by the stage and by init.
	init=$(awk -v s="$stage" '$1 == s && /clone3/ && $(NF - 1) == "=" {print $NF}' "$log")
	calls=$(awk -v s="$stage" -v i="$init" '
		/\["rt-init"/ {on = 1; next}
		on && $1 == i && /pivot_root\(/ {exit}
		on && ($1 == s || $1 == i)' "$log")
	[ "$(grep -c 'openat2(' <<<"$calls")" -gt 10 ] || fail "too little in the trace: $calls"
	# The paths of the host: / is its own mount namespace'\''s, /proc hides the masks.
	! grep -E '[ >](openat|open|stat|mkdir|mknod|symlink|chmod|chown|access|readlink|unlink|rename|mount|umount2)\(' <<<"$calls" ||
		fail "a call with a path of the process"
	! grep -E '(mkdirat|mknodat|symlinkat|fchownat|newfstatat|unlinkat)\(AT_FDCWD' <<<"$calls" || fail "a call relative to the working directory"
	! grep 'openat2(' <<<"$calls" | grep -v 'RESOLVE_IN_ROOT\|RESOLVE_BENEATH' || fail "an openat2 that is not scoped"
	! grep 'move_mount(' <<<"$calls" | grep 'AT_FDCWD' | grep -v 'AT_FDCWD[^,]*, "/\(proc\)\?"' || fail "a mount by path"
}
