load lib

@test "containers of a pod share network, ipc and host name" {
	PODS=("$C")
	ok podman pod create --name "$C" --label "$LABEL" --network none
	ok podman run -d --pod "$C" --label "$LABEL" --name "$C-a" busybox sh -c 'echo served | nc -l -p 8080'
	ok podman run -d --pod "$C" --label "$LABEL" --name "$C-b" busybox sleep 1000
	ok podman exec "$C-b" sh -c 'for n in 1 2 3 4 5 6 7 8 9 10; do nc 127.0.0.1 8080 </dev/null && exit; sleep 0.2; done'
	is served
	local n
	ok podman inspect --type container -f '{{.State.Pid}}' "$C-b"
	local b=$stdout infra
	ok podman pod inspect -f '{{.InfraContainerID}}' "$C"
	ok podman inspect --type container -f '{{.State.Pid}}' "$stdout"
	infra=$stdout
	for n in net ipc uts; do
		equal "$(readlink "/proc/$b/ns/$n")" "$(readlink "/proc/$infra/ns/$n")" "$n"
	done
	[ "$(readlink "/proc/$b/ns/mnt")" != "$(readlink "/proc/$infra/ns/mnt")" ]
}

@test "a pod that shares its processes ends them all" {
	PODS=("$C")
	ok podman pod create --name "$C" --label "$LABEL" --network none --share net,ipc,uts,pid
	ok podman run -d --pod "$C" --label "$LABEL" --name "$C-a" busybox sh -c 'sleep 5432 & sleep 5432'
	ok podman run -d --pod "$C" --label "$LABEL" --name "$C-b" busybox sleep 1000
	ok podman exec "$C-b" ps -o args
	says "sleep 5432"
	ok podman kill "$C-a"
	eventually 5 state_is "$C-a" exited
	eventually 5 eval '! pgrep -f "^sleep 5432"'
	state_is "$C-b" running
}

@test "a pod is paused, continued, stopped, started and removed as one" {
	PODS=("$C")
	ok podman pod create --name "$C" --label "$LABEL" --network none
	ok podman run -d --pod "$C" --label "$LABEL" --name "$C-a" busybox sleep 1000
	ok podman pod pause "$C"
	state_is "$C-a" paused
	ok podman pod unpause "$C"
	state_is "$C-a" running
	ok podman pod stop -t 0 "$C"
	state_is "$C-a" exited
	ok podman pod start "$C"
	state_is "$C-a" running
	ok podman pod rm -f -t 0 "$C"
	fails 1 podman container exists "$C-a"
}

@test "a bridge network connects containers and their host" {
	ok podman run -d --label "$LABEL" --name "$C" busybox sh -c 'while :; do echo served | nc -l -p 8080; done'
	ok podman inspect --type container -f '{{.NetworkSettings.IPAddress}}' "$C"
	local ip=$stdout
	[ -n "$ip" ] || fail "no address"
	ok podman run --rm --label "$LABEL" busybox sh -c "nc $ip 8080 </dev/null; ping -c 1 -W 2 $ip"
	says served "1 packets received"
}

@test "a network of its own resolves names, and a port is published" {
	ok podman network create "$C-net"
	ok podman run -d --label "$LABEL" --name "$C-web" --network "$C-net" -p 8085:80 busybox \
		sh -c 'mkdir /www; echo served >/www/index.html; exec httpd -f -p 80 -h /www'
	ok podman run --rm --label "$LABEL" --network "$C-net" busybox sh -c "ping -c 1 -W 2 $C-web; wget -q -O - http://$C-web/"
	says '1 packets received'
	line served
	eventually 10 eval '[ "$(timeout 2 busybox wget -q -O - http://127.0.0.1:8085/)" = served ]'
	ok podman port "$C-web"
	says '80/tcp -> 0.0.0.0:8085'
	ok podman rm -f -t 0 "$C-web"
	ok podman network rm "$C-net"
}

@test "play kube starts a pod from Kubernetes' description" {
	PODS=("$C")
	cat >"$BATS_TEST_TMPDIR/pod.yaml" <<-END
		apiVersion: v1
		kind: Pod
		metadata:
		  name: $C
		spec:
		  containers:
		  - name: one
		    image: localhost/busybox:latest
		    imagePullPolicy: Never
		    command: [sleep, "1000"]
		    securityContext:
		      runAsUser: 1000
		      readOnlyRootFilesystem: true
		      capabilities:
		        drop: [ALL]
		    resources:
		      limits:
		        memory: 64Mi
	END
	ok podman play kube --network none "$BATS_TEST_TMPDIR/pod.yaml"
	ok podman exec "$C-one" sh -c 'id -u; grep CapBnd /proc/self/status; touch /x 2>&1; true'
	line 1000
	says 0000000000000000 "Read-only file system"
	ok podman play kube --down "$BATS_TEST_TMPDIR/pod.yaml"
}
