#!/usr/bin/env bats
load helpers

# --- the host's binary (CVE-2019-5736)

@test "the executable of a waiting init is a sealed copy and not the host's file" {
	rt_only "runc 1.1 seals too, but is bigger and not checked here"
	create_ok
	status_of
	local host exe
	host=$(stat -L -c %d:%i "$RUNTIME")
	exe=$(stat -L -c %d:%i "/proc/$container_pid/exe")
	[ "$exe" != "$host" ] || fail "init runs the host's file"
	"$BIN/probe" seals "/proc/$container_pid/exe" >"$BATS_TEST_TMPDIR/seals"
	local s
	for s in seal shrink grow write; do
		file_has "$BATS_TEST_TMPDIR/seals" "$s" || fail "$(<"$BATS_TEST_TMPDIR/seals")"
	done
}

@test "the executable of a waiting init cannot be opened for writing" {
	create_ok
	status_of
	"$BIN/probe" open rw "/proc/$container_pid/exe" >"$BATS_TEST_TMPDIR/o"
	file_has "$BATS_TEST_TMPDIR/o" 'EACCES\|EROFS\|ETXTBSY\|EPERM' || fail "$(<"$BATS_TEST_TMPDIR/o")"
}

@test "an entrypoint that is the runtime itself reaches nothing of the host" {
	local sum
	sum=$(sha256sum "$RUNTIME")
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/evil"
	chmod +x "$ROOTFS/bin/evil"
	args /bin/evil
	RT_TIMEOUT=5 run_container
	[ "$status" -ne 124 ] || fail hung
	args /proc/self/exe --version
	RT_TIMEOUT=5 run_container
	[ "$status" -ne 124 ] || fail hung
	! [[ $stdout == *" version "* ]] || fail "the host's binary ran in the container"
	assert_equal "$(sha256sum "$RUNTIME")" "$sum"
}

@test "a container that hunts for the executables of new processes never gets one to write" {
	local sum i
	sum=$(sha256sum "$RUNTIME")
	# The hunter has the pid namespace that the others join.
	config '.process.capabilities |= map_values(["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'
	args probe hunt 30000
	create_ok
	local hunter=$CREATE_OUT
	rt_ok start "$ID"
	wait_output "$hunter" hunting
	status_of
	config '(.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "/proc/$container_pid/ns/pid"
	args true
	for i in 1 2 3 4 5; do
		rt_ok run --bundle "$BUNDLE" "$ID-$i"
	done
	rt_ok kill "$ID" TERM
	wait_output "$hunter" won=
	assert_equal "$(tail -1 "$hunter")" "hunt tried=yes won=0"
	assert_equal "$(sha256sum "$RUNTIME")" "$sum"
}

