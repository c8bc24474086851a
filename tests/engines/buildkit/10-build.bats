load lib

@test "RUN gives a program's output" {
	build <<-'END'
		RUN echo out; echo err >&2
	END
	printed out err
}

@test "RUN ends the build with the program's exit status" {
	build_fails <<<'RUN exit 7'
	says 'exit code: 7'
	build_fails <<<'RUN sleep 100 & kill -KILL $!; wait $!'
	says 'exit code: 137'
}

@test "a missing program, a directory and a file without x are told" {
	build_fails <<<'RUN ["nothing-here"]'
	says 'executable file not found in $PATH'
	! is_rt || says 'process.args[0]: '
	build_fails <<<'RUN ["/bin/nothing-here"]'
	says 'no such file or directory'
	build_fails <<<'RUN ["/etc/passwd"]'
	says 'permission denied'
}

@test "what a RUN changes is there in the next one, what it mounts is not" {
	build <<-'END'
		RUN echo made >/file && rm /etc/group && mount | grep -c ' / '
		RUN --mount=type=tmpfs,target=/t cat /file && ls /etc/group 2>&1 | grep -c No && touch /t/x && mount | grep -c ' /t '
		RUN ls /t/x 2>&1 | grep -c No
	END
	printed made 1
}

@test "user, environment, directory and host name" {
	build <<-'END'
		ENV A=word
		WORKDIR /work
		USER 1000:5
		RUN echo "$A $PWD $(id -u):$(id -g) $(hostname)"
	END
	printed 'word /work 1000:5 buildkitsandbox'
}

@test "a step has Docker's capabilities, filter and masks, an insecure one has not" {
	local step='grep -E "^(CapEff|Seccomp):" /proc/self/status; wc -c </proc/keys'
	build --allow security.insecure <<-END
		RUN $step
		RUN --security=insecure $step; mount -t tmpfs tmpfs /mnt && echo mounted
	END
	printed 'CapEff:.*00000000a80425fb' 'Seccomp:.*2' 0 'Seccomp:.*0' mounted
}

@test "mounts of a cache, a secret and a part of the context" {
	echo word >"$BATS_TEST_TMPDIR/secret"
	echo part >"$E_DIR/context/part"
	build --secret "id=s,src=$BATS_TEST_TMPDIR/secret" <<-'END'
		RUN --mount=type=cache,target=/cache echo kept >/cache/file
		RUN --mount=type=cache,target=/cache --mount=type=secret,id=s --mount=type=bind,target=/context \
			cat /cache/file /run/secrets/s /context/part; (echo x >/context/part) 2>&1; true
	END
	printed kept word part '.*Read-only file system'
}

@test "a step without a network has only its own loopback" {
	build <<-'END'
		RUN --network=none ip -o link | cut -d: -f2; readlink /proc/self/ns/net
		RUN readlink /proc/self/ns/net
	END
	printed ' lo'
	[ "$(grep -o 'net:.*' <<<"$stderr" | sort -u | wc -l)" -eq 2 ] || fail "one network"
}

@test "a build that is cancelled ends its processes" {
	local pid
	dockerfile <<<'RUN sh -c "sleep 4321 & sleep 4321"'
	buildctl() { exec buildctl "$@"; }
	"${BUILD[@]}" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- 4>&- &
	pid=$!
	eventually 20 pgrep -fx 'sleep 4321'
	kill -INT "$pid"
	wait "$pid" || true
	eventually 20 refuted pgrep -fx 'sleep 4321'
	eventually 20 eval '[ -z "$(find /run/{rt,runc} -mindepth 1 -maxdepth 1 ! -name ".cache~" 2>/dev/null)" ]'
}

@test "ten builds at the same time" {
	local i pids=()
	dockerfile <<<'RUN echo ran; ls /bin | wc -l >/count'
	for i in {1..10}; do
		"${BUILD[@]}" >"$BATS_TEST_TMPDIR/log-$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "a build: $(tail -n 3 "$BATS_TEST_TMPDIR"/log-*)"; done
	equal "$(grep -lE '^#[0-9]+ [0-9.]+ ran$' "$BATS_TEST_TMPDIR"/log-* | wc -l)" 10
}
