# fish completion for rt(8)

complete -c rt -f
function __rt_verb
    complete -c rt -n __fish_use_subcommand -a $argv[1] -d $argv[2]
end
__rt_verb create 'create a container and leave its process waiting for start'
__rt_verb start 'execute the process of a created container'
__rt_verb run 'create and start a container and wait for its end'
__rt_verb state 'print the state of a container as JSON'
__rt_verb list 'list the containers of a root directory'
__rt_verb kill 'send a signal to the first process of a container'
__rt_verb delete 'remove a container and everything it holds'
__rt_verb spec 'write a config.json to start from'
__rt_verb plan 'print the operations that create would do'
__rt_verb validate 'check a bundle without starting anything'
__rt_verb features 'print what this build supports as JSON'
__rt_verb help 'show the help of a command'
functions -e __rt_verb

set -l n __fish_use_subcommand
complete -c rt -n $n -l debug -d 'write debug records'
complete -c rt -n $n -l log -r -F -d 'log file'
complete -c rt -n $n -l log-format -x -a 'text json' -d 'format of log records'
complete -c rt -n $n -l root -r -F -d 'directory of container state'
complete -c rt -n $n -l systemd-cgroup -d 'let systemd manage cgroups'
complete -c rt -n $n -l cgroup-manager -x -a 'cgroupfs systemd' -d 'what manages cgroups'
complete -c rt -n $n -l rootless -x -a 'true false auto' -d 'ignore missing permission on cgroups'
complete -c rt -n $n -l criu -r -F -d ignored
complete -c rt -n $n -l trace -r -F -d 'file for a Chrome trace'
complete -c rt -n $n -s v -l version -d 'show the version'
complete -c rt -s h -l help -d 'show help'

set -l n '__fish_seen_subcommand_from create run plan'
complete -c rt -n "$n" -l console-socket -r -F -d 'socket for the terminal'
complete -c rt -n "$n" -l pidfd-socket -r -F -d 'socket for a pidfd'
complete -c rt -n "$n" -l pid-file -r -F -d 'file for the pid'
complete -c rt -n "$n" -l no-pivot -d 'move the root mount instead of pivot_root'
complete -c rt -n "$n" -l no-new-keyring -d 'keep the session keyring'
complete -c rt -n "$n" -l preserve-fds -x -d 'descriptors to pass'
complete -c rt -n '__fish_seen_subcommand_from create run plan spec validate' -s b -l bundle -r -F -d 'the bundle'
complete -c rt -n '__fish_seen_subcommand_from create run' -l trace -r -F -d 'file for a Chrome trace'
complete -c rt -n '__fish_seen_subcommand_from run' -s d -l detach -d 'return once it runs'
complete -c rt -n '__fish_seen_subcommand_from run' -l keep -d 'do not delete it at its end'
complete -c rt -n '__fish_seen_subcommand_from run' -l no-subreaper -d 'do not adopt orphans'
complete -c rt -n '__fish_seen_subcommand_from plan validate' -l json -d 'print JSON'
complete -c rt -n '__fish_seen_subcommand_from list' -s f -l format -x -a 'table json' -d format
complete -c rt -n '__fish_seen_subcommand_from list' -s q -l quiet -d 'print ids only'
complete -c rt -n '__fish_seen_subcommand_from kill' -s a -l all -d 'every process'
complete -c rt -n '__fish_seen_subcommand_from delete' -s f -l force -d 'kill it first'
complete -c rt -n '__fish_seen_subcommand_from spec' -l rootless -d 'for a user without privileges'
complete -c rt -n '__fish_seen_subcommand_from start state kill delete' -a '(rt list -q 2>/dev/null)'
