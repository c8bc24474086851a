#!/usr/bin/env bats
load helpers

# What a container tries with a process of the runtime's that enters it, and with what
# the runtime leaves lying about.

@test "S02: nobody in a container can trace or read what exec brings in before it is the program" {
	cp "$ATTACK/seizer" "$ROOTFS/bin/seizer"
	config '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_CHROOT"])'
	args seizer
	create_ok
	local seizer=$CREATE_OUT n
	rt_ok start "$ID"
	wait_output "$seizer" seizing
	for ((n = 0; n < RT_ATTACK_ROUNDS; n++)); do
		rt exec "$ID" true # the seizer may still end a program that is the container's own by now
	done
	rt_ok kill "$ID" TERM
	wait_output "$seizer" seized=
	assert_equal "$(tail -1 "$seizer")" "seizer tried=yes seized=0 peeked=0"
}

@test "S02: with CAP_SYS_PTRACE in a user namespace of the container's own it cannot either" {
	cp "$ATTACK/seizer" "$ROOTFS/bin/seizer"
	use_userns
	config '.process.capabilities |= map_values(["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN", "CAP_KILL"])'
	args seizer
	create_ok
	local seizer=$CREATE_OUT n
	rt_ok start "$ID"
	wait_output "$seizer" seizing
	for ((n = 0; n < RT_ATTACK_ROUNDS / 2; n++)); do
		rt exec "$ID" true
	done
	rt_ok kill "$ID" TERM
	wait_output "$seizer" seized=
	assert_equal "$(tail -1 "$seizer")" "seizer tried=yes seized=0 peeked=0"
}

@test "S01: exec of a program that is the runtime itself reaches nothing of the host" {
	local sum i
	sum=$(sha256sum "$RUNTIME")
	rm "$ROOTFS/bin/cat"
	ln -s /proc/self/exe "$ROOTFS/bin/cat"
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/evil"
	chmod +x "$ROOTFS/bin/evil"
	args sleep 100
	create_ok
	rt_ok start "$ID"
	for i in cat evil /proc/self/exe /proc/1/exe; do
		RT_TIMEOUT=5 rt exec "$ID" "$i" --version
		[ "$status" -ne 124 ] || fail "$i: hung"
		! [[ $stdout == *" version "* ]] || fail "$i: the host's binary ran in the container"
	done
	assert_equal "$(sha256sum "$RUNTIME")" "$sum"
}

@test "S01: the program of exec is a sealed copy, too" {
	rt_only "runc 1.1 seals too, but is bigger and not checked here"
	args probe hunt 20000
	config '.process.capabilities |= map_values(["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"])'
	create_ok
	local hunter=$CREATE_OUT n
	rt_ok start "$ID"
	wait_output "$hunter" hunting
	for ((n = 0; n < RT_ATTACK_ROUNDS / 4; n++)); do
		rt_ok exec "$ID" true
	done
	rt_ok kill "$ID" TERM
	wait_output "$hunter" won=
	assert_equal "$(tail -1 "$hunter")" "hunt tried=yes won=0"
}

