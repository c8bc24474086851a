load lib

@test "id 0 is the user, and the others are those of its range" {
	run_rm busybox sh -c 'cat /proc/self/uid_map; touch /x; chown 33:33 /x; stat -c %u:%g /x'
	matches "^ +0 +$(id -u) +1"
	matches " 1 +$(awk -F: -v u="$(id -un)" '$1 == u {print $2}' /etc/subuid) +65536"
	line 33:33
}

@test "limits are those of a scope of the user's systemd" {
	sleeper "$C" --memory 64m --cpus 0.5 --pids-limit 50
	ok podman exec "$C" sh -c 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max'
	is "67108864
50000 100000
50"
	inspect "$C" '{{.Id}} {{.State.Pid}}'
	local id=${stdout% *} pid=${stdout#* }
	# crun 1.8 does not tell systemd.
	! is_rt || equal "$(systemctl --user show -P MemoryMax "libpod-$id.scope")" 67108864 MemoryMax
	grep -q "/user@$(id -u).service/user.slice/libpod-$id.scope" "/proc/$pid/cgroup" || fail "$(<"/proc/$pid/cgroup")"
	systemctl --user daemon-reload
	ok podman exec "$C" cat /sys/fs/cgroup/memory.max
	is 67108864
	ok podman rm -f -t 0 "$C"
	eventually 5 eval '[ "$(systemctl --user show -P LoadState "libpod-$id.scope")" = not-found ]'
}

@test "slirp4netns gives a network" {
	mkdir "$BATS_TEST_TMPDIR/www"
	echo served >"$BATS_TEST_TMPDIR/www/index.html"
	busybox httpd -f -p 127.0.0.1:8086 -h "$BATS_TEST_TMPDIR/www" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	local server=$!
	call podman run --rm --label "$LABEL" --network slirp4netns:allow_host_loopback=true busybox wget -q -O - http://10.0.2.2:8086/
	kill "$server"
	equal "$status" 0
	is served
}
