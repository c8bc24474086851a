#!/usr/bin/env bats
load helpers

# refused WORD...: create fails within a second, in one line with the words, and
# leaves nothing behind.
refused() {
	RT_TIMEOUT=5 create
	assert_fails
	assert_rt_says "$@"
	assert_within 1000
	[ ! -e "$STATE/$ID" ] || fail "left $STATE/$ID"
}

# wrong FILTER WORD...: refused with a configuration changed like this.
wrong() {
	cp "$TESTDATA/config.json" "$CONFIG"
	config "$1"
	shift
	refused "$@"
}

@test "a bundle that does not exist" {
	BUNDLE=$BATS_TEST_TMPDIR/nowhere refused "$BATS_TEST_TMPDIR/nowhere" "no such file or directory"
}

@test "a bundle that is a file" {
	touch "$BATS_TEST_TMPDIR/file"
	BUNDLE=$BATS_TEST_TMPDIR/file refused "$BATS_TEST_TMPDIR/file" "not a directory"
}

@test "no config.json" {
	rm "$CONFIG"
	refused config.json
}

@test "a config.json that is a fifo" {
	rt_only "runc hangs (B11)"
	rm "$CONFIG"
	mkfifo "$CONFIG"
	refused config.json
}

@test "a config.json that is a directory" {
	rm "$CONFIG"
	mkdir "$CONFIG"
	refused config.json
}

@test "a config.json that is a device" {
	rm "$CONFIG"
	ln -s /dev/zero "$CONFIG"
	if is_rt; then refused config.json; fi
	ln -sf /dev/null "$CONFIG"
	refused config.json
}

@test "a config.json that is a socket" {
	rm "$CONFIG"
	in_background "$BIN/recvtty" tty "$CONFIG" "$BATS_TEST_TMPDIR/x"
	wait_for 5 test -S "$CONFIG"
	refused config.json
}

@test "a config.json of 64 MiB" {
	rt_only "runc reads it whole"
	config '.annotations.big = "@"'
	{
		printf '{"annotations":{"big":"'
		head -c 67108864 /dev/zero | tr '\0' x
		printf '"},'
		tail -c +2 "$TESTDATA/config.json"
	} >"$CONFIG"
	refused config.json
}

@test "an empty config.json" {
	: >"$CONFIG"
	refused config.json
}

@test "broken JSON" {
	local text
	for text in '{' '{"ociVersion": }' 'garbage' '[]' '"x"' '{"ociVersion": "1.0.2"} trailing' $'\xff\xfe'; do
		is_rt || [[ $text != *trailing* ]] || continue
		printf '%s' "$text" >"$CONFIG"
		refused config.json
	done
}

@test "a null configuration" {
	echo null >"$CONFIG"
	rt create --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ] || fail "accepted"
	! is_rt || assert_fails config.json
}

@test "JSON nested 200000 deep" {
	{
		printf '{"x":'
		head -c 200000 /dev/zero | tr '\0' '['
	} >"$CONFIG"
	refused config.json
}

@test "no ociVersion, or one that is no version or of another major" {
	rt_only "runc does not look at it"
	wrong 'del(.ociVersion)' ociVersion
	wrong '.ociVersion = "nonsense"' ociVersion nonsense
	wrong '.ociVersion = "2.0.0"' ociVersion 2.0.0
}

@test "every version of the specification's major is accepted" {
	local v
	for v in 1.0.0 1.0.2-dev 1.1.0+dev 1.2.1 1.3.0 1.99.0; do
		config '.ociVersion = $v' --arg v "$v"
		run_ok
	done
}

@test "wrong types are named by their field" {
	wrong '.process.args = "sh"' process.args
	wrong '.process.user.uid = "root"' process.user.uid
	wrong '.process.terminal = "yes"' process.terminal
	wrong '.linux.namespaces = {}' linux.namespaces
	wrong '.mounts = {}' mounts
	wrong '.mounts[2].options = "ro"' mounts
	wrong '.root = "rootfs"' root
	wrong '.hooks = []' hooks
	wrong '.linux.maskedPaths = [1]' linux.maskedPaths
	wrong '.process.rlimits[0].soft = -1' process.rlimits
}

