load lib

@test "--read-only, --tmpfs and --shm-size make the mounts they name" {
	run_rm --read-only --tmpfs /scratch:size=1m,mode=1770,uid=5 --tmpfs /run:exec --shm-size 3m busybox sh -c '
		touch /x 2>&1; echo a >/scratch/f && echo scratch; echo b >/dev/shm/f && echo shm
		stat -c "%a %u" /scratch; grep -E " (/|/scratch|/dev/shm|/run|/etc/hosts) " /proc/mounts; dd if=/dev/zero of=/scratch/big bs=1k count=2k 2>&1; true'
	line scratch shm '1770 5'
	says 'touch: /x: Read-only file system' 'No space left on device'
	matches 'overlay / overlay ro'
	matches '/scratch tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k,mode=1770,uid=5'
	matches '/dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=3072k'
}

@test "the default container has Docker's capabilities, seccomp filter, masks and devices" {
	run_rm busybox sh -c 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
		unshare -m true 2>&1; mount -t tmpfs x /mnt 2>&1; hostname other 2>&1; ls /dev; cat /proc/kcore | wc -c; cat /proc/keys
		ls /proc/scsi /sys/firmware; echo 1 2>&1 >/proc/sys/kernel/shm_rmid_forced; grep -c ro, /proc/mounts; mknod /tmp/m b 1 1 2>&1
		cat /tmp/m 2>&1; id; ls -l /proc/self/fd/ | grep -c /dev/null'
	line $'CapEff:\t00000000a80425fb' $'CapBnd:\t00000000a80425fb' $'NoNewPrivs:\t0' $'Seccomp:\t2'
	line 'uid=0(root) gid=0(root) groups=0(root)'
	says 'unshare: unshare(0x20000): Operation not permitted' 'mount: permission denied' 'hostname: sethostname: Operation not permitted'
	# runc makes the link only where it leads somewhere.
	[ ! -e /proc/kcore ] || line core
	line fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero
	says "cat: can't open '/tmp/m': Operation not permitted" 'Read-only file system'
}

@test "--cap-add, --cap-drop and --user change the capability sets as asked" {
	run_rm --cap-drop ALL --cap-add NET_BIND_SERVICE --cap-add CHOWN busybox grep ^Cap /proc/self/status
	is $'CapInh:\t0000000000000000\nCapPrm:\t0000000000000401\nCapEff:\t0000000000000401\nCapBnd:\t0000000000000401\nCapAmb:\t0000000000000000'
	fails 1 docker run --rm --label "$LABEL" --cap-drop ALL busybox chown 1 /etc/passwd
	says 'Operation not permitted'
	run_rm -u 1000 --cap-add SYS_ADMIN busybox grep -E '^Cap(Eff|Bnd)' /proc/self/status
	is $'CapEff:\t0000000000000000\nCapBnd:\t00000000a82425fb'
	run_rm --cap-add SYS_ADMIN --security-opt seccomp=unconfined busybox sh -c 'mount -t tmpfs x /mnt && grep -c " /mnt " /proc/mounts'
	is 1
}

@test "--privileged lifts seccomp, masks and the device rules" {
	needs_all_capabilities
	run_rm --privileged busybox sh -c 'grep -E "^Seccomp:" /proc/self/status; mount -t tmpfs x /mnt && echo mounted
		mknod /tmp/full c 1 7 && (echo x >/tmp/full) 2>&1; [ -c /dev/kmsg ] && echo kmsg; [ -w /proc/sys/kernel ] && echo writable
		mkdir /sys/fs/cgroup/pids/sub && rmdir /sys/fs/cgroup/pids/sub && echo cgroup; grep ^CapEff /proc/self/status'
	line $'Seccomp:\t0' mounted kmsg writable cgroup
	says 'No space left on device'
	refute_says a80425fb
	sleeper "$C"
	ok docker exec --privileged "$C" grep ^CapEff /proc/self/status
	refute_says a80425fb
}

