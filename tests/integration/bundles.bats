#!/usr/bin/env bats
# Three kinds of real bundles.
load helpers

@test "busybox with all its applets runs a shell script" {
	config '.root = {path: $p, readonly: true}' --arg p "$RT_TEST_CACHE/busybox"
	run_script_ok 'seq 1 100 | awk "{s += \$1} END {print s}"; hostname; id -un; mount | wc -l; date +%s | grep -c "^[0-9]"'
	assert_has 5050 box root
}

@test "the default configuration of spec runs a shell on a terminal" {
	rm "$CONFIG"
	rt_ok spec --bundle "$BUNDLE"
	"$BIN/withpty" -w '#' -i $'echo $((6*7)); exit\n' "$BATS_TEST_TMPDIR/o" \
		timeout --foreground 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
	file_has "$BATS_TEST_TMPDIR/o" '42' || fail "$(<"$BATS_TEST_TMPDIR/o")"
}

debian() {
	config '.root = {path: $p, readonly: true} | .process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", "LANG=C"]' \
		--arg p "$RT_TEST_CACHE/debian"
}

@test "Debian runs apt-get --version" {
	debian
	args apt-get --version
	run_ok
	assert_has "apt 2." "Supported modules"
}

@test "Debian runs a login shell on a terminal" {
	debian
	args bash -l
	config '.process.terminal = true'
	"$BIN/withpty" -w '# ' -i $'echo "$0 $HOME $((6*7))"; cat /etc/debian_version; exit 3\n' "$BATS_TEST_TMPDIR/o" \
		timeout --foreground 10 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" || [ $? -eq 3 ]
	file_has "$BATS_TEST_TMPDIR/o" 'bash /root 42' || fail "$(<"$BATS_TEST_TMPDIR/o")"
	file_has "$BATS_TEST_TMPDIR/o" '^12[.]' || fail "$(<"$BATS_TEST_TMPDIR/o")"
}

@test "Debian's login gives root a shell on a terminal" {
	debian
	# What login needs: other users and the terminal's owner.
	config '.process.terminal = true | .process.noNewPrivileges = false
		| .process.capabilities |= map_values(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID", "CAP_AUDIT_WRITE", "CAP_SYS_TTY_CONFIG", "CAP_KILL"])
		| .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}, {destination: "/var/log", type: "tmpfs", source: "tmpfs"}]'
	args login -f root
	"$BIN/withpty" -w '# ' -i $'tty; id -un; echo "$((6*7)) done"; exit\n' "$BATS_TEST_TMPDIR/o" \
		timeout --foreground 15 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" || true
	file_has "$BATS_TEST_TMPDIR/o" '42 done' || fail "$(<"$BATS_TEST_TMPDIR/o")"
	file_has "$BATS_TEST_TMPDIR/o" '/dev/pts/' || fail "$(<"$BATS_TEST_TMPDIR/o")"
}

@test "Debian runs dpkg and perl" {
	debian
	args sh -c 'dpkg -l base-files | tail -1; perl -e "print 6*7, \"\n\""'
	run_ok
	assert_has base-files 42
}

# docker: a config.json as Docker's engine wrote it. Its hook is libnetwork-setkey in
# dockerd; here it is a program that keeps what it was given.
docker_bundle() {
	local vol=$BATS_TEST_TMPDIR/volumes
	mkdir "$vol"
	echo "nameserver 192.0.2.1" >"$vol/resolv.conf"
	echo box >"$vol/hostname"
	echo "127.0.0.1 localhost" >"$vol/hosts"
	cat >"$BATS_TEST_TMPDIR/setkey" <<-EOF
		#!/bin/sh
		echo "\$@" >"$BATS_TEST_TMPDIR/setkey.args"
		cat >"$BATS_TEST_TMPDIR/setkey.state"
		readlink /proc/self/ns/net /proc/\$(jq .pid "$BATS_TEST_TMPDIR/setkey.state")/ns/net >"$BATS_TEST_TMPDIR/setkey.ns"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/setkey"
	sed -e "s#@ROOTFS@#$ROOTFS#; s#@VOLUMES@#$vol#; s#@HOOK@#$BATS_TEST_TMPDIR/setkey#; s#@ID@#$ID#" \
		"$TESTDATA/docker-config.json" >"$CONFIG"
	sed -i "s#/docker/$ID#/$ID#" "$CONFIG"
}

@test "a configuration exactly as Docker's engine writes it runs" {
	docker_bundle
	script 'cat /etc/resolv.conf /etc/hostname /etc/hosts; hostname; echo $FOO; grep CapEff: /proc/self/status'
	run_ok
	assert_has "nameserver 192.0.2.1" "127.0.0.1 localhost" 235f34495896 bar "CapEff:	00000000a80425fb"
}

@test "Docker's configuration has its seccomp filter in force" {
	docker_bundle
	script 'grep ^Seccomp: /proc/self/status; mount -t tmpfs t /tmp; echo "mount $?"'
	run_ok
	assert_has "Seccomp:	2"
}

@test "Docker's configuration goes through the calls of containerd's shim" {
	docker_bundle
	args sleep 1000
	RT_GLOBAL=(--log "$BUNDLE/log.json" --log-format json)
	rt_ok create --bundle "$BUNDLE" --pid-file "$BUNDLE/init.pid" "$ID"
	rt_ok start "$ID"
	[[ $(<"$BUNDLE/init.pid") =~ ^[0-9]+$ ]]
	limit_is memory memory.limit_in_bytes memory.max 67108864
	limit_is pids pids.max pids.max 50
	# the hook: argv[0], its argument list, the state, the network namespace already new
	file_has "$BATS_TEST_TMPDIR/setkey.args" "^-exec-root=/var/run/docker $ID 69f1a8a793e0"
	assert_equal "$(jq .pid "$BATS_TEST_TMPDIR/setkey.state")" "$(<"$BUNDLE/init.pid")"
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/setkey.ns" | wc -l)" 2 "network namespaces"
	rt_ok kill "$ID" 15
	rt_ok kill "$ID" 9
	wait_status stopped
	rt_ok delete "$ID"
	rt_ok delete --force "$ID"
	refute grep -q '"level":"error"' "$BUNDLE/log.json"
}

@test "a seccomp profile that names a system call twice means the first, as Podman's does" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28},
		{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 18}]}'
	script 'mkdir /tmp/x 2>&1; true'
	run_ok
	assert_has "No space left on device" # 28
	assert_lacks "Cross-device" # 18
}
