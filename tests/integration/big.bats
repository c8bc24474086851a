#!/usr/bin/env bats
load helpers

@test "an environment variable of the kernel's maximum is passed on" {
	config '.process.env += ["BIG=" + "x" * 131067]'
	run_script_ok 'echo ${#BIG}'
	assert_out 131067
}

@test "an environment variable above the kernel's maximum is an error with the reason" {
	rt_only "runc 1.1 gives no reason"
	config '.process.env += ["BIG=" + "x" * 131073]'
	run_container
	assert_fails "argument list too long"
	oracle_after || fail "left behind"
}

@test "ten thousand environment variables are passed on" {
	config '.process.env += [range(10000) | "V\(.)=\(.)"]'
	args env
	run_ok
	assert_equal "$(grep -c '^V' "$OUT")" 10000
}

@test "ten thousand arguments are passed on" {
	config '.process.args = ["echo"] + [range(10000) | "arg\(.)"]'
	run_ok
	assert_equal "$(wc -w <"$OUT")" 10000
}

@test "arguments above the kernel's maximum are an error with the reason" {
	rt_only "runc 1.1 gives no reason to start's caller"
	config '.process.args = ["echo"] + [range(40) | "x" * 100000]'
	create
	[ "$status" -ne 0 ] || rt start "$ID"
	assert_fails "argument list too long"
}

@test "a thousand mounts are made" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	config '.mounts += [range(1000) | {destination: "/mnt/\(.)", type: "bind", source: $s, options: ["bind", "ro"]}]' --arg s "$BATS_TEST_TMPDIR/vol"
	run_script_ok 'grep -c " /mnt/" /proc/self/mountinfo'
	assert_out 1000
	assert_within 6000
}

@test "five thousand masked paths that do not exist cost little" {
	config '.linux.maskedPaths += [range(5000) | "/proc/nosuch/\(.)"]'
	run_ok
	assert_within 3000
}

@test "a bundle path near the kernel's maximum works" {
	local deep=$BATS_TEST_TMPDIR
	while [ ${#deep} -lt 3600 ]; do
		deep+=/$(printf 'd%.0s' {1..100})
	done
	mkdir -p "$deep"
	cp "$CONFIG" "$deep/"
	cp -a "$RT_TEST_CACHE/small" "$deep/rootfs"
	rt_ok run --bundle "$deep" "$ID"
}

@test "a mount destination with a component of 255 bytes works and of 256 is refused" {
	config '.mounts += [{destination: ("/" + "d" * 255), type: "tmpfs", source: "tmpfs"}]'
	run_ok
	config '.mounts[-1].destination = "/" + "d" * 256'
	run_container
	assert_fails "file name too long"
	assert_rt_says "mounts[7]"
}

@test "a mount destination above the kernel's maximum is refused" {
	config '.mounts += [{destination: ("/d" * 3000), type: "tmpfs", source: "tmpfs"}]'
	run_container
	assert_fails
	assert_rt_says "mounts[7]"
}

@test "a cgroup path longer than the kernel's maximum is refused and leaves nothing" {
	config '.linux.cgroupsPath = "/\($id)" + "/c" * 3000' --arg id "$ID"
	create
	assert_fails
	assert_rt_says "linux.cgroupsPath"
	assert_status ""
}

@test "a hundred additional gids are set" {
	config '.process.user.additionalGids = [range(1; 101)]'
	run_script_ok 'id -G | wc -w'
	assert_equal "$(tr -d ' ' <<<"$stdout")" 101 # and the gid
}

@test "ten thousand annotations are kept" {
	config '.annotations = ([range(10000) | {key: "k\(.)", value: ("v" * 100)}] | from_entries)'
	create_ok
	rt_ok state "$ID"
	assert_equal "$(jq '.annotations | length' <<<"$stdout")" 10000
}

@test "a limit of descriptors too low for the mounts is no obstacle or a clear error" {
	config '.mounts += [range(100) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs"}]'
	is_rt || skip "runc 1.1 leaks descriptors"
	RT_WRAP=(bash -c 'ulimit -n 64; exec "$@"' bash)
	config '.process.rlimits = []'
	run_container
	[ "$status" -eq 0 ] || assert_fails "too many open files"
}

@test "a limit of the file size is no obstacle or a clear error" {
	RT_WRAP=(bash -c 'ulimit -f 1; exec "$@"' bash)
	run_container
	[ "$status" -eq 0 ] || assert_fails
}
