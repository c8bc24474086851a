load lib

S=.linux.securityContext

@test "the user, the group and the supplemental groups" {
	pod
	output one "$S.runAsUser.value = 1000 | $S.runAsGroup.value = 2000 | $S.supplementalGroups = [3000, 4000]" \
		sh -c 'id -u; id -g; id -G'
	line 1000 2000 "2000 3000 4000"
	output two "$S.runAsUsername = \"user\"" id -u
	is 1000
}

@test "a read-only root" {
	pod
	output one "$S.readonlyRootfs = true" sh -c 'touch /x 2>&1; true'
	says "Read-only file system"
}

@test "capabilities are added and dropped" {
	pod
	output one "$S.capabilities = {dropCapabilities: [\"ALL\"], addCapabilities: [\"NET_ADMIN\"]}" grep CapEff /proc/self/status
	says 0000000000001000
	output two "$S.capabilities.addCapabilities = [\"SYS_TIME\"]" grep CapBnd /proc/self/status
	[ $((16#${stdout##*[[:space:]]} & 1 << 25)) -ne 0 ]
}

@test "no_new_privs" {
	pod
	output one "$S.noNewPrivs = true" grep NoNewPrivs /proc/self/status
	matches '1$'
	output two . grep NoNewPrivs /proc/self/status
	matches '0$'
}

@test "masked and read-only paths" {
	pod
	output one "$S.maskedPaths = [\"/proc/keys\", \"/sys/firmware\"] | $S.readonlyPaths = [\"/proc/sys\"]" \
		sh -c 'wc -c </proc/keys; ls /sys/firmware | wc -l; echo 1 2>&1 >/proc/sys/net/ipv4/ip_forward'
	line 0
	says "Read-only file system"
}

@test "a privileged container has every capability and device" {
	pod "$S.privileged = true"
	output one "$S.privileged = true" sh -c 'grep Seccomp: /proc/self/status; mount -t tmpfs none /mnt && echo mounted; test -w /sys/kernel && echo writable; ls /dev | wc -l'
	line mounted writable
	matches 'Seccomp:[[:space:]]*0'
	[ "$(tail -1 <<<"$stdout")" -gt 15 ]
}

@test "seccomp: the runtime's default, a profile of the node's, and none" {
	pod
	output default "$S.seccomp = {profileType: \"RuntimeDefault\"}" sh -c 'grep Seccomp: /proc/self/status; unshare -U true 2>&1 || echo refused'
	says refused
	matches 'Seccomp:[[:space:]]*2'
	output none "$S.seccomp = {profileType: \"Unconfined\"}" grep Seccomp: /proc/self/status
	matches '0$'
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}' \
		>"$BATS_TEST_TMPDIR/profile.json"
	output local "$S.seccomp = {profileType: \"Localhost\", localhostRef: \"$BATS_TEST_TMPDIR/profile.json\"}" sh -c 'mkdir /x 2>&1; true'
	says "No space left"
}

@test "the oom score of a container" {
	pod
	output one '.linux.resources.oomScoreAdj = 900' cat /proc/self/oom_score_adj
	is 900
}
