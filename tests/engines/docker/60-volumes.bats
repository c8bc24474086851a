load lib

@test "-v binds directories, files and read-only trees" {
	local dir=$BATS_TEST_TMPDIR/dir
	mkdir -p "$dir/sub"
	echo host >"$dir/file"
	mount -t tmpfs tmpfs "$dir/sub"
	chmod 0777 "$dir"
	run_rm -v "$dir:/rw" -v "$dir:/ro:ro" -v "$dir/file:/one/file:ro" --mount "type=bind,src=$dir,dst=/flat,bind-propagation=rprivate,readonly" \
		-v /dev/null:/dev/zero-too busybox sh -c '
		cat /rw/file /one/file; echo made >/rw/made; echo x 2>&1 >/ro/x; echo x 2>&1 >/one/file
		touch /flat/x 2>&1; mount | grep -cE " /(rw|ro)/sub "'
	line host 2
	says "can't create /ro/x: Read-only file system" "can't create /one/file: Read-only file system" "/flat/x: Read-only file system"
	equal "$(<"$dir/made")" made
	umount "$dir/sub"
	fails 125 docker run --rm --label "$LABEL" -v "$dir/file:/etc" busybox true
	local unknown=': unknown'
	! docker28 || unknown=
	says 'not a directory' "$unknown: Are you trying to mount a directory onto a file"
	fails 125 docker run --rm --label "$LABEL" --mount "type=bind,src=$dir/nothing,dst=/x" busybox true
}

@test "bind-propagation decides whether later mounts are seen" {
	local dir=$BATS_TEST_TMPDIR/dir
	mkdir -p "$dir/later" "$dir/own"
	mount --bind "$dir" "$dir"
	mount --make-shared "$dir"
	sleeper "$C" --cap-add SYS_ADMIN --security-opt seccomp=unconfined -v "$dir:/private" -v "$dir:/slave:rslave" -v "$dir:/shared:rshared"
	mount -t tmpfs later "$dir/later"
	ok docker exec "$C" sh -c 'mount -t tmpfs own /shared/own; grep -E "^(later|own) " /proc/mounts | cut -d" " -f2 | sort'
	line /shared/later /slave/later /shared/own /slave/own
	refute_says /private/later
	mountpoint -q "$dir/own"
	ok docker rm -f "$C"
	umount "$dir/own" "$dir/later" "$dir"
}

@test "named and anonymous volumes and --volumes-from keep files" {
	VOLUMES=("$C-v")
	run_rm -v "$C-v:/data" -v "$C-v:/etc/init.d:nocopy" busybox sh -c 'echo kept >/data/f; cat /etc/init.d/f'
	is kept
	run_rm --mount "type=volume,src=$C-v,dst=/data,readonly" busybox sh -c 'cat /data/f; touch /data/g 2>&1; true'
	says kept 'Read-only file system'
	# A new volume takes the image's files, with their owners.
	run_rm -v /home busybox stat -c %u /home/user
	is 1000
	sleeper "$C" -v "$C-v:/data" -v /anonymous --tmpfs /scratch
	run_rm --volumes-from "$C:ro" busybox sh -c 'cat /data/f; touch /anonymous/x 2>&1; true'
	says kept 'Read-only file system'
	fails 1 docker volume rm "$C-v"
	ok docker rm -fv "$C"
	ok docker volume rm "$C-v"
}