@test "S04: creates that fail leave no descriptor in the caller" {
	# A long-lived caller has the same descriptors after many failures.
	local before after n # by globs, which make no pipe and no process
	config '.process.cwd = "/proc/self/fd/3" | .mounts += [{destination: "/x", type: "nosuchfs"}]'
	before=(/proc/$$/fd/*)
	for ((n = 0; n < 20; n++)); do
		create
		[ "$status" -ne 0 ] || fail created
	done
	after=(/proc/$$/fd/*)
	assert_equal "${#after[@]}" "${#before[@]}"
}

@test "S05: neither hooks nor the runtime see the container's environment" {
	local kind
	cat >"$BATS_TEST_TMPDIR/hook" <<-E
		#!/bin/sh
		env >>"$BATS_TEST_TMPDIR/seen"
	E
	chmod +x "$BATS_TEST_TMPDIR/hook"
	: >"$BATS_TEST_TMPDIR/seen"
	config '.process.env = ["PATH=/evil:/bin", "LD_PRELOAD=/proc/self/cwd/evil.so", "EVIL=1", "GODEBUG=x=1"]'
	for kind in prestart createRuntime createContainer poststart poststop; do
		config '.hooks[$k] = [{path: $p, env: ["PATH=/usr/bin:/bin"]}]' --arg k "$kind" --arg p "$BATS_TEST_TMPDIR/hook"
	done
	config '.process.args = ["/bin/true"]'
	run_ok
	[ "$(grep -c ^PATH= "$BATS_TEST_TMPDIR/seen")" -eq 5 ] || fail "$(<"$BATS_TEST_TMPDIR/seen")"
	! grep -q 'EVIL\|LD_PRELOAD\|GODEBUG\|/evil' "$BATS_TEST_TMPDIR/seen" || fail "$(<"$BATS_TEST_TMPDIR/seen")"
}

@test "S05: createContainer hooks do not make files that everybody may write to" {
	cat >"$BATS_TEST_TMPDIR/hook" <<-E
		#!/bin/sh
		umask >>"$BATS_TEST_TMPDIR/seen"
	E
	chmod +x "$BATS_TEST_TMPDIR/hook"
	config '.hooks = {createRuntime: [{path: $p}], createContainer: [{path: $p}]}' --arg p "$BATS_TEST_TMPDIR/hook"
	run_ok
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/seen")" 0022
}

@test "S46: a program without a terminal of its own cannot type at the caller's" {
	args sleep 100
	config '.process.capabilities |= map_values(["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"])'
	create_ok
	rt_ok start "$ID"
	# exec on the caller's terminal, without one of its own.
	in_background "$BIN/withpty" "$BATS_TEST_TMPDIR/typed" "$RUNTIME" --root "$STATE" exec "$ID" probe tiocsti session
	wait_background "$BG"
	file_has "$BATS_TEST_TMPDIR/typed" 'tiocsti E' || fail "$(<"$BATS_TEST_TMPDIR/typed")"
	file_has "$BATS_TEST_TMPDIR/typed" 'ctty=ENXIO' || fail "$(<"$BATS_TEST_TMPDIR/typed")"
}

@test "S47: a keyring that somebody has prepared for the container is not joined" {
	rt_only "runc 1.1 joins it"
	in_background "$ATTACK/keyring" "_ses.$ID"
	local planted=$BG_OUT
	wait_output "$planted" serial=
	args probe keyring
	run_ok
	[ "${stdout%% keyring;*}" != "keyring $(<"$planted")" ] || fail "joined $(<"$planted")"
	assert_has "keyring serial="
	args sleep 100
	create_ok
	rt_ok start "$ID"
	rt_ok exec "$ID" probe keyring
	[ "${stdout%% keyring;*}" != "keyring $(<"$planted")" ] || fail "exec joined $(<"$planted")"
}

@test "S51: the runtime makes no socket and no shared memory that others reach" {
	local before after
	before=$(awk '$NF ~ /^@/ {print $NF}' /proc/net/unix | sort -u; ls -A /dev/shm)
	create_ok
	after=$(awk '$NF ~ /^@/ {print $NF}' /proc/net/unix | sort -u; ls -A /dev/shm)
	assert_equal "$after" "$before"
}

@test "S51: what a hook in the container does to its output is out of everybody's reach" {
	rt_only "runc keeps the output in memory"
	cat >"$ROOTFS/hook" <<-E
		#!/bin/sh
		echo '#!/bin/sh'
		cd /proc/self/fd && chmod 6777 1
		stat -L -c mode=%a 1 >&2
	E
	chmod +x "$ROOTFS/hook"
	config '.hooks = {startContainer: [{path: "/hook"}]} | .process.args = ["sleep", "100"]
		| .process.capabilities |= map_values(["CAP_FOWNER", "CAP_FSETID"])'
	chmod 0711 "$BATS_TEST_TMPDIR"
	create_ok
	rt_ok start "$ID"
	local file
	file=$(find "$STATE/$ID" -type f -perm /6000)
	[ -n "$file" ] || fail "the hook had no file to change: $(find "$STATE/$ID" -ls)"
	refute setpriv --reuid 1000 --regid 1000 --clear-groups stat "$file"
}

@test "S54, section 1D: a set-user-ID runtime refuses to work" {
	rt_only "runc runs what it is told as root then"
	install -m 4755 "$RUNTIME" "$BATS_TEST_TMPDIR/rt"
	chmod 0711 "$BATS_TEST_TMPDIR"
	local flag verb
	for flag in 4755 2755; do
		chmod "$flag" "$BATS_TEST_TMPDIR/rt"
		for verb in list "state x" "run x" features; do
			# shellcheck disable=SC2086
			CALL="rt $verb" status=0
			# shellcheck disable=SC2086
			stderr=$(setpriv --reuid 1000 --regid 1000 --clear-groups "$BATS_TEST_TMPDIR/rt" $verb 2>&1 >/dev/null </dev/null) || status=$?
			[ "$status" -ne 0 ] && [[ $stderr == *set-user-ID* ]] || fail "$flag $verb: $status $stderr"
		done
	done
}
