load lib

health_is() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$1")" = "$2" ]; }

@test "a healthcheck turns healthy and unhealthy with what it finds" {
	detached "$C" --init --health-cmd 'cat /healthy' --health-interval 200ms --health-retries 2 --health-timeout 5s \
		busybox sh -c 'touch /healthy; sleep 1000'
	eventually 10 health_is "$C" healthy
	ok docker exec "$C" rm /healthy
	eventually 10 health_is "$C" unhealthy
	inspect "$C" '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}'
	says "can't open '/healthy'"
	ok docker exec "$C" touch /healthy
	eventually 10 health_is "$C" healthy
	# One that hangs is killed, with all that it started.
	detached "$C-slow" --init --health-cmd 'sleep 997' --health-interval 100ms --health-timeout 300ms --health-retries 1 busybox sleep 1000
	eventually 10 health_is "$C-slow" unhealthy || fail "$(docker inspect -f '{{json .State}}' "$C-slow")"
}

@test "two services on a network work together: a store and what asks it" {
	NETWORKS=("$C-set")
	VOLUMES=("$C-data")
	ok docker network create "$C-set"
	detached "$C-store" --init --network "$C-set" --network-alias store --restart unless-stopped -v "$C-data:/www" --read-only \
		--health-cmd 'wget -q -O /dev/null http://127.0.0.1/ready' --health-interval 200ms \
		busybox sh -c 'echo ready >/www/ready; exec httpd -f -p 80 -h /www'
	eventually 10 health_is "$C-store" healthy
	detached "$C-front" --init --network "$C-set" -p 8084:80 -e STORE=http://store busybox sh -c '
		while :; do printf "HTTP/1.0 200 OK\r\n\r\n%s" "$(wget -q -O - $STORE/ready)" | nc -l -p 80 >/dev/null; done'
	eventually 10 eval '[ "$(timeout 2 busybox wget -q -O - http://127.0.0.1:8084/)" = ready ]'
	# The store comes back from a crash, with its data, under its name.
	kill -KILL "$(pid_of "$C-store")"
	eventually 10 eval '[ "$(docker inspect -f "{{.RestartCount}}" "$C-store")" = 1 ]'
	eventually 10 eval '[ "$(timeout 2 busybox wget -q -O - http://127.0.0.1:8084/)" = ready ]'
	ok docker rm -fv "$C-front" "$C-store"
	ok docker network rm "$C-set"
}

# tasks STATE: how many tasks of the service are in it.
tasks() { docker service ps "$C" --filter desired-state=running --format '{{.CurrentState}} {{.Image}}' | grep -c "^Running.* $1"; }

has_tasks() { [ "$(tasks "$2")" -eq "$1" ]; }

@test "a Swarm service is scaled to three, rolled to a new image and removed" {
	ok docker swarm init --advertise-addr 127.0.0.1 --task-history-limit 1
	docker tag busybox busybox:next
	ok docker service create -d --name "$C" --no-resolve-image --container-label "$LABEL" --limit-memory 32m --init \
		--env SLOT='{{.Task.Slot}}' busybox:latest sleep 1000
	eventually 30 has_tasks 1 busybox:latest
	ok docker service scale -d "$C=3"
	eventually 30 has_tasks 3 busybox:latest
	local one
	one=$(docker ps -q --filter "label=$LABEL" | head -1)
	ok docker inspect -f '{{.HostConfig.Memory}}' "$one"
	is 33554432
	# A task that ends is started again.
	ok docker kill "$one"
	eventually 30 refuted docker top "$one"
	eventually 30 has_tasks 3 busybox:latest
	ok docker service update -d --no-resolve-image --image busybox:next --stop-grace-period 1s --update-parallelism 3 --update-delay 0s "$C"
	eventually 40 has_tasks 3 busybox:next
	ok docker service rm "$C"
	eventually 30 eval '[ -z "$(docker ps -q --filter "label=$LABEL")" ]'
	ok docker swarm leave --force
	docker rmi busybox:next >/dev/null
	docker network rm docker_gwbridge >/dev/null 2>&1 || true
}
