#!/usr/bin/env bats
# What containerd, Docker, Podman, CRI-O, BuildKit and buildah take for granted of a
# runtime, as thirty rules. Here are the tests of those that no other suite shows;
# the others are named. The first test checks that each name is that of a test.
#
#  1 global flags come first, twice, in any form  version: global flags may be repeated and take = or a separate word
#                                                 here: a boolean flag of a command takes one dash and a value
#  2 exec and ps stop at the first positional     exec: what follows the id belongs to the command
#                                                 ps: ps does not take options behind the id for its own
#  3 the pid file: no newline, never half         create: create writes the pid of init to --pid-file, without a newline
#                                                 here: the pid file is replaced whole and never written in place
#  4 the console socket                           terminal: the message on the console socket has one control message with one descriptor
#                                                 terminal: create does not wait for an answer of the console socket's owner
#                                                 terminal: the connection to the console socket is closed when create fails
#  5 a terminal: nobody keeps the caller's stdio  terminal: with a terminal nothing keeps the caller's stdin, stdout and stderr
#                                                 terminal: init is on the terminal before create ends
#                                                 here: exec --detach with a terminal leaves nobody with the caller's stdio
#  6 no terminal: the caller's files themselves   create: create gives the container the caller's stdin, stdout and stderr themselves
#                                                 here: exec --detach gives the process the caller's files themselves
#  7 no other descriptor passes                   fds: descriptors of the caller do not reach the process
#                                                 exec: the process has no descriptors besides stdin, stdout and stderr
#  8 success is silent                            here: nothing is said on success, in the whole life of a container
#  9 a failure is one line and one record         here: every command that fails says it in one line and one record
# 10 the log exists after every call              version: --log FILE exists after every call
#                                                 here: the log exists after a call that fails before its command
#                                                 here: calls that share a log do not mix their records
# 11 args[0] is looked up by create               create: create finds a missing command before start
#                                                 create: create finds a missing path before start
#                                                 exec: a command that is not there fails with 255 and says so
# 12 how a bad args[0] is reported                create: create refuses a directory as command with permission denied
#                                                 create: create finds a file that is not executable before start
#                                                 exec: a command that cannot be executed fails with 255 and says so
# 13 an unknown container "does not exist"        here: every command says of an unknown container that it does not exist
# 14 a dead one is a "container not running"      here: a dead container is not running, in these words
#                                                 kill: kill --all of a stopped container succeeds
# 15 delete --force of nothing                    delete: delete --force of an unknown container succeeds silently
# 16 delete                                       delete: delete removes a stopped container and its cgroups
#                                                 delete: delete removes a created container and its init
#                                                 delete: delete refuses a running container and leaves it alone
#                                                 here: delete removes a container whose init nobody has reaped
# 17 a stopped container has a state              state: state goes from created to running to stopped
#                                                 state: state counts a zombie init as stopped
#                                                 state: state survives until delete
# 18 state during create is whole or not there    concurrency: state during a create is complete or does not exist
# 19 the caller's subreaper inherits              create: init becomes a child of the caller's subreaper
#                                                 here: a process of exec --detach becomes a child of the caller's subreaper
# 20 a parent-death signal stops at the runtime   concurrency: a runtime whose caller sets a parent-death signal leaves a container that lives on
#                                                 process: the process has no parent-death signal, no dumpable restriction and is not traced
# 21 kill                                         kill: kill takes signals by number and by name, with and without SIG, in any case
#                                                 kill: kill with signal 0 only asks
#                                                 kill: kill KILL ends every process of a container without a pid namespace
#                                                 pause: a paused container can be killed and deleted
# 22 what is done when create returns             cgroup: the container has its own cgroup in every hierarchy when create returns
#                                                 cgroup: memory, pids and cpu limits are in force when create returns
#                                                 hooks: hooks run in the order of the lifecycle
#                                                 here: the namespaces of init are the container's own when create returns
# 23 run --keep                                   run: run --keep leaves the stopped container and its cgroup until delete
# 24 run and exec in the foreground               run: run gives the program's exit code and removes the container
#                                                 run: run gives 128 plus the number of the signal that ended the program
#                                                 run: run forwards signals to the program
#                                                 run: run passes a change of the terminal's size on
#                                                 exec: exec ends with the exit status of the process
#                                                 exec: signals are passed on to the process
# 25 --version                                    version: --version prints name, commit and specification as engines parse them
# 26 features                                     features: features is pure JSON on stdout
#                                                 features: features has what containerd, Docker and CRI-O read
# 27 checkpoint --help tells if there is one     here: checkpoint --help tells that there is one, and restore which options it has
# 28 the root directory depends on nothing else   version: an empty XDG_RUNTIME_DIR counts as unset
#                                                 here: the default root directory does not depend on PATH, HOME and USER
# 29 no terminal, no cwd                          concurrency: the whole life of a container needs no environment and any working directory
# 30 an unknown flag is named                     version: an unknown global flag fails and is named
#                                                 here: every command names a flag that it does not know
#
# What they parse and match, how long they wait, and what they set, by subject:
#
#    times, absolute paths, no more keys           state: state shows what engines read of a created container
#                                                  state: state has none of the keys that CRI-O reads into fields of its own
#                                                  list: list --format json gives the same objects as state, and the owner
#                                                  pause: a paused container is shown as paused, and as running when it is resumed
#    ps                                            ps: ps --format json is an array of the same pids
#                                                  ps: ps of a stopped container is empty and no error
#                                                  ps: ps needs a column PID
#    statistics                                    events: events --stats prints one line of JSON and ends
#                                                  events: the statistics have the keys and the limits that clients decode
#                                                  events: the statistics have no keys besides those that clients decode
#                                                  events: the statistics say what has no limit as the kernel does
#                                                  events: network interfaces are those of the container's network namespace
#                                                  events: events tells when the container is out of memory
#                                                  events: events prints statistics at every interval and ends with the container
#    features                                      features: features has what containerd, Docker and CRI-O read
#                                                  features: features needs no root directory and no environment
#    --version, also as runc                       version: --version prints name, commit and specification as engines parse them
#                                                  version: --version under the name runc is runc's, for engines that insist
#    the log                                       version: --log-format json writes exactly one error record with the message
#                                                  version: --log appends
#                                                  here: every command that fails says it in one line and one record
#                                                  here: an error is short and UTF-8, whatever config.json has
#                                                  here: an error without a log is one line of text with its level and its message
#    the words of errors                           here: the words of an error are those that engines look for
#    a file over a directory                       mounts: a file on a directory is refused
#    delete, start, exec in the wrong state        delete: delete refuses a running container and leaves it alone
#                                                  start: start refuses a running container and leaves it alone
#                                                  start: start refuses a stopped container
#                                                  exec: a stopped container fails with 255
#                                                  pause: exec in a paused container is refused with 255 and leaves no pid file
#                                                  pause: resume of a running container is refused
#                                                  pause: a stopped container can be neither paused nor resumed
#                                                  events: events refuses a stopped container
#                                                  kill: kill --all of a stopped container succeeds
#                                                  create: create refuses an id that exists and leaves the first container alone
#    an empty args[0]                              process: an empty args[0] is reported as an executable that is not found
#                                                  exec: an empty command is an executable that is not found
#    exit codes, and no pid file                   exec: a failed exec leaves no pid file
#                                                  exec: an unknown container fails with 255
#                                                  create: a create that fails leaves no pid file
#    paths relative to the working directory       create: create takes a relative --pid-file
#                                                  create: create takes a relative --bundle and shows it absolute
#    sessions                                      create: init leads a session and a process group of its own
#                                                  exec: a process leads a session and a process group of its own
#    hooks' stdio                                  hooks: what a hook prints and what it leaves running do not get the caller's stdout
#                                                  start: nobody has start's stdout and stderr when it has ended
#                                                  hooks: a hook gets tens of kilobytes of annotations as they are, and then the end of its stdin
#    stdio is the user's                           process: stdin, stdout and stderr belong to the user when they are pipes
#                                                  exec: stdin, stdout and stderr belong to the process's user when they are pipes
#    the terminal                                  terminal: consoleSize is the terminal's size from the start
#                                                  exec: consoleSize of process.json is the terminal's size from the start
#                                                  terminal: create with a terminal and without a console socket is refused
#                                                  terminal: create with a console socket and without a terminal is refused
#                                                  exec: --detach with a terminal needs a console socket
#                                                  run: run takes a terminal's input and output
#    start                                         start: start runs the user's program once and says nothing
#                                                  start: start after the executable vanished tells the true reason
#    nothing of the caller's environment           exec: nothing of the caller's environment reaches the process
#                                                  process: env is exactly the configuration's, with HOME added
#    NOTIFY_SOCKET                                 notify: NOTIFY_SOCKET reaches the container and READY=1 comes back
#    LISTEN_FDS                                    fds: --preserve-fds are counted after LISTEN_FDS
#                                                  fds: LISTEN_FDS for another process are not required to be open
#    locks                                         concurrency: kill is not blocked by a start that hangs in a hook
#                                                  concurrency: kill and state are not blocked by an exec that runs
#                                                  concurrency: a create that hangs in a hook holds up no other container
#                                                  concurrency: many states and kills at once all answer
#    cgroupsPath                                   cgroup: a path with colons is a plain path without --systemd-cgroup
#                                                  systemd: dashes in a slice's name stand for levels
#                                                  systemd: a path of another form is refused with the form that is wanted
#                                                  systemd: delete leaves no unit, also without --systemd-cgroup
#                                                  cgroup: the cgroup is the recorded one with and without --systemd-cgroup
#    the leaf counts what is killed                cgroup: the memory limit kills what exceeds it and nothing else
#                                                  cgroup: the runtime itself is not moved into the container's cgroup
#                                                  cgroup: the cgroup of a stopped container is there until delete, with what it counted
#    shares and weights                            resources: shares become the weight that other runtimes make of them
#    the cgroup mount                              cgroup: with a cgroup namespace the cgroup mount shows the container's own
#    what the caller must be allowed to            process: oomScoreAdj is set, and inherited without it
#                                                  rlimits: a hard limit that the caller may not set is reported with its name
#    update                                        update: what update does not name stays as it is
#                                                  update: update ignores rules about devices
#                                                  update: update of the quota keeps the period and the reverse
#                                                  update: update --memory -1 lifts the limit of memory and that of swap
#                                                  update: update changes the memory limits, in bytes and with units
#                                                  update: update reads resources from stdin
#                                                  update: update reads resources from a file and ignores the other options then
#                                                  update: update changes the limits of huge pages
#                                                  update: update changes burst and idle
#                                                  update: update sets any file of a cgroup v2, and refuses what is not there
#                                                  update: update works on created and on paused containers
#                                                  update: update refuses a stopped container
#    root in a user namespace                      rootless: root in a user namespace needs no user namespace in the configuration
#    annotations                                   state: state keeps tens of kilobytes of annotations as they are
#                                                  features: features lists the annotations that change what a runtime does
#                                                  systemd: annotations set properties of the unit
#                                                  flags: annotations that mean nothing here are kept and do nothing
#                                                  checkpoint-options: the annotation org.criu.config names a file of criu's with more options
#    hooks                                         hooks: prestart and createRuntime hooks run in the runtime's namespaces before pivot_root
#                                                  hooks: prestart and createRuntime hooks find the container's new namespaces by its pid
#                                                  hooks: hooks without env inherit the runtime's environment
#                                                  hooks: args[0] of a hook need not be its path
#                                                  hooks: a hook may be the executable of a process
#                                                  hooks: a failing prestart, createRuntime or createContainer hook fails create and leaves nothing
#                                                  hooks: hooks after a failed one do not run, poststop hooks do
#                                                  hooks: poststop hooks run in delete, with and without --force, and at the end of run
#                                                  hooks: a failing poststop hook is a warning, the others run and delete succeeds
#                                                  hooks: a hanging hook is ended at its timeout
load helpers

