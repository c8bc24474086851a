load lib

@test "a container runs to its end and its status says how" {
	pod
	output one . sh -c 'echo out; echo err >&2; exit 7'
	line out err
	grep -q ' stdout F out$' "$LOGS/one.log"
	grep -q ' stderr F err$' "$LOGS/one.log"
	equal "$(container_status | jq -r '"\(.exitCode) \(.reason)"')" "7 Error"
	output two . true
	equal "$(container_status | jq -r '"\(.exitCode // 0) \(.reason)"')" "0 Completed"
}

@test "a stop sends TERM and, after its time, KILL" {
	pod
	container polite . sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'
	eventually 5 grep -q ready "$LOGS/polite.log"
	method StopContainer '{containerId: $c, timeout: 10}' --arg c "$CTR"
	equal "$(container_status | jq -r .exitCode)" 5
	container stubborn . sh -c 'trap "" TERM; echo ready; while :; do sleep 0.05; done'
	eventually 5 grep -q ready "$LOGS/stubborn.log"
	method StopContainer '{containerId: $c, timeout: 1}' --arg c "$CTR"
	equal "$(container_status | jq -r .exitCode)" 137
	method RemoveContainer '{containerId: $c}' --arg c "$CTR"
	call container_status
	is ""
}

@test "a missing program is an error of the start that names it" {
	pod
	create one . nosuchprogram
	[ "$status" -ne 0 ] || start
	[ "$status" -ne 0 ]
	says nosuchprogram 'executable file not found in $PATH'
	create two . /etc/passwd
	[ "$status" -ne 0 ] || start
	says "permission denied"
}

@test "probes give output and exit status" {
	pod
	container one . sleep 1000
	exec_in sh -c 'echo out; echo err >&2; exit 3'
	equal "$status $stdout $stderr" "3 out err"
	exec_in nosuchprogram
	equal "$status" 125
	says 'executable file not found in $PATH'
	local n
	for n in {1..20}; do
		exec_in echo "$n"
		equal "$status $stdout" "0 $n"
	done
}

@test "twenty probes at the same time" {
	pod
	container one . sleep 1000
	local i pids=()
	for i in {1..20}; do
		cri execsync "$CTR" echo "probe-$i" </dev/null >"$BATS_TEST_TMPDIR/p$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(cat "$BATS_TEST_TMPDIR"/p* | sort -V)" "$(printf 'probe-%s\n' {1..20})"
}

@test "a probe that takes too long is ended" {
	pod
	container one . sleep 1000
	call cri execsync -timeout 1 "$CTR" sleep 3210
	equal "$status" 125
	says "timeout"
	eventually 5 eval '! pgrep -f "^sleep 3210"'
	exec_in true
	equal "$status" 0
}

@test "exec streams stdin, stdout, stderr and the exit status" {
	pod
	container one . sleep 1000
	status=0
	stdout=$({ echo typed; sleep 2; } | cri exec "$CTR" sh -c 'read x; echo "got $x"; echo err >&2; exit 4' \
		2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&-) || status=$?
	equal "$status $stdout $(<"$BATS_TEST_TMPDIR/err")" "4 got typed err"
}

@test "exec has a terminal when it asks for one" {
	pod
	container one . sleep 1000
	stdout=$({ echo typed; sleep 2; } | cri exec -t "$CTR" sh -c 'tty; read x; echo "got-$x"' 3>&- 4>&-)
	stdout=${stdout//$'\r'/}
	line /dev/pts/0 got-typed
}

@test "attach has the streams of the container, with and without a terminal" {
	pod
	container one '.stdin = true' sh -c 'while read x; do echo "got $x"; done'
	stdout=$({ sleep 0.5; echo word; sleep 1; } | timeout 3 "$RT_TEST_CACHE/bin/cri" attach "$CTR" 3>&- 4>&-) || true
	is "got word"
	container two '.stdin = true | .tty = true' sh -c 'while read x; do echo "got-$x"; done'
	stdout=$({ sleep 0.5; echo word; sleep 1; } | timeout 3 "$RT_TEST_CACHE/bin/cri" attach -t "$CTR" 3>&- 4>&-) || true
	says got-word
}

@test "mounts are there, read-only if they say so" {
	mkdir "$BATS_TEST_TMPDIR/d"
	echo content >"$BATS_TEST_TMPDIR/d/f"
	pod
	output one ".mounts = [{containerPath: \"/ro\", hostPath: \"$BATS_TEST_TMPDIR/d\", readonly: true},
		{containerPath: \"/rw\", hostPath: \"$BATS_TEST_TMPDIR/d\"}]" \
		sh -c 'cat /ro/f; touch /ro/g 2>&1; touch /rw/h && echo written'
	line content written
	says "Read-only file system"
	[ -e "$BATS_TEST_TMPDIR/d/h" ]
}

@test "a mount of the host reaches a container whose mount propagates" {
	mkdir -p "$BATS_TEST_TMPDIR/d/sub"
	pod
	container one ".mounts = [{containerPath: \"/d\", hostPath: \"$BATS_TEST_TMPDIR/d\", propagation: \"PROPAGATION_HOST_TO_CONTAINER\"}]" sleep 1000
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/d/sub"
	touch "$BATS_TEST_TMPDIR/d/sub/seen"
	exec_in ls /d/sub
	umount "$BATS_TEST_TMPDIR/d/sub"
	is seen
}

@test "environment, directory and devices" {
	pod
	output one '.envs = [{key: "A", value: ("1" | @base64)}] | .workingDir = "/tmp"
		| .devices = [{containerPath: "/dev/other", hostPath: "/dev/full", permissions: "rw"}]' \
		sh -c 'echo $A; pwd; ls -l /dev/other | cut -c1; echo x 2>&1 >/dev/other'
	line 1 /tmp c
}
