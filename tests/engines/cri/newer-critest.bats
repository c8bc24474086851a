load lib

# critest has run once when the cases, one for each subject of it, look at its report.
setup_file() {
	export REPORT=$BATS_FILE_TMPDIR/report.json
	critest_images >&2
	# It loads AppArmor's profiles by sudo, which root has no need of.
	printf '#!/bin/sh\nexec "$@"\n' >"$E_DIR/bin/sudo"
	chmod 0755 "$E_DIR/bin/sudo"
	# What is not asked: how images are pulled, and what they must be pulled for; a masked
	# ls, as busybox's shell has its own.
	PATH=$E_DIR/bin:$PATH timeout -k 5 $((600 * ${RT_TEST_PATIENCE:-1})) critest --runtime-endpoint "unix://$CRI_SOCKET" --runtime-handler "$E_RUNTIME" \
		--test-images-file "$E_DIR/images.yaml" --ginkgo.skip "Image (Manager|Consistency|Identifier|Volume)|NoNewPrivs|MaskedPaths" \
		--ginkgo.json-report "$REPORT" >"$E_DIR/../critest-$E_RUNTIME.log" 2>&1 3>&- 4>&- || true
	rm -r "$E_DIR/images" "$E_DIR"/image*.{tar,yaml}
}

# critest_images: those that critest names, all with the same file system.
critest_images() {
	local registry tests root=$E_DIR/images/root
	{ read -r registry && read -r tests; } <"$RT_TEST_CACHE/newer/registries"
	mkdir -p "$E_DIR/images"
	cp -a "$RT_TEST_CACHE/busybox" "$root"
	mkdir -p "$root/var/run" "$root/www"
	echo page >"$root/www/index.html"
	# A web server's process: nginx "master process" PORT.
	program nginx <<-'END'
		echo httpd
		echo $$ >/var/run/nginx.pid
		trap 'kill $!; exit' TERM
		httpd -f -p "$2" -h /www &
		wait
	END
	# What busybox lacks here.
	program pgrep <<<'grep -lx "$1" /proc/[0-9]*/comm | cut -d/ -f3'
	program ipcs <<<'cat /proc/sysvipc/shm'
	echo 'www-data:x:33:33::/:/bin/false' >>"$root/etc/passwd"
	sed -i 's/^user:/default-user:/' "$root/etc/passwd"
	echo 'group-defined-in-image:x:50000:default-user' >>"$root/etc/group"

	critest_image localhost/critest:latest '{Cmd: ["sh"]}'
	echo 'defaultTestContainerImage: localhost/critest:latest' >"$E_DIR/images.yaml"
	critest_image "${registry}test-image-user-uid:latest" '{Cmd: ["sh"], User: "1002"}'
	critest_image "${registry}test-image-user-username:latest" '{Cmd: ["sh"], User: "www-data"}'
	critest_image "${registry}test-image-user-uid-group:latest" '{Cmd: ["sh"], User: "1003:1004"}'
	critest_image "${registry}test-image-user-username-group:latest" '{Cmd: ["sh"], User: "www-data:1004"}'
	critest_image "${registry}test-image-predefined-group:latest" '{Cmd: ["sh"], User: "1000"}'
	critest_image "${registry}hostnet-nginx-amd64:latest" '{Cmd: ["nginx", "master process", "12003"]}'
	critest_image "${tests}nginx:1.14-2" '{Cmd: ["nginx", "master process", "80"]}'
	critest_image "${tests}httpd:2.4.39-4" '{Cmd: ["nginx", "master process", "80"]}'
}

# program NAME: a script of the images, from stdin.
program() {
	rm -f "$E_DIR/images/root/bin/$1"
	{ echo '#!/bin/sh' && cat; } >"$E_DIR/images/root/bin/$1"
	chmod 0755 "$E_DIR/images/root/bin/$1"
}

# critest_image NAME CONFIG
critest_image() {
	RT_TEST_CACHE=$E_DIR/images image_archive root "$1" "$E_DIR/image.tar" "$(jq -cn "$2 + {Env: [\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"]}")"
	ctr image import "$E_DIR/image.tar"
}

# specs SUBJECT STATE: a line for each, with why it failed if it did.
specs() {
	jq -r --arg subject "$1" --arg state "$2" '.[].SpecReports[]
		| select((.ContainerHierarchyTexts[0] // "" | ltrimstr("[k8s.io] ") | sub(" \\[.*"; "")) == $subject)
		| select(.State == $state) | .LeafNodeText + ": " + (.Failure.Message // "" | .[:300])' "$REPORT"
}

# hold SUBJECT COUNT: at least so many specs of this subject passed, and none failed.
hold() {
	CALL="critest: $1"
	[ -s "$REPORT" ] || fail "no report: $(tail -n 5 "$E_DIR/../critest-$E_RUNTIME.log")"
	stdout=$(specs "$1" failed)
	is ""
	stdout=$(specs "$1" passed)
	[ "$(grep -c . <<<"$stdout")" -ge "$2" ] || fail "fewer than $2 passed"
}

@test "critest: containers" { hold Container 18; }
@test "critest: pods" { hold PodSandbox 8; }
@test "critest: several containers of a pod" { hold "Multiple Containers" 3; }
@test "critest: network" { hold Networking 4; }
@test "critest: streams" { hold Streaming 5; }
@test "critest: users, namespaces, capabilities, seccomp" { hold "Security Context" 30; }
@test "critest: propagation of mounts" { hold "Container Mount Propagation" 3; }
@test "critest: read-only mounts, recursive ones too" { hold "Container Mount Readonly" 5; }
@test "critest: what is asked twice" { hold Idempotence 7; }

@test "critest: out of memory" {
	! systemd_host || skip "a scope goes with its last process, and what it has counted with it"
	hold "Container OOM" 1
}

@test "critest: AppArmor" {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "the kernel has no AppArmor"
	hold AppArmor 9
}

@test "critest: pods with user namespaces" {
	is_rt || skip "runc 1.1 has no mapped mounts"
	stdout=$(specs "Security Context" passed)
	equal "$(grep -c 'NamespaceMode_\|container ID 0\|more than one mapping' <<<"$stdout")" 6
}