COMMANDS=(create start run exec state list ps events pause resume update kill delete spec features)

# with_args COMMAND ID: sets ARGS to a call of the command that names the container.
with_args() {
	ARGS=("$1")
	case $1 in
	create | run) ARGS+=(--bundle "$BUNDLE" "$2") ;;
	exec) ARGS+=("$2" true) ;;
	events) ARGS+=(--stats "$2") ;;
	update) ARGS+=(--memory 64M "$2") ;;
	kill) ARGS+=("$2" TERM) ;;
	*) ARGS+=("$2") ;;
	esac
}

@test "every rule names tests that are there" {
	local suite name n=0
	while IFS=$'\t' read -r suite name; do
		[ "$suite" != here ] || suite=contract
		grep -qF "@test \"$name\" {" "$BATS_TEST_DIRNAME/$suite.bats" || fail "$suite.bats has no test \"$name\""
		n=$((n + 1))
	done < <(sed -nE 's/^# .{42,50} ([a-z-]+): (.*)$/\1\t\2/p' "$BATS_TEST_FILENAME")
	[ "$n" -ge 170 ] || fail "$n names found"
	local rules
	rules=$(sed -nE 's/^# ([ 0-9][0-9]) .*/\1/p' "$BATS_TEST_FILENAME" | tr -d ' ')
	assert_equal "$rules" "$(seq 30)" rules
}

