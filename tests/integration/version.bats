#!/usr/bin/env bats
load helpers

@test "--version prints name, commit and specification as engines parse them" {
	rt_ok --version
	local lines
	mapfile -t lines <<<"$stdout"
	[[ ${lines[0]} =~ ^[a-z]+\ version\ [0-9]+\.[0-9]+\.[0-9]+ ]] || fail "first line"
	[[ ${lines[1]} =~ ^commit:\ . ]] || [[ ${lines[1]} =~ ^spec: ]] || fail "second line"
	grep -q '^spec: 1\.' <<<"$stdout" || fail "spec"
	assert_equal "$(grep -c version <<<"$stdout")" 1 "lines with the word version"
	rt_ok -v
	assert_has version
}

@test "--version says the specification's version" {
	rt_only "runc 1.1 is older"
	rt_ok --version
	assert_has "spec: 1.3.0"
}

@test "--version under the name runc is runc's, for engines that insist" {
	rt_only "the name is runc's own"
	ln -s "$RUNTIME" "$BATS_TEST_TMPDIR/runc"
	"$BATS_TEST_TMPDIR/runc" --version >"$BATS_TEST_TMPDIR/v"
	grep -qE '^runc version [0-9][^ ]*$' <(head -1 "$BATS_TEST_TMPDIR/v") # three words
}

@test "help lists the commands and succeeds" {
	local c
	for c in --help -h help; do
		rt_ok "$c"
		assert_has create start state kill delete run list spec features
	done
}

@test "help of every command names its flags" {
	rt_ok create --help
	assert_has bundle console-socket pid-file no-pivot no-new-keyring preserve-fds
	rt_ok run --help
	assert_has detach keep no-subreaper
	rt_ok delete --help
	assert_has force
	rt_ok list --help
	assert_has format quiet
}

@test "an unknown command fails and is named" {
	rt nosuchcommand
	[ "$status" -ne 0 ] || is_rt && [ "$status" -eq 0 ] && fail "accepted"
	[[ $output == *nosuchcommand* ]] || fail "does not name it"
}

@test "an unknown global flag fails and is named" {
	RT_GLOBAL=(--invalidflag)
	rt list
	[ "$status" -ne 0 ] || fail "accepted"
	[[ $output == *invalidflag* ]] || fail "does not name it"
}

@test "no command at all prints help" {
	rt
	[[ $output == *create* ]] || fail "no help"
}

@test "global flags may be repeated and take = or a separate word" {
	"$RUNTIME" --root=/nowhere --root "$STATE" --systemd-cgroup --systemd-cgroup=false --rootless=auto --debug list -q \
		>"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e"
	"$RUNTIME" -root="$STATE" list >"$BATS_TEST_TMPDIR/o" 2>&1
}

@test "--root is made when it does not exist" {
	STATE=$BATS_TEST_TMPDIR/a/b create_ok
	STATE=$BATS_TEST_TMPDIR/a/b rt_ok delete "$ID"
}

@test "--log FILE exists after every call" {
	local f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f")
	rt_ok list
	[ -e "$f" ] || fail "no log file"
	[ ! -s "$f" ] || fail "not empty: $(<"$f")"
}

@test "--log-format json writes exactly one error record with the message" {
	local f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f" --log-format json)
	args nosuchcommand
	create
	[ "$status" -ne 0 ]
	jq -s -e 'length == 1 and .[0].level == "error" and (.[0].msg | contains("executable file not found in $PATH"))
		and (.[0].time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*(Z|[+-][0-9:]+)$"))' "$f" || fail "$(<"$f")"
	[[ $stderr == *'executable file not found in $PATH'* ]] || fail "stderr"
}

@test "--log appends" {
	local f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f" --log-format json)
	rt state "$ID"
	rt state "$ID"
	assert_equal "$(jq -s length "$f")" 2
}

@test "the JSON record carries a stable error code" {
	rt_only "runc has no codes"
	local f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f" --log-format json)
	rt state "$ID"
	jq -s -e '.[0].code | type == "string" and length > 0' "$f" || fail "$(<"$f")"
}

@test "--log-format refuses what it does not know" {
	RT_GLOBAL=(--log-format yaml)
	rt list
	assert_fails
	assert_rt_says "yaml" "json" "text"
}

@test "--log to a fifo without reader does not hang" {
	rt_only "runc hangs (B11)"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	RT_GLOBAL=(--log "$BATS_TEST_TMPDIR/fifo")
	RT_TIMEOUT=3 rt state "$ID"
	[ "$status" -ne 124 ] || fail "hung"
}

@test "--debug adds to the log and does not change stdout" {
	RT_GLOBAL=(--debug)
	args echo out
	run_ok
	assert_out out
}

@test "an empty XDG_RUNTIME_DIR counts as unset" {
	# Root of a user namespace takes the variable, if there is anything in it.
	local run='mount -t tmpfs tmpfs /run; b=$1 rt=$2
		env -u XDG_RUNTIME_DIR "$rt" create --bundle "$b" x </dev/null >/dev/null 2>&1
		for xdg in "" "$b"; do
			echo "[$(unshare --user --map-root-user env XDG_RUNTIME_DIR="$xdg" USER=other "$rt" list -q)]"
		done
		env XDG_RUNTIME_DIR= "$rt" delete --force x'
	unshare --mount --propagation private bash -ec "$run" bash "$BUNDLE" "$RUNTIME" >"$BATS_TEST_TMPDIR/o"
	assert_equal "$(<"$BATS_TEST_TMPDIR/o")" "[x]"$'\n'"[]"
}

@test "the log carries warnings of ignored keys by their JSON path" {
	rt_only "runc is silent"
	local f=$BATS_TEST_TMPDIR/log
	RT_GLOBAL=(--log "$f" --log-format json)
	config '.linux.rootPropagation = "shared"'
	run_ok
	jq -s -e 'any(.[]; .level == "warning" and (.msg | contains("linux.rootPropagation")))' "$f" || fail "$(<"$f")"
}

@test "the binary is static" {
	rt_only "distributions link runc dynamically"
	file -L "$RUNTIME" | grep -q 'statically linked'
}