@test "no process, no root, no linux" {
	wrong 'del(.root)' root
	if is_rt; then
		wrong 'del(.process)' process
		wrong '.root.path = ""' root.path
	fi
}

@test "an unknown namespace, rlimit, propagation, capability set and seccomp action" {
	wrong '.linux.namespaces[0].type = "nosuch"' "linux.namespaces[0]" nosuch
	wrong '.process.rlimits[0].type = "RLIMIT_NOSUCH"' "process.rlimits[0]" RLIMIT_NOSUCH
	wrong '.linux.rootfsPropagation = "nosuch"' linux.rootfsPropagation nosuch
}

@test "a namespace twice" {
	wrong '.linux.namespaces += [{type: "pid"}]' "linux.namespaces[5]" pid
}

@test "overlapping, oversized and empty id maps" {
	local ns='.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |'
	wrong "$ns .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 100}, {containerID: 50, hostID: 200000, size: 100}]" "linux.uidMappings[1]"
	wrong "$ns .linux.uidMappings = []" linux.uidMappings
	wrong "$ns .linux.uidMappings = [range(500) | {containerID: ., hostID: (100000 + . * 2), size: 1}]" linux.uidMappings
	wrong "$ns .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 0}]" "linux.uidMappings[0]"
}

@test "an id map of a hundred thousand entries" {
	local ns='.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |'
	cp "$TESTDATA/config.json" "$CONFIG"
	config "$ns .linux.uidMappings = [range(100000) | {containerID: ., hostID: (100000 + .), size: 1}]"
	create
	assert_fails
	assert_rt_says linux.uidMappings 340
}

@test "empty args and an empty args[0]" {
	wrong '.process.args = []' process.args
	wrong '.process.args = [""]' process.args 'executable file not found in $PATH'
}

@test "a NUL byte in a string" {
	rt_only "runc cuts the string"
	wrong '.process.args = ["sh\u0000x"]' process.args
	wrong '.process.env += ["A=\u0000"]' process.env
	wrong '.hostname = "a\u0000b"' hostname
	wrong '.mounts[0].destination = "/pr\u0000oc"' "mounts[0]"
}

@test "a relative cwd and an empty cwd" {
	wrong '.process.cwd = "tmp"' process.cwd
	if is_rt; then
		assert_rt_says tmp absolute
		wrong '.process.cwd = ""' process.cwd
	fi
}

@test "a cwd that is missing from the configuration" {
	rt_only "runc says it has to be absolute"
	wrong 'del(.process.cwd)' process.cwd
}

@test "a cwd that the image lacks is made, as engines rely on" {
	config '.process.cwd = "/no/such/dir"'
	run_script_ok pwd
	assert_out /no/such/dir
}

@test "a cwd that is a file" {
	wrong '.process.cwd = "/etc/passwd"' process.cwd /etc/passwd "not a directory"
}

@test "a cwd that only root may enter" {
	# Entered before the process becomes the user, as runc does, or refused by name.
	mkdir -m 0700 "$ROOTFS/closed"
	config '.process.cwd = "/closed" | .process.user = {uid: 1000, gid: 1000}'
	create
	[ "$status" -eq 0 ] || { assert_fails "permission denied"; assert_rt_says process.cwd /closed; }
}

@test "an environment entry without =" {
	rt_only "runc takes it"
	wrong '.process.env += ["NOEQUALS"]' "process.env[2]"
}

@test "an executable that is missing, not executable, or a directory" {
	wrong '.process.args = ["nosuch"]' process.args nosuch 'executable file not found in $PATH'
	wrong '.process.args = ["/no/such"]' process.args /no/such 'no such file or directory'
	wrong '.process.args = ["/etc/passwd"]' process.args /etc/passwd 'permission denied'
	if is_rt; then wrong '.process.args = ["/etc"]' process.args /etc 'permission denied'; fi
}