@test "a boolean flag of a command takes one dash and a value" {
	rt_ok create -bundle="$BUNDLE" -no-pivot=false --no-new-keyring=true "$ID"
	rt_ok delete -force=true "$ID"
}

@test "the pid file is replaced whole and never written in place" {
	local f=$BATS_TEST_TMPDIR/pid
	echo old >"$f"
	ln "$f" "$BATS_TEST_TMPDIR/same-inode"
	create_ok --pid-file "$f"
	assert_equal "$(<"$BATS_TEST_TMPDIR/same-inode")" old
	status_of
	assert_equal "$(<"$f")" "$container_pid"
}

@test "exec --detach with a terminal leaves nobody with the caller's stdio" {
	running_script 'echo ready; sleep 1000'
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	in_background "$BIN/recvtty" tty "$BATS_TEST_TMPDIR/tty.sock" "$BATS_TEST_TMPDIR/tty"
	wait_for 5 test -S "$BATS_TEST_TMPDIR/tty.sock"
	# cat ends when the last writer is gone.
	in_background cat "$BATS_TEST_TMPDIR/pipe"
	"$RUNTIME" --root "$STATE" exec --tty --console-socket "$BATS_TEST_TMPDIR/tty.sock" --detach \
		--pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000 </dev/null >"$BATS_TEST_TMPDIR/pipe" 2>&1 3>&-
	wait_for 2 eval '! kill -0 $BG 2>/dev/null' || fail "somebody holds the pipe"
	grep -qz sleep "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cmdline"
}

