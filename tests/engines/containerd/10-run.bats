load lib

@test "run gives a program's output" {
	run_ok -- echo hello
	is hello
}

@test "run ends with the program's exit status" {
	run_rm -- sh -c 'exit 42'
	equal "$status" 42
}

@test "run tells stdout from stderr" {
	run_ok -- sh -c 'echo out; echo err >&2'
	is out
	equal "$stderr" err
}

@test "run passes stdin on to its end" {
	status=0
	# ctr misses an end of its stdin that comes before the task is there.
	stdout=$({ printf 'one\ntwo\n'; sleep 1.5; } | ctr run --rm "${RUN[@]}" "$BUSYBOX" "$C" wc -l 3>&- 4>&-) || status=$?
	equal "$status" 0
	is 2
}

@test "run of a program that a signal ends gives 128 and its number" {
	ctr run --rm "${RUN[@]}" "$BUSYBOX" "$C" sleep 1000 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	eventually 5 task_is "$C" RUNNING
	ok ctr task kill --signal KILL "$C"
	status=0
	wait $! || status=$?
	equal "$status" 137
}

@test "--env, --cwd and --read-only" {
	run_ok --env A=1 --env B='two words' --cwd /tmp --read-only -- sh -c 'echo "$A $B $PWD"; touch /x 2>&1; true'
	says "1 two words /tmp" "Read-only file system"
}

@test "--mount binds a directory, read-only if it says so" {
	mkdir "$BATS_TEST_TMPDIR/d"
	echo content >"$BATS_TEST_TMPDIR/d/f"
	run_ok --mount "type=bind,src=$BATS_TEST_TMPDIR/d,dst=/d,options=rbind:ro" -- sh -c 'cat /d/f; touch /d/g 2>&1; true'
	says content "Read-only file system"
	run_ok --mount "type=bind,src=$BATS_TEST_TMPDIR/d,dst=/d,options=rbind:rw" -- touch /d/g
	[ -e "$BATS_TEST_TMPDIR/d/g" ]
}

@test "capabilities are added, dropped, and all there with --privileged" {
	run_ok --cap-add CAP_SYS_ADMIN -- grep CapEff /proc/self/status
	local added=$((16#${stdout##*[[:space:]]}))
	[ $((added & 1 << 21)) -ne 0 ] || fail "no CAP_SYS_ADMIN"
	run_ok --cap-drop CAP_CHOWN -- grep CapEff /proc/self/status
	local dropped=$((16#${stdout##*[[:space:]]}))
	[ $((dropped & 1)) -eq 0 ] || fail "CAP_CHOWN"
	run_ok --privileged -- sh -c 'grep CapEff /proc/self/status; mount -t tmpfs none /mnt && echo mounted'
	says mounted
}

@test "--seccomp puts the default filter in force" {
	run_ok -- grep Seccomp: /proc/self/status
	matches '0$'
	run_ok --seccomp -- sh -c 'grep Seccomp: /proc/self/status; unshare -U true 2>&1 || echo refused'
	says refused
	matches 'Seccomp:[[:space:]]*2'
}

@test "--allow-new-privs leaves no_new_privs out" {
	run_ok -- grep NoNewPrivs /proc/self/status
	matches '1$'
	run_ok --allow-new-privs -- grep NoNewPrivs /proc/self/status
	matches '0$'
}

@test "--net-host and --with-ns join namespaces, without them each is new" {
	run_ok --net-host -- readlink /proc/self/ns/net
	is "$(readlink /proc/self/ns/net)"
	detached "$C-1" -- sleep 1000
	local pid
	pid=$(task_pid "$C-1")
	run_ok --with-ns "network:/proc/$pid/ns/net" --with-ns "ipc:/proc/$pid/ns/ipc" -- \
		sh -c 'for n in net ipc uts; do readlink /proc/self/ns/$n; done'
	line "$(readlink "/proc/$pid/ns/net")" "$(readlink "/proc/$pid/ns/ipc")"
	[ "$(tail -1 <<<"$stdout")" != "$(readlink "/proc/$pid/ns/uts")" ]
}

@test "a device of the host is there with --device" {
	run_ok --device /dev/full -- sh -c 'ls -l /dev/full; echo x 2>&1 >/dev/full || true'
	says "1,   7" "No space left on device"
}

@test "an image's file system as a directory runs with --rootfs" {
	mkdir "$BATS_TEST_TMPDIR/rootfs"
	rootfs_tar busybox | tar -C "$BATS_TEST_TMPDIR/rootfs" -x
	ok ctr run --rm "${RUN[@]}" --env PATH=/bin --rootfs "$BATS_TEST_TMPDIR/rootfs" "$C" cat /proc/1/comm
	is cat
}

@test "a user namespace has the ids of --uidmap and --gidmap" {
	run_ok --uidmap 0:100000:65536 --gidmap 0:100000:65536 -- sh -c 'cat /proc/self/uid_map; id -u'
	matches '0 +100000 +65536'
	line 0
}

@test "a missing program, a directory and a file without x are told at create" {
	run_rm -- nosuchprogram
	equal "$status" 1
	says 'executable file not found in $PATH'
	run_rm -- /nosuch/program
	says 'no such file or directory'
	run_rm -- /etc/passwd
	says 'permission denied'
	equal "$(task_status "$C")" ""
}

@test "an id can be used again at once" {
	local n
	for n in 1 2 3 4 5; do
		run_ok -- echo "$n"
		is "$n"
	done
}

@test "ten containers run at the same time" {
	local i pids=()
	for i in {1..10}; do
		ctr run --rm "${RUN[@]}" "$BUSYBOX" "$C-$i" sh -c "sleep 0.5; echo done-$i" \
			</dev/null >"$BATS_TEST_TMPDIR/$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(cat "$BATS_TEST_TMPDIR"/[0-9]* | sort -V)" "$(printf 'done-%s\n' {1..10})"
}

@test "--pid-file has the pid of init" {
	detached "$C" --pid-file "$BATS_TEST_TMPDIR/pid" -- sleep 1000
	equal "$(<"$BATS_TEST_TMPDIR/pid")" "$(task_pid "$C")"
	grep -qz sleep "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cmdline"
}
