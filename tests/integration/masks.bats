#!/usr/bin/env bats
load helpers

@test "masked files read empty, masked directories are empty, and neither can be written" {
	mkdir -p "$ROOTFS/secret"
	echo s >"$ROOTFS/secret/key"
	echo s >"$ROOTFS/file"
	config '.linux.maskedPaths = ["/secret", "/file"] | .root.readonly = false'
	run_script_ok 'ls -A /secret; cat /file; echo x >/file; probe open c /secret/x; stat -c %F /secret; echo end'
	assert_has "open c /secret/x EROFS" "directory" "end"
	assert_lacks key s$'\n'
	assert_equal "$(<"$ROOTFS/file")" s
}

@test "masked paths that do not exist are left out" {
	config '.linux.maskedPaths = ["/proc/nosuch", "/no/such/path"]'
	run_ok
}

@test "the default masks hide keys, timers and firmware" {
	run_script_ok 'for f in /proc/keys /proc/timer_list; do [ -e $f ] && wc -c <$f; done; ls -A /sys/firmware | wc -l; ls -A /proc/acpi | wc -l'
	assert_equal "$(tr -d ' ' <<<"$stdout" | sort -u)" 0
}

@test "a mask covers the target of a symbolic link inside the root, never outside" {
	echo s >"$ROOTFS/target"
	ln -s /target "$ROOTFS/link"
	echo precious >"$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" "$ROOTFS/out"
	config '.linux.maskedPaths = ["/link", "/out"]'
	run_script_ok 'cat /target'
	assert_out ""
	assert_equal "$(<"$BATS_TEST_TMPDIR/precious")" precious
}

@test "the same path masked twice is masked" {
	echo s >"$ROOTFS/file"
	config '.linux.maskedPaths = ["/file", "/file"]'
	run_script_ok 'cat /file'
	assert_out ""
}

@test "a fifo that is masked is not opened" {
	mkfifo "$ROOTFS/fifo"
	config '.linux.maskedPaths = ["/fifo"] | .linux.readonlyPaths = ["/fifo"]'
	RT_TIMEOUT=5 run_script 'echo up'
	[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || fail "hung"
}

@test "a file under another mount can be masked" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	echo s >"$BATS_TEST_TMPDIR/vol/file"
	config '.mounts += [{destination: "/mnt", type: "bind", source: $s, options: ["bind", "ro"]}] | .linux.maskedPaths = ["/mnt/file"]' \
		--arg s "$BATS_TEST_TMPDIR/vol"
	run_script_ok 'cat /mnt/file; echo end'
	assert_out end
	assert_equal "$(<"$BATS_TEST_TMPDIR/vol/file")" s
}

@test "masks cannot be unmounted without CAP_SYS_ADMIN" {
	run_script_ok 'probe umount /proc/keys umount /sys/firmware umount /proc/sys'
	assert_out "umount /proc/keys EPERM
umount /sys/firmware EPERM
umount /proc/sys EPERM"
}

@test "five hundred masked directories share one empty file system" {
	rt_only "runc 1.1 mounts a file system for each"
	mkdir -p "$ROOTFS"/d/{1..500}
	config '.linux.maskedPaths = [range(1; 501) | "/d/\(.)"]'
	run_script_ok 'cat /proc/self/mountinfo'
	assert_equal "$(awk '$5 ~ /^\/d\// {print $3}' "$OUT" | sort -u | wc -l)" 1
	assert_equal "$(grep -c ' /d/' "$OUT")" 500
	assert_within 3000
}

@test "read-only paths are read-only, with everything else around them writable" {
	mkdir "$ROOTFS/dir"
	echo a >"$ROOTFS/dir/f"
	echo b >"$ROOTFS/file"
	config '.linux.readonlyPaths = ["/dir", "/file", "/no/such"] | .root.readonly = false'
	run_script_ok 'cat /dir/f /file; probe open w /dir/f open c /dir/new open w /file open c /other'
	assert_out "a
b
open w /dir/f EROFS
open c /dir/new EROFS
open w /file EROFS
open c /other ok"
}

@test "read-only paths in /proc are read-only for root with every capability" {
	config '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SYS_RAWIO"])
		| .linux.readonlyPaths += ["/proc/sys"]'
	run_script_ok 'probe open w /proc/sys/kernel/core_pattern open w /proc/sysrq-trigger open w /proc/irq/default_smp_affinity'
	assert_has "core_pattern EROFS"
	assert_lacks " ok"
}

@test "a read-only path keeps the other flags of its mount" {
	config '.linux.readonlyPaths = ["/dev/shm"]'
	run_script_ok 'cat /proc/self/mountinfo'
	[[ $(mount_line /dev/shm) == *" ro,nosuid,nodev,noexec"* ]] || fail "$(mount_line /dev/shm)"
}

@test "read-only paths do not leave the root through symbolic links" {
	mkdir "$BATS_TEST_TMPDIR/out"
	ln -s "$BATS_TEST_TMPDIR/out" "$ROOTFS/link"
	config '.linux.readonlyPaths = ["/link", "/../../../../etc"]'
	run_script_ok 'probe open c /etc/x'
	touch "$BATS_TEST_TMPDIR/out/still-writable"
}

@test "a mask is not the container's /dev/null" {
	rt_only "runc binds the container's /dev/null (S17)"
	run_script_ok 'cat /proc/self/mountinfo; stat -c %F /proc/keys'
	[[ $(mount_line /proc/keys) != *"/null"* ]] || fail "$(mount_line /proc/keys)"
	[[ $(mount_line /proc/keys) == *" ro"* ]] || fail "$(mount_line /proc/keys)"
}

@test "masks hold when the container's /dev/null is hostile" {
	# With no /dev mount the image's /dev/null would be the mask.
	rt_only "runc 1.1 shows and writes the file behind it (CVE-2025-31133)"
	local variant
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	script 'wc -c </proc/keys; probe open w /proc/keys; ls -l /dev/null /marker >&2'
	for variant in link file missing wrong; do
		rm -rf "$ROOTFS/dev"
		mkdir "$ROOTFS/dev"
		echo secret >"$ROOTFS/marker"
		chmod 666 "$ROOTFS/marker"
		case $variant in
		link) ln -s /marker "$ROOTFS/dev/null" ;;
		file) echo fake >"$ROOTFS/dev/null" ;;
		wrong) mknod "$ROOTFS/dev/null" c 1 5 ;;
		esac
		run_container
		assert_equal "$(<"$ROOTFS/marker")" secret "$variant"
		# Refused, or masked: never open.
		[ "$status" -ne 0 ] && [ -z "$stdout" ] && continue
		assert_equal "$(head -1 "$OUT" | tr -d ' ')" 0 "$variant"
		assert_lacks "open w /proc/keys ok"
	done
}

@test "relative masked and read-only paths are refused" {
	rt_only "runc 1.1 takes them relative to its own directory"
	config '.linux.maskedPaths = ["proc/keys"]'
	run_container
	assert_fails "linux.maskedPaths[0]"
	cp "$TESTDATA/config.json" "$CONFIG"
	config '.linux.readonlyPaths = ["proc/sys"]'
	run_container
	assert_fails "linux.readonlyPaths[0]"
}
