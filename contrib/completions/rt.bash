# bash completion for rt(8)

_rt() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local create='--bundle --console-socket --pidfd-socket --pid-file --no-pivot --no-new-keyring --preserve-fds --help'
	local globals='--debug --log --log-format --root --systemd-cgroup --cgroup-manager --rootless --criu --trace --help --version'
	local verbs='create start run exec state list ps events pause resume update kill delete checkpoint restore spec plan validate features help'
	local criu='--image-path --work-path --tcp-established --ext-unix-sk --shell-job --lazy-pages --file-locks
		--manage-cgroups-mode --empty-ns --auto-dedup --help'
	local verb='' root=() i

	case $prev in
	--bundle | -b | --root | --image-path | --work-path) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	--log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur"); return ;;
	--cgroup-manager) mapfile -t COMPREPLY < <(compgen -W 'cgroupfs systemd' -- "$cur"); return ;;
	--rootless) mapfile -t COMPREPLY < <(compgen -W 'true false auto' -- "$cur"); return ;;
	--format | -f) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$cur"); return ;;
	--manage-cgroups-mode) mapfile -t COMPREPLY < <(compgen -W 'soft full strict ignore' -- "$cur"); return ;;
	--empty-ns) mapfile -t COMPREPLY < <(compgen -W 'network' -- "$cur"); return ;;
	--cpu-idle) mapfile -t COMPREPLY < <(compgen -W '0 1' -- "$cur"); return ;;
	--log | --criu | --trace | --pid-file | --console-socket | --pidfd-socket | --process | -p | --resources | -r)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	esac

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) root=(--root "${COMP_WORDS[++i]}") ;;
		--log | --log-format | --cgroup-manager | --rootless | --criu | --trace) ((i++)) ;;
		-*) ;;
		*) verb=${COMP_WORDS[i]}; break ;;
		esac
	done

	local words
	case $verb in
	'') words="$globals $verbs" ;;
	create) words="$create --trace" ;;
	run) words="$create --trace --detach --keep --no-subreaper" ;;
	plan) words="$create --json" ;;
	list) words='--format --quiet --help' ;;
	exec) words='--process --cwd --env --tty --user --additional-gids --cap --no-new-privs --apparmor --process-label
		--detach --pid-file --console-socket --pidfd-socket --preserve-fds --cgroup --ignore-paused --trace --help' ;;
	ps) words='--format --help' ;;
	events) words='--interval --stats --help' ;;
	update) words='--resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-idle
		--cpu-rt-period --cpu-rt-runtime --cpuset-cpus --cpuset-mems --memory --memory-reservation --memory-swap
		--pids-limit --l3-cache-schema --mem-bw-schema --kernel-memory --kernel-memory-tcp --help' ;;
	kill) words="--all --help HUP INT QUIT KILL USR1 USR2 TERM STOP CONT" ;;
	delete) words='--force --help' ;;
	checkpoint) words="$criu --parent-path --leave-running --tcp-skip-in-flight --link-remap --status-fd --page-server --pre-dump" ;;
	restore) words="$criu --bundle --console-socket --pid-file --detach --no-subreaper --no-pivot --tcp-close --lsm-profile
		--lsm-mount-context" ;;
	spec) words='--bundle --rootless --help' ;;
	validate) words='--bundle --json --help' ;;
	help) words=$verbs ;;
	*) words='--help' ;;
	esac
	case $verb in
	start | exec | state | ps | events | pause | resume | update | kill | delete | checkpoint) words+=" $(rt "${root[@]}" list -q 2>/dev/null)" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _rt rt