@test "--security-opt takes a seccomp profile, no-new-privileges and systempaths" {
	cat >"$BATS_TEST_TMPDIR/profile.json" <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
		 {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
		 {"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 511, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 511, "op": "SCMP_CMP_EQ"}]},
		 {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NE"}]}]}
	END
	run_rm --security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json" --security-opt no-new-privileges busybox sh -c '
		grep -E "^(NoNewPrivs|Seccomp:)" /proc/self/status; mkdir /tmp/d 2>&1; ping -c1 127.0.0.1 2>&1; touch /tmp/f && echo ok'
	line $'NoNewPrivs:\t1' $'Seccomp:\t2' ok
	says 'Function not implemented' 'permission denied (are you root?)'
	run_rm --security-opt systempaths=unconfined --security-opt seccomp=unconfined busybox sh -c '
		grep ^Seccomp: /proc/self/status; grep -c " /proc/" /proc/mounts; true'
	is $'Seccomp:\t0\n0'
}

@test "--ulimit, --sysctl and --oom-score-adj are what the program reads back" {
	local hard
	hard=$(ulimit -Hn)
	run_rm --ulimit nofile=100:"$((hard < 200 ? hard : 200))" --ulimit core=0:0 --ulimit nproc=64 \
		--sysctl net.ipv4.ip_forward=1 --sysctl net.ipv4.conf.all.forwarding=1 --sysctl kernel.msgmax=7000 --sysctl net.core.somaxconn=99 --oom-score-adj 500 \
		busybox sh -c 'ulimit -n; ulimit -Hn; ulimit -c; grep processes /proc/self/limits
		cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/core/somaxconn /proc/self/oom_score_adj'
	is "$(printf '%s\n' 100 "$((hard < 200 ? hard : 200))" 0)"$'\n'"$(printf '%-26s%-21s%-21s%-10s' 'Max processes' 64 64 processes)"$'\n1\n7000\n99\n500'
	fails 125 docker run --rm --label "$LABEL" --sysctl kernel.sysrq=1 busybox true
	call docker run --rm --label "$LABEL" --sysctl net.ipv4.nothing=1 busybox true
	[ "$status" -ge 125 ] || fail 'a sysctl that is not there was taken'
	says 'net/ipv4/nothing'
}

@test "--device and --device-cgroup-rule let the program use a device, and only so" {
	run_rm --device /dev/loop-control:/dev/mine:r busybox sh -c '
		(: </dev/mine) && echo read; (: >/dev/mine) 2>&1; ls -l /dev/mine'
	line read
	says "can't create /dev/mine: Operation not permitted"
	matches 'crw.* 10, 237 .*/dev/mine'
	run_rm --device-cgroup-rule 'c 10:* rwm' busybox sh -c 'mknod /tmp/l c 10 237 && (: </tmp/l) 2>&1; mknod /tmp/k c 1 11 && (: </tmp/k) 2>&1; true'
	matches '/tmp/k: Operation not permitted'
	refute_says '/tmp/l: Operation not permitted'
}

@test "--userns-remap makes root in the container an ordinary id outside" {
	printf 'daemon:100000:65536\n' >"$E_DIR/subid"
	mount --bind "$E_DIR/subid" /etc/subuid
	mount --bind "$E_DIR/subid" /etc/subgid
	daemon_with '."userns-remap" = "daemon"'
	rootfs_tar busybox | docker import -c 'CMD ["sh"]' - busybox >/dev/null
	detached "$C" --tmpfs /scratch -p 8099:80 busybox sh -c 'echo mine >/f; sleep 1000'
	local pid
	pid=$(pid_of "$C")
	ok docker exec "$C" sh -c 'cat /proc/self/uid_map; id -u; touch /x /scratch/y && stat -c "%u:%g" /x; cat /sys/fs/cgroup/pids/pids.max'
	line '         0     100000      65536' 0 0:0 max
	equal "$(stat -c %u "/proc/$pid")" 100000
	equal "$(stat -c %u "/proc/$pid/root/x")" 100000
	ok docker cp "$C:/f" "$BATS_TEST_TMPDIR/f"
	equal "$(<"$BATS_TEST_TMPDIR/f")" mine
	run_rm --read-only -u 1000:1000 -m 32m busybox sh -c 'id -u; grep -c memory /proc/self/cgroup'
	is $'1000\n1'
	# One container may opt out.
	run_rm --userns host busybox cat /proc/self/uid_map
	matches '0 +0 +4294967295'
}
