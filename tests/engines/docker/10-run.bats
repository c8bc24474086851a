load lib

@test "run gives a program its input and gives back its output and exit status" {
	run_rm busybox echo hello
	is hello
	fails 42 docker run --rm --label "$LABEL" busybox sh -c 'echo out; echo err >&2; exit 42'
	is out
	equal "$stderr" err
	equal "$(printf 'one\ntwo\n' | docker run -i --rm --label "$LABEL" busybox wc -l)" 2
	fails 143 docker run --rm --label "$LABEL" --init busybox sh -c 'kill -TERM $$'
}

@test "run tells a missing program from one that may not be executed" {
	fails 127 docker run --rm --label "$LABEL" busybox nothing-here
	says 'executable file not found in $PATH'
	fails 127 docker run --rm --label "$LABEL" busybox /bin/nothing-here
	says 'no such file or directory'
	fails 126 docker run --rm --label "$LABEL" busybox /etc/passwd
	says 'permission denied'
	fails 126 docker run --rm --label "$LABEL" busybox /etc
	fails 125 docker run --rm --label "$LABEL" --name ../x busybox true
}

@test "run -it gives a shell on a terminal of the caller's size" {
	tty_start docker run -it --rm --label "$LABEL" busybox sh
	tty_await '/ #'
	tty_send 'tty; stty size; sleep 100 && echo sle""pt\n'
	tty_await '30 100'
	sleep 0.3
	tty_send '\003'
	tty_send 'test -t 0 && test -t 1 && echo on-a-$TERM; ps -o pid,comm,tty\n'
	tty_await 'on-a-xterm'
	tty_send 'exit 7\n'
	tty_end
	equal "$status" 7
	line /dev/pts/0 '30 100'
	refute_says slept 'not a tty' 'job control turned off'
}

@test "run -d gives an id, and ps, logs, wait and rm follow the container" {
	detached "$C" busybox sh -c 'echo first; echo second >&2; sleep 0.5; echo third; exit 3'
	matches '^[0-9a-f]{64}$'
	ok docker ps --filter "name=^$C\$" --format '{{.Names}} {{.Status}}'
	says "$C Up"
	ok docker logs -f "$C"
	is $'first\nthird'
	equal "$stderr" second
	ok docker wait "$C"
	is 3
	ok docker logs --tail 1 -t "$C"
	matches '^20[0-9T:.-]+Z third$'
	ok docker ps -a --filter "name=^$C\$" --format '{{.Status}}'
	says 'Exited (3)'
	ok docker rm "$C"
	fails 1 docker inspect "$C"
}

@test "run --rm removes the container and its files" {
	detached "$C" --rm -v /data busybox sh -c 'echo x >/data/f; sleep 1000'
	inspect "$C" '{{.Id}} {{(index .Mounts 0).Name}}'
	local id=${stdout% *} volume=${stdout#* }
	ok docker kill "$C"
	eventually 10 refuted docker inspect "$id"
	fails 1 docker volume inspect "$volume"
	[ ! -e "$E_DIR/data/containers/$id" ] || fail "files of $id are left"
	[ ! -e "$E_DIR/exec/runtime-runc/moby/$id" ] || fail "the runtime's state of $id is left"
}

@test "-e, -w, -u, -h, --env-file and --entrypoint reach the program" {
	printf 'FROM_FILE=file\n' >"$BATS_TEST_TMPDIR/env"
	run_rm -e A=1 -e 'B=two words' --env-file "$BATS_TEST_TMPDIR/env" -h box --domainname example.org -w /new/dir \
		-u 1000:5 --group-add 1 --entrypoint /bin/sh busybox -c 'env; pwd; id; hostname; cat /etc/hostname /proc/sys/kernel/domainname'
	line A=1 'B=two words' FROM_FILE=file HOSTNAME=box /new/dir box example.org
	says 'uid=1000(user) gid=5(tty) groups=1(daemon),5(tty)'
	run_rm -u user busybox sh -c 'id -u; id -g; echo $HOME; echo $PATH'
	is $'1000\n1000\n/home/user\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
	run_rm -u 4321 busybox id
	is 'uid=4321 gid=0(root) groups=0(root)'
}

@test "--init reaps the orphans and passes signals on" {
	detached "$C" --init busybox sh -c 'trap "echo got term; exit 9" TERM; (sleep 0.1 &); echo ready; while :; do sleep 0.1; done'
	eventually 5 log_has "$C" ready
	ok docker exec "$C" cat /proc/1/comm
	is docker-init
	sleep 0.5
	ok docker exec "$C" ps -o stat,comm
	refute_says Z
	ok docker stop -t 5 "$C"
	ok docker logs "$C"
	line 'got term'
	inspect "$C" '{{.State.ExitCode}}'
	is 9
}

@test "a program in a Debian file system runs as in busybox" {
	rootfs_tar debian | docker import - debian >/dev/null
	run_rm debian bash -c 'getent passwd root; . /etc/os-release; echo $ID; apt-get --version | head -1; perl -e "print 6*7, qq(\n)"'
	line 'root:x:0:0:root:/root:/bin/bash' debian 42
	run_rm -u nobody debian bash -c 'exec >/dev/stderr; echo written'
	equal "$stderr" written
}
