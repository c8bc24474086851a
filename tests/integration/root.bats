#!/usr/bin/env bats
load helpers

@test "root.readonly makes the root read-only" {
	run_script_ok 'probe open c /x; cat /proc/self/mountinfo'
	assert_has "open c /x EROFS"
	[[ $(mount_line /) == *" / ro"* ]] || fail "$(mount_line /)"
}

@test "without root.readonly the root is writable" {
	config 'del(.root.readonly)'
	run_script_ok 'echo data >/x'
	assert_equal "$(<"$ROOTFS/x")" data
}

@test "mounts on a read-only root stay writable" {
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs"}]'
	run_script_ok 'echo x >/mnt/f; echo x >/dev/shm/f; cat /mnt/f'
	assert_out x
}

@test "root.path may be absolute" {
	config '.root.path = $p' --arg p "$ROOTFS"
	run_script_ok 'echo in'
	assert_out in
}

@test "root.path may lie outside the bundle" {
	mv "$ROOTFS" "$BATS_TEST_TMPDIR/elsewhere"
	config '.root.path = "../elsewhere"'
	run_script_ok 'echo in'
	assert_out in
}

@test "the container sees nothing of the host's tree" {
	run_script_ok 'ls /; ls /../..; cat /proc/self/mountinfo | wc -l'
	assert_lacks boot
	[ "$(tail -1 "$OUT")" -lt 60 ] || fail "host mounts are visible"
}

@test "no mount of the host is left in the container" {
	run_script_ok 'while read -r _ _ _ _ t _; do echo "$t"; done </proc/self/mountinfo'
	local target
	while read -r target; do
		case $target in
		/ | /proc | /proc/* | /dev | /dev/* | /sys | /sys/*) ;;
		*) fail "a mount at $target" ;;
		esac
	done <<<"$stdout"
}

@test "a rootfs that is a mount point of its own works and is left mounted" {
	mv "$ROOTFS" "$BATS_TEST_TMPDIR/lower"
	mkdir "$ROOTFS" "$BATS_TEST_TMPDIR/upper" "$BATS_TEST_TMPDIR/work"
	on_shared_host "mount -t overlay o -o 'lowerdir=$BATS_TEST_TMPDIR/lower,upperdir=$BATS_TEST_TMPDIR/upper,workdir=$BATS_TEST_TMPDIR/work' '$ROOTFS';"
	config '.root.readonly = false'
	run_script_ok 'echo data >/x'
	assert_equal "$(<"$BATS_TEST_TMPDIR/upper/x")" data
	assert_shared_host_unchanged
}

# propagation VALUE: sets got to the optional fields of the container's root mount.
propagation() {
	config '.linux.rootfsPropagation = $v' --arg v "$1"
	run_script_ok 'cat /proc/self/mountinfo'
	assert_shared_host_unchanged
	got=$(mount_line / | sed -E 's/.* \/ [^ ]+ (.*)- .*/\1/')
}

@test "rootfsPropagation shared and rshared make the root shared" {
	rt_only "runc 1.1 loses the value before pivot_root"
	local v
	on_shared_host
	for v in shared rshared; do
		propagation $v
		[[ $got == *shared:* ]] || fail "$v: $got"
	done
}

@test "rootfsPropagation slave and rslave make the root a slave" {
	rt_only "runc 1.1 loses the value before pivot_root"
	local v
	on_shared_host "mount --bind '$ROOTFS' '$ROOTFS';"
	for v in slave rslave; do
		propagation $v
		[[ $got != *shared:* ]] || fail "$v: $got"
		[[ $got == *master:* ]] || fail "$v: $got"
	done
}

@test "rootfsPropagation private and rprivate make the root private" {
	local v
	on_shared_host
	for v in private rprivate; do
		propagation $v
		[[ $got != *shared:* && $got != *master:* && $got != *unbindable* ]] || fail "$v: $got"
	done
}

@test "rootfsPropagation unbindable and runbindable make the root unbindable" {
	rt_only "runc 1.1 loses the value before pivot_root"
	local v
	on_shared_host
	for v in unbindable runbindable; do
		propagation $v
		[[ $got == *unbindable* ]] || fail "$v: $got"
	done
}

@test "without rootfsPropagation nothing mounted inside comes out" {
	on_shared_host
	config 'del(.linux.rootfsPropagation) | .process.capabilities.effective += ["CAP_SYS_ADMIN"]
		| .process.capabilities.permitted += ["CAP_SYS_ADMIN"] | .process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
	run_script_ok 'mount -t tmpfs t /mnt && grep -c " /mnt " /proc/self/mountinfo'
	assert_out 1
	assert_shared_host_unchanged
}

@test "rootfsPropagation with another value is refused" {
	config '.linux.rootfsPropagation = "bogus"'
	run_container
	assert_fails bogus
	assert_rt_says "linux.rootfsPropagation"
}

@test "on a host whose mounts are shared, a failed create leaves them as they were" {
	local f
	on_shared_host
	for f in '.mounts += [{destination: "/x", type: "nosuchfs", source: "x"}]' '.process.args = ["nosuch"]' \
		'.hooks.createRuntime = [{path: "/bin/false"}]'; do
		cp "$TESTDATA/config.json" "$CONFIG"
		config "$f"
		run_container
		assert_fails
		assert_shared_host_unchanged
	done
}
