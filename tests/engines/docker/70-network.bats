load lib

# serve NAME TEXT ARG...: a container that answers TEXT on port 80.
serve() {
	local name=$1 text=$2
	shift 2
	detached "$name" --init "$@" busybox sh -c 'mkdir -p /www; echo '"$text"' >/www/index.html; exec httpd -f -p 80 -h /www'
}

get() { timeout 5 busybox wget -q -O - "$1"; }

answers() { [ "$(get "$1" 2>/dev/null)" = "$2" ]; }

@test "containers on a network of their own find each other by name and ping" {
	NETWORKS=("$C-net" "$C-other")
	ok docker network create --subnet 10.77.0.0/24 --gateway 10.77.0.1 "$C-net"
	ok docker network create --internal "$C-other"
	serve "$C-web" served --network "$C-net" --network-alias web --ip 10.77.0.9 --mac-address 02:42:0a:4d:00:99
	run_rm --network "$C-net" busybox sh -c "nslookup $C-web; ping -c 2 -W 2 web; wget -q -O - http://$C-web/; cat /etc/resolv.conf; arp -n 10.77.0.9"
	line 'nameserver 127.0.0.11' served '2 packets transmitted, 2 packets received, 0% packet loss'
	says 10.77.0.9 02:42:0a:4d:00:99
	# What is not on the network is not found, until it is connected.
	sleeper "$C-away" --network "$C-other"
	call docker exec "$C-away" ping -c 1 -W 1 "$C-web"
	[ "$status" -ne 0 ] || fail 'reached a container on another network'
	ok docker network connect "$C-net" "$C-away"
	ok docker exec "$C-away" ping -c 1 -W 2 "$C-web"
	ok docker exec "$C-away" sh -c 'ip -o -4 addr | grep -c eth'
	is 2
	ok docker network disconnect "$C-net" "$C-away"
	call docker exec "$C-away" ping -c 1 -W 1 10.77.0.9
	[ "$status" -ne 0 ] || fail 'still reached'
	ok docker rm -f "$C-web" "$C-away"
	ok docker network rm "$C-net" "$C-other"
}

@test "-p and -P publish ports, and port tells them" {
	# runc 1.1 takes the mode of a tmpfs from the directory that the first start made.
	serve "$C" published -p 8082:80 -p 127.0.0.1:8083:80/tcp -P --expose 81/udp --sysctl net.ipv4.ip_unprivileged_port_start=0 -u 1000 -w /tmp --tmpfs /www:mode=1777,uid=1000
	eventually 20 answers http://127.0.0.1:8082/ published
	answers http://127.0.0.1:8083/ published
	ok docker port "$C"
	line '80/tcp -> 0.0.0.0:8082' '80/tcp -> 127.0.0.1:8083'
	matches '81/udp -> 0.0.0.0:[0-9]+'
	ok docker stop -t 1 "$C"
	refuted answers http://127.0.0.1:8082/ published
	ok docker start "$C"
	eventually 20 answers http://127.0.0.1:8082/ published
}

@test "--link gives the other container's name and its variables" {
	serve "$C-db" linked --expose 80 -e SECRET=x
	run_rm --link "$C-db:db" busybox sh -c 'wget -q -O - http://db/; env; cat /etc/hosts'
	line linked
	says DB_PORT_80_TCP_PORT=80 DB_ENV_SECRET=x "db "
}

@test "--add-host and --dns are in the container's files" {
	run_rm --add-host other:10.1.2.3 --dns 10.9.9.9 --dns-search example.org --dns-option ndots:2 -h me busybox cat /etc/hosts /etc/resolv.conf
	line $'10.1.2.3\tother' 'nameserver 10.9.9.9' 'search example.org' 'options ndots:2'
	matches $'172[.0-9]+\tme'
}

@test "the default bridge and NAT carry packets both ways" {
	sleeper "$C"
	local address
	address=$(docker inspect -f '{{.NetworkSettings.IPAddress}}' "$C")
	busybox ping -q -c 1 -W 2 "$address" >/dev/null || fail "no ping to $address"
	ok docker exec "$C" ping -c 1 -W 2 172.17.0.1
	# A host outside that has no way back to the bridge's addresses: only NAT lets it answer.
	ip netns add outside
	ip link add rt-near type veth peer name rt-far netns outside
	ip addr add 198.51.100.1/24 dev rt-near
	ip link set rt-near up
	ip -n outside addr add 198.51.100.2/24 dev rt-far
	ip -n outside link set rt-far up
	call docker exec "$C" ping -c 2 -W 5 198.51.100.2
	ip netns del outside
	umount /run/netns # ip(8) made it a mount
	[ "$status" -eq 0 ] || fail 'no answer from outside'
}
