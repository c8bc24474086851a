load lib

@test "fifty containers started in parallel all run and all go" {
	local i pids=()
	for ((i = 0; i < 50; i++)); do
		docker run -d --label "$LABEL" --name "$C-$i" --net none --init busybox sleep 1000 \
			>"$BATS_TEST_TMPDIR/out.$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do
		wait "${pids[i]}" || fail "container $i: $(<"$BATS_TEST_TMPDIR/out.$i")"
	done
	equal "$(docker ps -q --filter "label=$LABEL" --filter status=running | wc -l)" 50
	local all
	mapfile -t all < <(docker ps -q --filter "label=$LABEL")
	# Docker 20.10 can deadlock in its network code when many end at the same time.
	for i in "${all[@]}"; do ok docker kill "$i"; done
	ok docker rm -f "${all[@]}"
	equal "$(docker ps -aq --filter "label=$LABEL" | wc -l)" 0
}

# checks: the checks done by all three containers.
checks() { cat "$BATS_TEST_TMPDIR/checks"/* | wc -l; }

@test "three hundred healthchecks by exec all succeed" {
	local since i
	since=$(date +%s)
	mkdir "$BATS_TEST_TMPDIR/checks"
	for i in 1 2 3; do
		sleeper "$C-$i" --net none -v "$BATS_TEST_TMPDIR/checks:/checks" \
			--health-cmd "echo x >>/checks/$i" --health-interval 1ms --health-retries 1 --health-timeout 20s
	done
	eventually 200 eval '[ "$(checks)" -ge 300 ]'
	for i in 1 2 3; do
		inspect "$C-$i" '{{.State.Health.Status}} {{.State.Health.FailingStreak}}'
		is 'healthy 0'
	done
	# Docker's own record: no check ended otherwise, none was late.
	ok docker events --since "$since" --until "$(date +%s)" --filter "label=$LABEL" --filter event=exec_die --filter event=health_status \
		--format '{{.Action}} {{index .Actor.Attributes "exitCode"}}'
	refute_says unhealthy
	equal "$(grep exec_die <<<"$stdout" | sort -u)" 'exec_die 0'
	ok docker rm -f "$C-1" "$C-2" "$C-3"
}

@test "containers live on while the daemon is restarted" {
	daemon_with '."live-restore" = true'
	sleeper "$C"
	detached "$C-ends" busybox sh -c 'sleep 1; exit 8'
	local pid
	pid=$(pid_of "$C")
	docker_stop
	[ -d "/proc/$pid" ] || fail 'died with the daemon'
	sleep 1
	docker_start
	equal "$(pid_of "$C")" "$pid"
	ok docker exec "$C" echo alive
	is alive
	inspect "$C-ends" '{{.State.Status}} {{.State.ExitCode}}'
	# Docker 28's containerd forgets a task that has ended without it.
	if docker28; then is 'exited 255'; else is 'exited 8'; fi
	ok docker stop -t 1 "$C"
}

@test "the flags of the systemd drop-in make rt the default runtime" {
	local flags
	read -ra flags < <(sed -n 's/^ExecStart=.*\(--add-runtime.*\) \$DOCKER_OPTS/\1/p' "$E_HOME/../../contrib/systemd/docker.service.d/rt.conf")
	equal "${#flags[@]}" 2
	daemon_with 'del(.runtimes, ."default-runtime")' "${flags[0]/\/usr\/local\/bin\/rt/$E_BIN}" "${flags[1]}"
	run_rm busybox echo started
	is started
	ok docker info --format '{{.DefaultRuntime}}'
	is rt
}

@test "info names the runtime, and options for it are passed on" {
	daemon_with '.runtimes.verbose = {path: $bin, runtimeArgs: ["--debug"]}'
	ok docker info --format '{{.DefaultRuntime}} {{range $n, $r := .Runtimes}}{{$n}} {{end}}'
	matches "^$E_RUNTIME .*verbose"
	run_rm --runtime verbose busybox echo fine
	is fine
	fails 127 docker run --rm --label "$LABEL" --runtime verbose busybox nothing-here
	says 'executable file not found in $PATH'
}
