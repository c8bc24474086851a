#!/usr/bin/env bats
load helpers

# hook KIND [EXTRA]: a hook that writes KIND and what it got to $LOG.
setup() {
	setup_test
	LOG=$BATS_TEST_TMPDIR/log
	: >"$LOG"
	cat >"$BATS_TEST_TMPDIR/hook" <<-'EOF'
		#!/bin/busybox sh
		state=$(cat)
		echo "$2" >>"$1"
		echo "$state" >"$1.$2"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/hook"
}

# log_hooks KIND...: one logging hook each
log_hooks() {
	config '.hooks = ($ARGS.positional | map({(.): [{path: $p, args: ["hook", $log, .]}]}) | add)' \
		--arg p "$BATS_TEST_TMPDIR/hook" --arg log "$LOG" --args -- "$@"
}

# sh_hook KIND SCRIPT [EXTRA-JSON]: add a hook that runs a script.
sh_hook() {
	config '.hooks[$k] += [{path: "/bin/busybox", args: ["sh", "-c", $s]} + '"${3:-{\}}"']' --arg k "$1" --arg s "$2"
}

@test "hooks run in the order of the lifecycle" {
	log_hooks prestart createRuntime createContainer poststop
	args sleep 100
	create_ok
	assert_equal "$(<"$LOG")" "prestart
createRuntime
createContainer"
	rt_ok start "$ID"
	rt_ok delete --force "$ID"
	assert_equal "$(tail -1 "$LOG")" poststop
	assert_equal "$(wc -l <"$LOG")" 4
}

@test "poststart hooks run at start, after the program was executed" {
	rt_only "runc 1.1 runs them at create"
	log_hooks poststart
	script 'touch /ran; sleep 100' '.root.readonly = false'
	create_ok
	[ ! -s "$LOG" ] || fail "ran at create"
	rt_ok start "$ID"
	assert_equal "$(<"$LOG")" poststart
	assert_equal "$(jq -r .status "$LOG.poststart")" running
}

@test "hooks of one kind run in the order of the list" {
	local i
	for i in 1 2 3; do
		sh_hook createRuntime "echo $i >>$LOG"
	done
	create_ok
	assert_equal "$(<"$LOG")" "1
2
3"
}

@test "every hook gets the state on stdin" {
	local k
	config '.annotations = {"org.example": "value"}'
	log_hooks prestart createRuntime createContainer poststart poststop
	args sleep 100
	create_ok
	status_of
	rt_ok start "$ID"
	rt_ok delete --force "$ID"
	for k in prestart createRuntime createContainer poststart poststop; do
		jq -e --arg id "$ID" --arg b "$BUNDLE" '.id == $id and .bundle == $b and (.ociVersion | length > 0)
			and .annotations["org.example"] == "value" and (.status | length > 0)' "$LOG.$k" >/dev/null || fail "$k: $(<"$LOG.$k")"
	done
	for k in prestart createRuntime poststart; do
		assert_equal "$(jq .pid "$LOG.$k")" "$container_pid" "pid for $k"
	done
	assert_equal "$(jq -r .status "$LOG.poststop")" stopped
}

@test "a hook gets tens of kilobytes of annotations as they are, and then the end of its stdin" {
	config ".annotations = $ANNOTATIONS"
	log_hooks createRuntime poststop
	create_ok
	rt_ok delete --force "$ID"
	for k in createRuntime poststop; do
		jq -e --slurpfile c "$CONFIG" '.annotations == $c[0].annotations' "$LOG.$k" >/dev/null || fail "$k: $(head -c 300 "$LOG.$k")"
	done
}

@test "what a hook prints and what it leaves running do not get the caller's stdout" {
	rt_only "runc waits for whoever holds the hook's stdout (B9)"
	sh_hook createRuntime "echo out; echo err >&2; sleep 1000 & echo \$! >$LOG"
	sh_hook poststop "echo out; echo err >&2; sleep 1000 & echo \$! >>$LOG"
	# The reader is done when nobody has the pipe any more.
	create_ok
	timeout 5 "$RUNTIME" --root "$STATE" delete --force "$ID" </dev/null 2>&1 3>&- | cat >"$BATS_TEST_TMPDIR/said" 3>&-
	assert_equal "$(cat "$CREATE_OUT" "$CREATE_ERR" "$BATS_TEST_TMPDIR/said")" ""
	local pid
	while read -r pid; do
		kill "$pid" || fail "what the hook left was killed"
	done <"$LOG"
}