@test "exec --detach gives the process the caller's files themselves" {
	running_script 'echo ready; sleep 1000'
	RT_STDIN=/etc/hostname rt_ok exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000
	local fd pid
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	for fd in 0:/etc/hostname "1:$OUT" "2:$ERR"; do
		assert_equal "$(stat -L -c %d:%i "/proc/$pid/fd/${fd%%:*}")" "$(stat -L -c %d:%i "${fd#*:}")" "descriptor ${fd%%:*}"
	done
}

@test "nothing is said on success, in the whole life of a container" {
	local call
	# With conmon the stdout and stderr of create are the container's log.
	script 'echo from the container; sleep 1000'
	create_ok --pid-file "$BATS_TEST_TMPDIR/pid"
	for call in "start ID" "pause ID" "resume ID" "update --pids-limit 100 ID" "exec ID true" "exec -d ID true" \
		"kill ID 0" "kill --all ID 9"; do
		# shellcheck disable=SC2086
		rt_ok ${call//ID/$ID}
		assert_silent
	done
	wait_status stopped
	rt_ok delete "$ID"
	assert_silent
	assert_equal "$(cat "$CREATE_OUT" "$CREATE_ERR")" "from the container"
}

@test "every command that fails says it in one line and one record" {
	rt_only "runc prints help after some failures"
	local c f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f" --log-format json)
	config 'del(.process.args)'
	for c in "${COMMANDS[@]}"; do
		rm -f "$f"
		with_args "$c" nosuch
		case $c in list | features | spec) ARGS=("$c" --nosuch) ;; esac
		[ "$c" != delete ] || ARGS=(delete nosuch)
		rt "${ARGS[@]}"
		assert_fails
		[ -z "$stdout" ] || fail "$c: stdout"
		jq -s -e --arg said "$stderr" 'length == 1 and (.[0] | .level == "error" and (.msg | length > 0)
			and .msg == $said)' "$f" >/dev/null || fail "$c: the log is $(<"$f")"
		[ "$c" != exec ] || assert_equal "$status" 255
		[ "$c" = exec ] || assert_equal "$status" 1
	done
}

@test "the log exists after a call that fails before its command" {
	rt_only "runc opens its log later"
	local f=$BATS_TEST_TMPDIR/log words
	RT_GLOBAL=(--log "$f" --log-format json)
	for words in nosuchcommand "create --nosuch" "state" "state a b"; do
		rm -f "$f"
		# shellcheck disable=SC2086
		rt $words
		assert_fails
		[ -s "$f" ] || fail "rt $words: no record"
	done
}

