load lib

@test "exec runs programs in a container, with their own user, environment and status" {
	sleeper "$C" -e A=container
	ok docker exec -e B=exec -w /tmp -u 1000:5 "$C" sh -c 'echo $A $B; pwd; id -u; id -g; cat /proc/self/cgroup | cut -d: -f3 | sort -u | wc -l'
	is $'container exec\n/tmp\n1000\n5\n1'
	fails 42 docker exec "$C" sh -c 'exit 42'
	# Docker 20.10 says 126 for all three; which it was is in the text.
	local missing=126
	! docker28 || missing=127
	fails "$missing" docker exec "$C" nothing-here
	says 'executable file not found in $PATH'
	fails "$missing" docker exec "$C" /bin/nothing-here
	says 'no such file or directory'
	fails 126 docker exec "$C" /etc/passwd
	says 'permission denied'
	fails 126 docker exec "$C" /etc
	equal "$(echo input | docker exec -i "$C" cat)" input
	ok docker exec -d "$C" sh -c 'echo detached >/tmp/f; sleep 998'
	eventually 5 docker exec "$C" grep -q detached /tmp/f
}

@test "exec -it gives a terminal that follows the caller's size" {
	sleeper "$C"
	tty_start docker exec -it "$C" sh
	tty_await '/ #'
	tty_send 'tty; stty size; read -r x; echo got-$x\n'
	tty_await '30 100'
	tty_send 'typed\n'
	tty_await got-typed
	stty -F "$(readlink "/proc/$(pgrep -nf "^docker exec -it $C sh")/fd/0")" cols 90 rows 20
	tty_send 'until stty size | grep "20 90"; do sleep 0.1; done\n'
	eventually 10 eval "tr -d '\r' <'$TTY_OUT' | grep -qx '20 90'"
	tty_send 'exit 5\n'
	tty_end
	equal "$status" 5
	line /dev/pts/0 '30 100'
	ok docker exec -t "$C" stty size
	ok docker exec "$C" sh -c 'tty || true'
	is 'not a tty'
}

@test "attach joins a container's input and output, and detaches from it" {
	detached "$C" -it busybox sh -c 'while read -r l; do echo "got $l"; done'
	tty_start docker attach "$C"
	sleep 0.5
	tty_send 'first\n'
	tty_await 'got first'
	tty_send '\020\021'
	tty_end
	line 'read escape sequence'
	inspect "$C" '{{.State.Running}}'
	is true
	docker attach --no-stdin --sig-proxy=false "$C" </dev/null >"$BATS_TEST_TMPDIR/attached" 2>&1 3>&- 4>&- &
	local attached=$!
	# It has joined when it shows what is written now.
	eventually 20 eval 'docker exec "$C" sh -c "echo tick >/dev/pts/0"; grep -q tick "$BATS_TEST_TMPDIR/attached"'
	ok docker kill "$C"
	wait "$attached" || equal "$?" 137
}

@test "stop sends the stop signal and, later, the one that cannot be ignored" {
	detached "$C" --stop-signal USR1 busybox sh -c 'trap "echo usr1; exit 4" USR1; echo ready; while :; do sleep 0.1; done'
	detached "$C-deaf" busybox sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	eventually 5 log_has "$C" ready
	eventually 5 log_has "$C-deaf" ready
	ok docker stop "$C"
	inspect "$C" '{{.State.ExitCode}}'
	is 4
	ok docker stop -t 1 "$C-deaf"
	inspect "$C-deaf" '{{.State.ExitCode}} {{.State.OOMKilled}}'
	is '137 false'
}

@test "kill, restart, start and rename do what they say" {
	detached "$C" busybox sh -c 'echo run >>/runs; trap "echo hup" HUP; trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done'
	eventually 5 log_has "$C" ready
	ok docker kill -s HUP "$C"
	eventually 5 log_has "$C" hup
	local pid
	pid=$(pid_of "$C")
	ok docker restart -t 5 "$C"
	[ "$(pid_of "$C")" != "$pid" ] || fail "the same process after restart"
	ok docker rename "$C" "$C-new"
	ok docker exec "$C-new" wc -l /runs
	is '2 /runs'
	ok docker kill "$C-new"
	eventually 5 state_is "$C-new" exited
	inspect "$C-new" '{{.State.ExitCode}}'
	is 137
	fails 1 docker kill "$C-new"
	says 'is not running'
	fails 1 docker exec "$C-new" true
	ok docker start "$C-new"
	ok docker exec "$C-new" wc -l /runs
	is '3 /runs'
	fails 1 docker rm "$C-new"
	if docker28; then says 'container is running'; else says 'You cannot remove a running container'; fi
	ok docker rm -f "$C-new"
}

@test "a restart policy starts a failed program again" {
	detached "$C" --restart on-failure:3 busybox sh -c 'echo x; exit 1'
	eventually 20 eval '[ "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" "$C")" = "3 exited" ]'
	ok docker logs "$C"
	is $'x\nx\nx\nx'
}