@test "a hook that does not read its stdin is no failure" {
	config '.annotations = {"big": ("x" * 200000)}'
	sh_hook createRuntime 'exec <&-; exit 0'
	create_ok
}

@test "prestart and createRuntime hooks run in the runtime's namespaces before pivot_root" {
	for k in prestart createRuntime; do
		sh_hook $k "readlink /proc/self/ns/mnt >>$LOG; ls -d $BUNDLE >>$LOG"
	done
	create_ok
	assert_equal "$(sort -u "$LOG")" "$(printf '%s\n%s' "$BUNDLE" "$(readlink /proc/self/ns/mnt)" | sort)"
}

@test "prestart and createRuntime hooks find the container's new namespaces by its pid" {
	for k in prestart createRuntime; do
		sh_hook $k "readlink /proc/\$(sed 's/.*\"pid\": *\([0-9]*\).*/\1/')/ns/net >>$LOG"
	done
	create_ok
	status_of
	assert_equal "$(<"$LOG")" "$(printf '%s\n%s' "$(readlink "/proc/$container_pid/ns/net")" "$(readlink "/proc/$container_pid/ns/net")")"
	[ "$(head -1 "$LOG")" != "$(readlink /proc/self/ns/net)" ] || fail "the network is the host's"
}

@test "createContainer hooks run in the container's mount namespace with the host's tree" {
	sh_hook createContainer "readlink /proc/self/ns/mnt >>$LOG; ls -d $BUNDLE >>$LOG"
	args sleep 100
	create_ok
	status_of
	assert_equal "$(sed -n 1p "$LOG")" "$(readlink "/proc/$container_pid/ns/mnt")"
	assert_equal "$(sed -n 2p "$LOG")" "$BUNDLE"
}

@test "createContainer hooks find the container's mounts below the rootfs" {
	sh_hook createContainer "[ -e $ROOTFS/proc/self ] && echo proc >>$LOG; [ -c $ROOTFS/dev/null ] && echo dev >>$LOG; true"
	create_ok
	assert_equal "$(<"$LOG")" "proc
dev"
}

@test "a createContainer hook may mount into the rootfs" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	echo data >"$BATS_TEST_TMPDIR/vol/f"
	sh_hook createContainer "mount --bind $BATS_TEST_TMPDIR/vol $ROOTFS/mnt"
	run_script_ok 'cat /mnt/f'
	assert_out data
}

@test "startContainer hooks run in the container, before the program" {
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >/state; pwd; ls -d /bin; echo $$ >/pid; readlink /proc/self/ns/mnt >/ns"]}] | .root.readonly = false'
	script 'cat /ns; readlink /proc/self/ns/mnt; cat /state'
	run_ok
	assert_equal "$(grep -c mnt: <<<"$stdout")" 2
	assert_equal "$(grep mnt: <<<"$stdout" | sort -u | wc -l)" 1 "different namespaces"
	assert_has "$ID"
}

@test "startContainer hooks run at start and not at create" {
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "touch /started"]}] | .root.readonly = false'
	create_ok
	[ ! -e "$ROOTFS/started" ] || fail "ran at create"
	rt_ok start "$ID"
	wait_for 5 test -e "$ROOTFS/started"
}

@test "hooks get exactly their own environment" {
	sh_hook createRuntime "env >$LOG" '{env: ["A=1", "B=two words"]}'
	LEAK=x create_ok
	assert_equal "$(grep -v -E '^(PATH|PWD|SHLVL|_)=' "$LOG" | sort)" "A=1
B=two words"
}

@test "hooks without env inherit the runtime's environment" {
	rt_only "runc 1.1 does so as well, but only for some kinds"
	sh_hook createRuntime "env >$LOG"
	INHERITED=yes create_ok
	grep -q INHERITED=yes "$LOG"
}

@test "hooks without env inherit no more and no less than the runtime's environment" {
	local caller
	rt_only "runc 1.1 inherits for some kinds only"
	config '.process.args = ["true"]'
	sh_hook createRuntime "env >$LOG"
	for caller in "B=2" "GOMAXPROCS=7" "GOMAXPROCS=1"; do
		env -i A=1 "PATH=$PATH" "$caller" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" </dev/null
		assert_equal "$(grep -v -E '^(PWD|SHLVL|_)=' "$LOG" | sort)" "$(printf '%s\n' A=1 "PATH=$PATH" "$caller" | sort)"
	done
}

