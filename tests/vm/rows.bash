# shellcheck shell=bash
# Sourced: the rows of the matrix. Each has a guest (BOOT), words (TITLE), suites
# (FILES), what its host must have (MUST) and, maybe, tags (TAGS) or names (FILTER) of
# tests, more environment for the suites (MORE) and a command before them (BEFORE). With
# an engine (ENGINE) the suites are those of tests/engines. What takes longest runs by name
# alone: containerd-criu, podman-criu, cri-systemd, critest, podman-user.

ROWS=(v2 apparmor privileged v1 systemd user selinux criu criu-systemd containerd-systemd)
# shellcheck disable=SC2034 # used where this is sourced
declare -A BOOT TITLE FILES MUST TAGS FILTER MORE BEFORE ENGINE

BOOT[v2]=v2
TITLE[v2]="cgroup v2, cgroupfs"
FILES[v2]="cgroup resources cgroup-effects devicerules update pause events delete kill ps exec exec-process"
MUST[v2]=cpus,io
TAGS[v2]=cgroup

BOOT[v1]=v1
TITLE[v1]="cgroup v1, cgroupfs"
FILES[v1]="cgroup resources devicerules delete kill"
TAGS[v1]=cgroup

BOOT[apparmor]=v2
TITLE[apparmor]="AppArmor enforcing"
FILES[apparmor]=apparmor
MUST[apparmor]=apparmor,criu

BOOT[privileged]=v2
TITLE[privileged]="every capability"
FILES[privileged]=privileged
MUST[privileged]=sys_resource

BOOT[selinux]=selinux
TITLE[selinux]="SELinux enforcing"
FILES[selinux]=selinux
MUST[selinux]=selinux

BOOT[systemd]=v2-systemd
TITLE[systemd]="cgroup v2, systemd"
FILES[systemd]=systemd
MUST[systemd]=systemd,cgroup2
MORE[systemd]=RT_TEST_HOST=1

BOOT[user]=v2-systemd
TITLE[user]="unprivileged user, in a session of systemd"
FILES[user]=rootless
MUST[user]=userns,session
MORE[user]="RT_TEST_HOST=1 RT_TEST_USER=user"
# The user's systemd is there for as long as the guest.
BEFORE[user]="loginctl enable-linger user; until [ -S /run/user/1000/bus ]; do sleep 0.2; done"

BOOT[arm64]=arm64
TITLE[arm64]="64-bit ARM, cgroup v2"
FILES[arm64]="run start state exec kill delete rlimits seccomp cgroup"
# One test of each thing: emulation is slow.
FILTER[arm64]="^(run gives|run forwards|run takes|exec runs|exec ends with the|the process has the container.s|the container.s seccomp"
FILTER[arm64]+="|--tty gives|kill sends|kill --all reaches|delete removes a|delete --force ends|soft and hard|a hard limit"
FILTER[arm64]+="|Docker.s|SCMP_ACT_ERRNO|SCMP_ACT_KILL,|SCMP_ACT_NOTIFY gives|every operator|a call through an ABI|the filter is in force"
FILTER[arm64]+="|memory, pids|the pids limit stops|a container with|start runs|start after|state shows what|state goes|state keeps the pid)"
MUST[arm64]=cpus

BOOT[criu]=v2
TITLE[criu]="checkpoint and restore"
FILES[criu]="checkpoint restore checkpoint-options"
MUST[criu]=criu

BOOT[criu-systemd]=v2-systemd
TITLE[criu-systemd]="checkpoint and restore, with systemd"
FILES[criu-systemd]="restore"
TAGS[criu-systemd]=systemd
MUST[criu-systemd]=criu,systemd
MORE[criu-systemd]=RT_TEST_HOST=1

BOOT[containerd-systemd]=v2-systemd
TITLE[containerd-systemd]="containerd, with systemd"
ENGINE[containerd-systemd]=containerd
FILES[containerd-systemd]=systemd

BOOT[cri-systemd]=v2-systemd
TITLE[cri-systemd]="containerd as in Kubernetes, with systemd"
ENGINE[cri-systemd]=cri
FILES[cri-systemd]="systemd 40-limits 50-contrib"
FILTER[cri-systemd]="^(a container is a scope|limits are|pods live|contrib.s configuration)"

BOOT[critest]=v2-systemd
TITLE[critest]="Kubernetes' critest on containerd 2, with systemd"
ENGINE[critest]=cri
FILES[critest]=newer-critest
MORE[critest]=RT_ENGINES_NEWER=1

BOOT[containerd-criu]=v2
TITLE[containerd-criu]="checkpoint and restore by containerd"
ENGINE[containerd-criu]=containerd
FILES[containerd-criu]=criu

BOOT[podman-criu]=v2
TITLE[podman-criu]="checkpoint and restore by Podman"
ENGINE[podman-criu]=podman
FILES[podman-criu]=criu
# Debian's crun has no criu.
MORE[podman-criu]=RT_ENGINES_REFERENCE=runc

BOOT[podman-user]=v2-systemd
TITLE[podman-user]="Podman of an unprivileged user"
ENGINE[podman-user]=podman
FILES[podman-user]="user 10-run 20-life 30-pod 40-build"
FILTER[podman-user]="^(id 0|limits are|slirp4netns|run gives|a missing|stop kills|pause stops|exec gives|containers of a pod|build runs)"
MORE[podman-user]=RT_ENGINES_USER=user
# What is there in any session is not what Podman leaves; slirp4netns takes a tun.
BEFORE[podman-user]="modprobe tun; chmod 0666 /dev/net/tun; ${BEFORE[user]}; runuser -u user -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user start dbus user.slice"

# report ROW FILE: one line about a row's TAP, then what failed, then why tests were
# skipped. Adds to passed, failed, skipped.
report() {
	local row=$1 file=$2 counts=(0 1 0) verdict=FAILED last
	last=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$file" | tail -1 || true)
	[ -z "$last" ] || read -ra counts <<<"${last//[!0-9 ]/}"
	[ "${counts[1]}" -ne 0 ] || [ "${counts[0]}" -eq 0 ] || verdict=passed
	printf '%-6s %-11s %s: %s\n' "$verdict" "$row" "${TITLE[$row]}" "${last:-gave no result}"
	sed -n 's/^ok [0-9]* .*# skip */             skipped: /p' "$file" | sort | uniq -c
	if [ -n "$last" ]; then
		awk '/^(ok|not ok) / {on = $1 == "not"} on' "$file"
	else
		tail -n 20 "$file"
	fi
	passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
}