@test "calls that share a log do not mix their records" {
	local i f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f" --log-format json)
	for i in {1..20}; do
		rt_background state "no-such-container-$i"
	done
	for i in "${BACKGROUND[@]}"; do
		wait_background "$i"
	done
	assert_equal "$(jq -s 'map(select(.level == "error")) | length' "$f")" 20 records
	assert_equal "$(wc -l <"$f")" 20 lines
}

@test "every command says of an unknown container that it does not exist" {
	local c
	for c in start exec state ps events pause resume update kill delete; do
		with_args "$c" nosuch
		rt "${ARGS[@]}"
		assert_fails "container does not exist"
	done
}

@test "the words of an error are those that engines look for" {
	local call words
	RT_GLOBAL=(--log "$BATS_TEST_TMPDIR/log" --log-format json)
	while IFS='|' read -r call words; do
		[ "$call" != '"/etc"' ] || is_rt || continue # runc 1.1 asks Go, whose words depend on its version
		config ".process.args = [$call]"
		create
		assert_equal "$status" 1 "exit status for $call"
		[[ $stderr == *"exec: $call: $words" ]] || fail "want exec: $call: $words"
	done <<-'EOF'
		"nosuch"|executable file not found in $PATH
		""|executable file not found in $PATH
		"/nosuch"|stat /nosuch: no such file or directory
		"bin/nosuch"|stat bin/nosuch: no such file or directory
		"/etc/passwd"|permission denied
		"/etc"|permission denied
	EOF
	script 'echo ready; sleep 1000'
	create_ok
	create
	assert_fails
	assert_rt_says "container with given ID already exists"
	rt_ok start "$ID"
	while IFS='|' read -r call words; do
		# shellcheck disable=SC2086
		rt ${call//ID/$ID}
		assert_equal "$status" "$([[ $call == exec* ]] && echo 255 || echo 1)" "exit status of $call"
		[[ $stderr == *"${words//ID/$ID}" ]] || fail "$call: want ${words//ID/$ID}"
		[ "$call" != "delete ID" ] || { rt_ok kill "$ID" KILL && wait_status stopped; }
	done <<-'EOF'
		start ID|cannot start an already running container
		resume ID|container not paused
		delete ID|cannot delete container ID that is not stopped: running
		start ID|cannot start a container that has stopped
		exec ID true|cannot exec in a stopped container
		kill ID TERM|container not running
		pause ID|container not running
		update --pids-limit 9 ID|container not running
		events --stats ID|container with id ID is not running
	EOF
}

@test "an error without a log is one line of text with its level and its message" {
	rt state nosuch
	[[ $stderr =~ ^time=\"[0-9]{4}-[0-9T:-]+(Z|[+-][0-9:]+)\"\ level=error\ msg=\"container\ does\ not\ exist\"$ ]] || fail "not so"
}

@test "an error is short and UTF-8, whatever config.json has" {
	rt_only "runc prints what it was given"
	local f=$BATS_TEST_TMPDIR/log bad
	RT_GLOBAL=(--log "$f" --log-format json)
	cp "$CONFIG" "$BATS_TEST_TMPDIR/good"
	# Beyond a pipe's size a runtime would wait for a caller that waits for it.
	for bad in '.process.args = ["/" + "x" * 200000]' '.process.cwd = "/" + "é\u0007\n" * 50000' '.root.path = "x/" * 100000' \
		'.linux.cgroupsPath = "/" + "c" * 200000' '.mounts += [{destination: ("/" + "d/" * 100000), type: "none", source: "/x", options: ["bind"]}]' \
		'.hooks.createRuntime = [{path: ("/" + "h" * 200000)}]' '.process.rlimits = [{type: ("R" * 200000), soft: 1, hard: 1}]'; do
		rm -f "$f"
		cp "$BATS_TEST_TMPDIR/good" "$CONFIG"
		config "$bad"
		create
		[ "$status" -ne 0 ] || fail "accepted: $bad"
		[ "$(wc -c <"$CREATE_ERR")" -lt 16384 ] || fail "$(wc -c <"$CREATE_ERR") bytes on stderr: $bad"
		iconv -f UTF-8 -t UTF-8 "$CREATE_ERR" >/dev/null || fail "not UTF-8: $bad"
		assert_equal "$(wc -l <"$CREATE_ERR")" 1 "lines: $bad"
		jq -s -e 'length == 1 and .[0].level == "error"' "$f" >/dev/null || fail "$bad: $(head -c 300 "$f")"
	done
	# A byte that no UTF-8 has.
	cp "$BATS_TEST_TMPDIR/good" "$CONFIG"
	args nosuch-XX
	LC_ALL=C sed -i 's/nosuch-XX/nosuch-\xff/' "$CONFIG"
	create
	[ "$status" -ne 0 ] || fail "accepted"
	iconv -f UTF-8 -t UTF-8 "$CREATE_ERR" >/dev/null || fail "not UTF-8"
}

@test "a dead container is not running, in these words" {
	local call
	create_ok
	rt_ok start "$ID"
	wait_status stopped
	for call in "kill ID TERM" "kill ID 9" "pause ID" "update --memory 64M ID" "events --stats ID"; do
		# shellcheck disable=SC2086
		rt ${call//ID/$ID}
		assert_fails "not running"
		[[ $call == events* ]] || assert_rt_says "container not running"
	done
}

@test "delete removes a container whose init nobody has reaped" {
	args true
	# A caller that never waits, as a shim that is busy.
	in_background bash -c '"$@"; exec sleep 1000' bash \
		"$BIN/subreap" /dev/null "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	wait_status created
	status_of
	local reaper
	read -r _ _ _ reaper _ <"/proc/$container_pid/stat"
	kill -STOP "$reaper"
	rt_ok start "$ID"
	wait_for 5 file_has "/proc/$container_pid/status" '^State:.Z' || fail "no zombie"
	assert_status stopped
	rt_ok delete "$ID"
	kill -CONT "$reaper"
}

@test "a process of exec --detach becomes a child of the caller's subreaper" {
	running_script 'echo ready; sleep 1000'
	in_background "$BIN/subreap" "$BATS_TEST_TMPDIR/children" \
		"$RUNTIME" --root "$STATE" exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000
	wait_output "$BATS_TEST_TMPDIR/children" '^[.]$'
	assert_equal "$(<"$BATS_TEST_TMPDIR/children")" "cmd 0
child $(<"$BATS_TEST_TMPDIR/pid")
."
	rt_ok kill "$ID" KILL
	wait_output "$BATS_TEST_TMPDIR/children" "exit $(<"$BATS_TEST_TMPDIR/pid") 137"
}

@test "the namespaces of init are the container's own when create returns" {
	create_ok --pid-file "$BATS_TEST_TMPDIR/pid"
	local pid ns
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	for ns in net ipc uts mnt pid; do
		[ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ] || fail "$ns is the caller's"
	done
	# As an engine configures the network of a container that is not started yet.
	nsenter --target "$pid" --net ip link set lo up
}

@test "checkpoint --help tells that there is one, and restore which options it has" {
	rt_ok --help
	assert_has "checkpoint "
	rt_ok checkpoint --help
	rt restore --lsm-mount-context
	assert_fails
	[[ $output =~ (flag needs an argument|requires an argument) ]] || fail "not told that an argument is missing"
	rt_ok features
	is_rt || return 0
	assert_equal "$(jq -r '.annotations["org.opencontainers.runc.checkpoint.enabled"]' <<<"$stdout")" true
}

@test "the default root directory does not depend on PATH, HOME and USER" {
	local run='mount -t tmpfs tmpfs /run; b=$1 rt=$2; shift 2
		env -i XDG_RUNTIME_DIR= PATH="$PATH" HOME=/root USER=root "$rt" create --bundle "$b" x </dev/null >/dev/null 2>&1
		env -i "$rt" state x
		env -i XDG_RUNTIME_DIR= USER=other HOME=/nowhere "$rt" delete --force x'
	unshare --mount --propagation private bash -ec "$run" bash "$BUNDLE" "$RUNTIME" >"$BATS_TEST_TMPDIR/state"
	assert_equal "$(jq -r .status "$BATS_TEST_TMPDIR/state")" created
}

@test "every command names a flag that it does not know" {
	local c
	for c in "${COMMANDS[@]}"; do
		rt "$c" --nosuchflag "$ID"
		[ "$status" -ne 0 ] || fail "$c: accepted"
		[[ $stderr == *nosuchflag* ]] || fail "$c: does not name it"
	done
}