@test "the container's environment does not reach hooks" {
	local k
	for k in prestart createRuntime createContainer poststart poststop; do
		sh_hook $k "env >>$LOG" '{env: ["OWN=1"]}'
	done
	config '.process.env += ["LD_PRELOAD=/proc/self/cwd/evil.so", "EVIL=1"]'
	args sleep 100
	create_ok
	rt_ok start "$ID"
	rt_ok delete --force "$ID"
	assert_equal "$(grep -c OWN=1 "$LOG")" 5
	refute grep -q -E 'EVIL|LD_PRELOAD' "$LOG"
}

@test "args[0] of a hook need not be its path" {
	config '.hooks.createRuntime = [{path: "/bin/busybox", args: ["touch", $f]}]' --arg f "$LOG.touched"
	create_ok
	[ -e "$LOG.touched" ]
}

@test "a hook may be the executable of a process" {
	# As Docker's engine names its own, to be told by args[0] what to do.
	in_background /bin/busybox sleep 1000
	wait_for 5 eval '[ "$(readlink /proc/$BG/exe)" = "$(realpath /bin/busybox)" ]'
	config '.hooks.prestart = [{path: $p, args: ["touch", $f]}]' --arg p "/proc/$BG/exe" --arg f "$LOG.touched"
	create_ok
	[ -e "$LOG.touched" ]
}

@test "poststop hooks run in delete, with and without --force, and at the end of run" {
	local n=0 call
	sh_hook poststop "echo ran >>$LOG"
	args true
	for call in "delete ID" "delete --force ID" run; do
		if [ "$call" = run ]; then
			run_ok
		else
			create_ok
			rt_ok start "$ID"
			wait_status stopped
			assert_equal "$(wc -l <"$LOG")" $n "before $call"
			rt_ok ${call//ID/$ID}
		fi
		n=$((n + 1))
		assert_equal "$(wc -l <"$LOG")" $n "after $call"
	done
}

@test "a hook without args gets its path as args[0]" {
	printf '#!/bin/sh\ncat >/dev/null\necho "$0 $#" >%s\n' "$LOG" >"$BATS_TEST_TMPDIR/h"
	chmod +x "$BATS_TEST_TMPDIR/h"
	config '.hooks.createRuntime = [{path: $p}]' --arg p "$BATS_TEST_TMPDIR/h"
	create_ok
	assert_equal "$(<"$LOG")" "$BATS_TEST_TMPDIR/h 0"
}

@test "a failing prestart, createRuntime or createContainer hook fails create and leaves nothing" {
	local k
	for k in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		sh_hook $k 'echo the reason >&2; exit 3'
		create
		assert_fails
		assert_rt_says "hooks.$k[0]" "the reason"
		assert_within 1000
		assert_status ""
		oracle_after || fail "$k left something"
	done
}

@test "hooks after a failed one do not run, poststop hooks do" {
	rt_only "runc 1.1 runs no poststop hooks after a failed create"
	log_hooks poststop
	sh_hook createRuntime 'exit 1'
	sh_hook createRuntime "echo second >>$LOG"
	sh_hook createContainer "echo third >>$LOG"
	create
	assert_fails
	assert_equal "$(<"$LOG")" poststop
}

@test "a failing startContainer hook fails start, stops the container and tells why" {
	rt_only "runc 1.1 reports nothing to start's caller"
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]'
	script 'echo ran'
	create_ok
	rt start "$ID"
	assert_fails "hooks.startContainer[0]"
	wait_status stopped
	[ ! -s "$CREATE_OUT" ] || fail "the program ran"
}

@test "a failing poststart hook fails start and stops the container" {
	rt_only "runc 1.1 runs it at create"
	sh_hook poststart 'exit 3'
	args sleep 1000
	create_ok
	rt start "$ID"
	assert_fails
	assert_rt_says "hooks.poststart[0]"
	wait_status stopped
}

@test "a failing poststop hook is a warning, the others run and delete succeeds" {
	rt_only "runc 1.1 stops at the first"
	sh_hook poststop 'exit 3'
	sh_hook poststop "echo second >>$LOG"
	create_ok
	rt_ok delete --force "$ID"
	assert_equal "$(<"$LOG")" second
	! is_rt || [[ $stderr == *"hooks.poststop[0]"* ]] || fail "no warning"
}