@test "root of a user namespace cannot look into an init that waits in it" {
	use_userns
	script 'while [ ! -e /tmp/pid ]; do sleep 0.02; done; p=$(cat /tmp/pid)
		ls /proc/$p/fd/ 2>&1; readlink /proc/$p/exe || echo no exe; readlink /proc/$p/root || echo no root; cat /proc/$p/environ' \
		'.mounts += [{destination: "/tmp", type: "bind", source: $ARGS.named.t, options: ["bind"]}]
		| .process.capabilities |= map_values(["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])' --arg t /tmp
	mkdir "$BATS_TEST_TMPDIR/tmp"
	config '.mounts[-1].source = $t' --arg t "$BATS_TEST_TMPDIR/tmp"
	create_ok
	local spy=$CREATE_OUT
	rt_ok start "$ID"
	status_of
	config '.linux.namespaces = [{type: "mount"}, {type: "uts"}, {type: "ipc"}, {type: "network"},
		{type: "user", path: "/proc/\($p)/ns/user"}, {type: "pid", path: "/proc/\($p)/ns/pid"}] | .mounts = []
		| del(.linux.maskedPaths, .linux.readonlyPaths)
		| .mounts = [{destination: "/proc", type: "proc", source: "proc"}, {destination: "/dev", type: "tmpfs", source: "tmpfs"}]' --arg p "$container_pid"
	args true
	rt create --bundle "$BUNDLE" "$ID-2"
	if [ "$status" -ne 0 ] && ! is_rt; then skip "runc 1.1 cannot join a user namespace here: $stderr"; fi
	[ "$status" -eq 0 ] || fail create
	status_of "$ID-2"
	awk '/^NSpid/ {print $NF}' "/proc/$container_pid/status" >"$BATS_TEST_TMPDIR/tmp/p"
	mv "$BATS_TEST_TMPDIR/tmp/p" "$BATS_TEST_TMPDIR/tmp/pid"
	wait_output "$spy" "no root"
	file_has "$spy" "no exe"
	file_has "$spy" "ermission denied"
}

# --- descriptors and the working directory (CVE-2024-21626)

@test "cwd through a descriptor of the runtime is refused" {
	local n
	exec 9</
	for n in 3 4 5 6 7 8 9 10 11 12; do
		config '.process.cwd = "/proc/self/fd/\($n)"' --arg n "$n"
		run_script 'pwd -P; ls'
		[ "$status" -ne 0 ] || fail "fd $n: $stdout"
	done
	exec 9<&-
}

@test "cwd through a descriptor and out of it is refused" {
	local n
	exec 9</tmp
	for n in 3 5 7 8 9; do
		config '.process.cwd = "/proc/self/fd/\($n)/../../tmp"' --arg n "$n"
		run_script 'pwd -P'
		[ "$status" -ne 0 ] || fail "fd $n: $stdout"
	done
	exec 9<&-
}

@test "a symbolic link of the image to a descriptor is no way out" {
	ln -s /proc/self/fd/9/ "$ROOTFS/foo"
	config '.process.cwd = "/foo"'
	RT_WRAP=(bash -c 'exec "$@" 9</' bash)
	run_script 'pwd -P; ls'
	[ "$status" -ne 0 ] || fail "$stdout"
}

@test "an executable through a descriptor of the runtime is refused" {
	local n
	RT_WRAP=(bash -c 'exec "$@" 9</' bash)
	for n in 3 6 7 8 9; do
		args "/proc/self/fd/$n/bin/sh" -c 'echo escaped; ls /'
		run_container
		[ "$status" -ne 0 ] || fail "fd $n: $stdout"
		assert_lacks escaped
	done
}

@test "the working directory lies inside the root" {
	args sleep 100
	create_ok
	rt_ok start "$ID"
	status_of
	assert_equal "$(stat -L -c %i "/proc/$container_pid/cwd")" "$(stat -c %i "$ROOTFS")"
	assert_equal "$(stat -L -c %i "/proc/$container_pid/root")" "$(stat -c %i "$ROOTFS")"
}

@test "the environment has nothing of the runtime's" {
	config '.process.env = ["PATH=/bin"]'
	args env
	GODEBUG=madvdontneed=1 LD_LIBRARY_PATH=/x RT_SECRET=1 run_ok
	assert_equal "$(sort <<<"$stdout")" "HOME=/root
PATH=/bin"
}

@test "no process of the runtime is in the container" {
	run_script_ok 'ls -d /proc/[0-9]* | wc -l; ps'
	[ "$(head -1 "$OUT" | tr -d ' ')" -le 3 ] || fail processes
	assert_lacks runc "rt init"
}

# --- hostile root file systems

# canary: a directory of the host that a hostile rootfs points at.
canary() {
	CANARY=$BATS_TEST_TMPDIR/canary
	mkdir "$CANARY"
	echo keep >"$CANARY/ptmx"
	echo keep >"$CANARY/null"
	echo keep >"$CANARY/existing"
	chmod 600 "$CANARY"/*
	CANARY_BEFORE=$(canary_state)
}

canary_state() {
	(cd "$CANARY" && find . -printf '%p %y %m %U:%G %s %T@ %C@ %l\n' | sort && cat ./* 2>/dev/null)
}

assert_canary() {
	assert_equal "$(canary_state)" "$CANARY_BEFORE" "canary"
}

@test "S10: /proc and /sys that are symbolic links are refused" {
	local d target
	canary
	for d in proc sys; do
		for target in /bad "$CANARY" ../../../../../tmp; do
			mkdir -p "$ROOTFS/bad"
			rm -rf "${ROOTFS:?}/$d"
			ln -s "$target" "$ROOTFS/$d"
			run_container
			assert_fails
			assert_rt_says "mounts[" "/$d"
			rm "$ROOTFS/$d"
			mkdir "$ROOTFS/$d"
		done
	done
	assert_canary
}

@test "S14: a /dev that is a symbolic link leaves the host alone" {
	local target
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	for target in "$CANARY" ../../canary /proc/self/root/"$CANARY"; do
		rm -rf "${ROOTFS:?}/dev"
		ln -s "$target" "$ROOTFS/dev"
		is_rt || continue # runc 1.1 fills it (CVE-2026-41579)
		RT_TIMEOUT=5 create
		[ "$status" -lt 124 ] || fail hung
		RT_TIMEOUT=5 rt start "$ID"
		RT_TIMEOUT=5 rt_ok delete --force "$ID"
		assert_canary
	done
}

@test "S15: a /dev/console that is a symbolic link leaves the host alone" {
	local target
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.terminal = true'
	for target in "$CANARY/new" "$CANARY/existing" ../../../canary/new; do
		rm -rf "${ROOTFS:?}/dev"
		mkdir "$ROOTFS/dev"
		ln -s "$target" "$ROOTFS/dev/console"
		rm -f "$BATS_TEST_TMPDIR/s"
		in_background "$BIN/recvtty" tty "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/o"
		wait_for 5 test -S "$BATS_TEST_TMPDIR/s"
		RT_TIMEOUT=5 create --console-socket "$BATS_TEST_TMPDIR/s"
		[ "$status" -lt 124 ] || fail hung
		RT_TIMEOUT=5 rt_ok delete --force "$ID"
		assert_canary
	done
}

@test "S18: stdio is not opened again through the image's /dev/null" {
	rt_only "runc 1.1 does, with files as stdio"
	echo keep >"$ROOTFS/marker"
	chmod 666 "$ROOTFS/marker"
	rm -rf "${ROOTFS:?}/dev"
	mkdir "$ROOTFS/dev"
	ln -s /marker "$ROOTFS/dev/null"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false
		| .process.user = {uid: 1000, gid: 1000}'
	args echo escaped
	run_container
	assert_equal "$(<"$ROOTFS/marker")" keep
	assert_equal "$(stat -c %u "$ROOTFS/marker")" 0
	[ "$status" -ne 0 ] || assert_out escaped
}

@test "S20: a read-only root stays so whatever the image's /proc holds" {
	rm -rf "${ROOTFS:?}/proc"
	mkdir -p "$ROOTFS/proc/self/fd"
	local i
	for i in {0..30}; do
		ln -s /tmp "$ROOTFS/proc/self/fd/$i"
	done
	config '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	run_script 'probe open c /x open c /tmp/x'
	[ "$status" -ne 0 ] || assert_out "open c /x EROFS
open c /tmp/x EROFS"
}

@test "S20: a read-only root without /proc and /dev mounts is read-only" {
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	run_script 'probe open c /x'
	[ "$status" -ne 0 ] || assert_out "open c /x EROFS"
}

@test "S23: paths of the configuration stay inside the root" {
	canary
	config '.mounts += [{destination: "/../../../../../escape1", type: "tmpfs", source: "tmpfs"},
			{destination: ("/../../../.." + $c + "/escape2"), type: "tmpfs", source: "tmpfs"}]
		| .linux.maskedPaths += ["/../../../../../etc/hostname", $c + "/existing"]
		| .linux.readonlyPaths += ["/../../../../../etc"]
		| .process.cwd = "/../../../../tmp"' --arg c "$CANARY"
	run_script 'pwd; cat /proc/self/mountinfo'
	[ "$status" -eq 0 ] || assert_fails
	[ "$status" -ne 0 ] || assert_has "/escape1 "
	assert_canary
	[ ! -e /escape1 ] || fail "made on the host"
}

@test "hostile inodes at the usual places neither hang nor escape" {
	rt_only "runc 1.1 hangs on some"
	local path kind n=0
	canary
	for path in proc sys dev dev/null dev/pts etc/passwd etc/group tmp bin/sh; do
		for kind in fifo loop outside dir0 socket; do
			rm -rf "$ROOTFS"
			cp -a "$RT_TEST_CACHE/small" "$ROOTFS"
			rm -rf "${ROOTFS:?}/$path"
			case $kind in
			fifo) mkfifo "$ROOTFS/$path" ;;
			loop) ln -s "$(basename "$path")" "$ROOTFS/$path" ;;
			outside) ln -s "$CANARY" "$ROOTFS/$path" ;;
			dir0) mkdir -m 0 "$ROOTFS/$path" ;;
			socket) mknod "$ROOTFS/$path" c 99 99 ;;
			esac
			RT_TIMEOUT=5 run_script 'echo up'
			[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || fail "$path as $kind: hung"
			! [[ $output =~ (panic:|goroutine) ]] || fail "$path as $kind: panic"
			[ "$status" -eq 0 ] || assert_fails
			n=$((n + 1))
		done
	done
	assert_canary
	[ "$n" -eq 45 ]
}

# --- what lies in the state directory

@test "state files are root's alone and the gate is nobody else's" {
	rt_only "the layout is rt's"
	create_ok
	local f mode
	for f in "$STATE/$ID"/*; do
		mode=$(stat -c %a "$f")
		[ -d "$f" ] || [ "${mode: -1}" = 0 ] || fail "$f has mode $mode"
	done
	mode=$(stat -c %a "$STATE/$ID")
	[[ $mode == 7[01][01] ]] || fail "$STATE/$ID has mode $mode"
}

@test "a pid file, a log and a trace are not written through a link in the way of others" {
	canary
	ln -s "$CANARY/existing" "$BATS_TEST_TMPDIR/pid"
	create_ok --pid-file "$BATS_TEST_TMPDIR/pid"
	assert_canary
}

@test "no descriptor of an init leads to a directory of the host" {
	create_ok
	status_of
	local fd
	for fd in "/proc/$container_pid/fd"/*; do
		[ -d "$fd/" ] || continue
		[ "$(stat -L -c %d:%i "$fd")" = "$(stat -L -c %d:%i "/proc/$container_pid/root")" ] ||
			[[ $(stat -L -f -c %T "$fd") == proc ]] || fail "$fd -> $(readlink "$fd")"
	done
}