@test "pause stops every process, and unpause, kill and rm -f work on it" {
	detached "$C" busybox sh -c 'while :; do echo tick; sleep 0.1; done'
	eventually 5 log_has "$C" tick
	pauses docker pause "$C"
	inspect "$C" '{{.State.Status}} {{.State.Paused}}'
	is 'paused true'
	local n
	n=$(docker logs "$C" | wc -l)
	sleep 0.5
	equal "$(docker logs "$C" | wc -l)" "$n"
	fails 1 docker exec "$C" true
	says paused
	fails 1 docker pause "$C"
	ok docker unpause "$C"
	eventually 5 eval '[ "$(docker logs "$C" | wc -l)" -gt '"$n ]"
	fails 1 docker unpause "$C"
	pauses docker pause "$C"
	ok docker rm -f "$C"
}

@test "cp, diff, export and commit see the container's files" {
	sleeper "$C" --tmpfs /scratch
	echo sent >"$BATS_TEST_TMPDIR/in"
	ok docker cp "$BATS_TEST_TMPDIR/in" "$C:/root/in"
	ok docker exec "$C" sh -c 'cat /root/in; echo made >/root/out; rm /bin/yes; mkdir /new'
	is sent
	ok docker cp "$C:/root/out" "$BATS_TEST_TMPDIR/out"
	equal "$(<"$BATS_TEST_TMPDIR/out")" made
	ok docker diff "$C"
	line 'A /new' 'A /root/out' 'D /bin/yes'
	docker export "$C" | tar -t | grep -qx root/out
	ok docker commit -c 'CMD ["cat", "/root/out"]' "$C" committed
	run_rm committed
	is made
	ok docker rmi committed
}

@test "events and inspect tell what happened" {
	local since
	since=$(date +%s)
	detached "$C" -p 8081:80 --label a=b busybox sh -c 'sleep 0.2; exit 6'
	ok docker wait "$C"
	inspect "$C" '{{.Name}} {{.Config.Labels.a}} {{.State.ExitCode}} {{.State.Pid}} {{.HostConfig.Runtime}} {{.State.Error}}'
	is "/$C b 6 0 $E_RUNTIME "
	ok docker start "$C"
	ok docker exec "$C" true || true
	ok docker wait "$C"
	ok docker events --since "$since" --until "$(($(date +%s) + 1))" --filter "container=$C" --format '{{.Action}} {{index .Actor.Attributes "exitCode"}}'
	line 'create ' 'start ' 'die 6'
	refute_says kill oom
}

@test "build runs the steps of a Dockerfile" {
	mkdir "$BATS_TEST_TMPDIR/context"
	echo content >"$BATS_TEST_TMPDIR/context/file"
	cat >"$BATS_TEST_TMPDIR/context/Dockerfile" <<-'END'
		FROM busybox AS first
		ARG WHO=nobody
		RUN echo built by $WHO as $(id -un) in $PWD >/made
		WORKDIR /work
		COPY file .
		USER user
		RUN id -un >/tmp/who && cat file && test "$(pwd)" = /work
		FROM busybox
		COPY --from=first /made /tmp/who /
		COPY --from=first --chown=1000:5 /work /work
		RUN ["/bin/sh", "-c", "chmod 0600 /made; hostname >/dev/null; mkdir -m 1777 /sticky"]
		ENV KEY=value
		HEALTHCHECK NONE
		ENTRYPOINT ["/bin/cat"]
		CMD ["/made"]
	END
	DOCKER_BUILDKIT=0 ok docker build --build-arg WHO=me -m 64m --network none -t built "$BATS_TEST_TMPDIR/context"
	run_rm built
	is 'built by me as root in /'
	run_rm --entrypoint sh built -c 'cat /who; stat -c %u:%g:%a /work /work/file /made /sticky; echo $KEY'
	is $'user\n1000:5:755\n1000:5:644\n0:0:600\n0:0:1777\nvalue'
	printf 'FROM busybox\nRUN exit 3\n' >"$BATS_TEST_TMPDIR/context/Dockerfile"
	DOCKER_BUILDKIT=0 fails 3 docker build --rm --force-rm "$BATS_TEST_TMPDIR/context"
	says 'returned a non-zero code: 3'
	printf 'FROM busybox\nRUN ["/nothing-here"]\n' >"$BATS_TEST_TMPDIR/context/Dockerfile"
	DOCKER_BUILDKIT=0 call docker build --force-rm "$BATS_TEST_TMPDIR/context"
	[ "$status" -ne 0 ] || fail 'built'
	says 'no such file or directory'
	ok docker save -o "$BATS_TEST_TMPDIR/saved" built
	ok docker rmi built
	ok docker load -i "$BATS_TEST_TMPDIR/saved"
	run_rm built
	is 'built by me as root in /'
	ok docker rmi built
	image_archive busybox localhost/oci:latest "$BATS_TEST_TMPDIR/oci.tar"
	ok docker load -i "$BATS_TEST_TMPDIR/oci.tar"
	run_rm localhost/oci echo from an archive
	is 'from an archive'
}