@test "a failing hook fails run as well" {
	sh_hook createRuntime 'exit 3'
	run_container
	assert_fails
	assert_equal "$status" 1
}

@test "a hook that is missing fails create and is named" {
	config '.hooks.createRuntime = [{path: "/no/such/hook"}]'
	create
	assert_fails "/no/such/hook" "no such file or directory"
	assert_rt_says "hooks.createRuntime[0]"
}

@test "a hook that is not executable fails create and is named" {
	touch "$BATS_TEST_TMPDIR/h"
	config '.hooks.createRuntime = [{path: $p}]' --arg p "$BATS_TEST_TMPDIR/h"
	create
	assert_fails "$BATS_TEST_TMPDIR/h" "permission denied"
}

@test "a hook with a relative path is refused" {
	rt_only "runc 1.1 looks it up"
	config '.hooks.createRuntime = [{path: "bin/true"}]'
	create
	assert_fails "hooks.createRuntime[0].path"
}

@test "a timeout that is not greater than zero is refused" {
	rt_only "runc 1.1 ignores it"
	local t
	for t in 0 -1; do
		config ".hooks.createRuntime = [{path: \"/bin/true\", timeout: $t}]"
		create
		assert_fails "hooks.createRuntime[0].timeout"
	done
}

@test "a hanging hook is ended at its timeout" {
	sh_hook createRuntime 'exec sleep 60' '{timeout: 1}'
	create
	assert_fails
	assert_rt_says "hooks.createRuntime[0]" "timeout"
	assert_within 2500
	[ "$elapsed" -ge 900 ] || fail "ended after $elapsed ms"
}

@test "a hanging hook is ended with its children, also when it ignores signals" {
	rt_only "runc kills the hook alone and waits for the rest (B9)"
	sh_hook createRuntime 'trap "" TERM INT; sleep 1001 & sleep 1002' '{timeout: 1}'
	create
	assert_fails "hooks.createRuntime[0]"
	assert_within 2500
	wait_for 2 no_new_processes || fail "left: $NEW_PROCESSES"
}

@test "a hanging startContainer hook is ended at its timeout" {
	rt_only "runc 1.1 waits for ever"
	config '.hooks.startContainer = [{path: "/bin/sleep", args: ["sleep", "60"], timeout: 1}]'
	create_ok
	rt start "$ID"
	assert_fails "hooks.startContainer[0]"
	assert_within 2500
}

@test "a hanging createContainer hook is ended at its timeout" {
	sh_hook createContainer 'exec sleep 60' '{timeout: 1}'
	create
	assert_fails
	assert_within 3000
}

@test "a hook that daemonizes does not block create and keeps running" {
	rt_only "runc waits for whoever holds the hook's stdout (B9)"
	sh_hook createRuntime "sleep 3.3 & echo \$! >$LOG"
	create_ok
	assert_within 1500
	kill "$(<"$LOG")" || fail "the daemon was killed"
}

@test "hooks hold none of the caller's descriptors" {
	sh_hook createRuntime "ls -l /proc/self/fd >$LOG"
	exec 9</etc/hostname
	"$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 3>&-
	exec 9<&-
	refute grep -q -E ' 9 -> /etc/hostname' "$LOG"
	# What a hook prints is kept in the state directory, to be shown if it fails.
	refute grep -q "$STATE/$ID/[^h]" "$LOG"
}

@test "a hook may ask for the container's state" {
	rt_only "runc 1.1 does not know the container yet"
	sh_hook createRuntime "timeout 3 $RUNTIME --root $STATE state $ID >$LOG 2>&1; echo \"exit \$?\" >>$LOG"
	create_ok
	assert_within 2500
	# either complete, or "does not exist"; never a deadlock
	grep -q -E '"(creating|created)"|does not exist' "$LOG" || fail "$(<"$LOG")"
	refute grep -q "exit 143" "$LOG"
}

@test "hook output of a megabyte is no problem" {
	sh_hook createRuntime 'dd if=/dev/zero bs=1024 count=1024 2>/dev/null; dd if=/dev/zero bs=1024 count=1024 >&2'
	create_ok
	assert_within 3000
}

@test "unknown keys in hooks and empty lists are no failure" {
	config '.hooks = {prestart: [], createRuntime: null}'
	create_ok
}