@test "an executable that the user may not execute" {
	rt_only "runc 1.1 looks as root"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/bin/sleep0"
	chmod 0700 "$ROOTFS/bin/sleep0"
	wrong '.process.args = ["/bin/sleep0"] | .process.user = {uid: 1000, gid: 1000}' process.args /bin/sleep0 'permission denied'
}

@test "a rootfs that is missing, a file, or a symbolic link" {
	wrong '.root.path = "nowhere"' root.path nowhere "no such file or directory"
	touch "$BUNDLE/file"
	wrong '.root.path = "file"' root.path file "not a directory"
	ln -s rootfs "$BUNDLE/link"
	wrong '.root.path = "link"' root.path link "symbolic link"
}

@test "a hook that is missing or fails" {
	wrong '.hooks.createRuntime = [{path: "/bin/true"}, {path: "/no/such/hook"}]' "hooks.createRuntime[1]" /no/such/hook
	wrong '.hooks.prestart = [{path: "/bin/false"}]' "hooks.prestart[0]"
}

@test "sysctls outside the namespaces" {
	wrong '.linux.sysctl = {"kernel.core_pattern": "x"}' linux.sysctl kernel.core_pattern
	wrong '.linux.sysctl = {"vm.overcommit_memory": "1"}' linux.sysctl vm.overcommit_memory
}

@test "unknown mount options and file systems" {
	wrong '.mounts[1].options += ["nosuchoption"]' "mounts[1]" nosuchoption
	wrong '.mounts[1].type = "nosuchfs"' "mounts[1]" nosuchfs
}

@test "unknown keys are warnings that name them, and never silent" {
	rt_only "runc is silent"
	config '.process.argz = [] | .linux.rootPropagation = "shared" | .mounts[1].opts = [] | .nosuch = 1'
	run_ok
	local k
	for k in process.argz linux.rootPropagation "mounts[1].opts" nosuch; do
		[[ $stderr == *"$k"* ]] || fail "no warning for $k"
	done
}

@test "ids with slashes, dots and 256 bytes" {
	local id
	for id in a/b .. . ../x "$(printf 'a%.0s' {1..256})" '' 'a b' $'a\tb'; do
		rt create --bundle "$BUNDLE" "$id"
		assert_fails
		assert_rt_says id
		assert_within 1000
	done
}

@test "a state directory that is read-only" {
	mkdir "$BATS_TEST_TMPDIR/ro"
	on_private_host "mount -t tmpfs -o ro t '$BATS_TEST_TMPDIR/ro';"
	STATE=$BATS_TEST_TMPDIR/ro create
	assert_fails "read-only file system"
	assert_within 1000
}

@test "a state directory that is full" {
	local o
	mkdir "$BATS_TEST_TMPDIR/full"
	for o in nr_inodes=1 nr_inodes=2 nr_inodes=3 size=4k; do
		on_private_host "mount -t tmpfs -o $o t '$BATS_TEST_TMPDIR/full'; [ $o != size=4k ] || dd if=/dev/zero of='$BATS_TEST_TMPDIR/full/x' bs=4k count=1 2>/dev/null;"
		STATE=$BATS_TEST_TMPDIR/full create
		assert_fails
		assert_rt_says "no space left on device"
		assert_within 1000
		oracle_after || fail "left behind with $o"
	done
}

@test "a state directory that is a file" {
	touch "$BATS_TEST_TMPDIR/file"
	STATE=$BATS_TEST_TMPDIR/file create
	assert_fails "not a directory"
}

@test "the root directory / is refused" {
	rt_only "runc 1.1 uses it"
	STATE=/ create
	assert_fails
	[ ! -e "/$ID" ] || fail "made /$ID"
}
