#!/usr/bin/env bats
load helpers

# mount DESTINATION TYPE SOURCE OPTION...: add to .mounts.
add_mount() {
	local d=$1 t=$2 s=$3
	shift 3
	config '.mounts += [{destination: $d, type: $t, source: $s, options: $ARGS.positional}]' \
		--arg d "$d" --arg t "$t" --arg s "$s" --args -- "$@"
}

# tmpfs_with OPTION WORDS: a tmpfs at /mnt/OPTION with one more option, and the words
# that its mountinfo line must have ("!word": must not). One container tries all.
tmpfs_with() {
	add_mount "/mnt/$1" tmpfs tmpfs "$1"
	WANT+=("/mnt/$1 $2")
}

assert_tmpfs() {
	local want target line word
	run_script_ok 'cat /proc/self/mountinfo'
	for want in "${WANT[@]}"; do
		target=${want%% *}
		line=$(mount_line "$target")
		for word in ${want#* }; do
			if [[ $word == !* ]]; then
				[[ ! $line =~ [\ ,]${word#!}([\ ,]|$) ]] || fail "$target has ${word#!}: $line"
			else
				[[ $line =~ [\ ,]$word([\ ,]|$) ]] || fail "$target has no $word: $line"
			fi
		done
	done
}

@test "mount options of the specification's table set the mount's flags" {
	WANT=()
	tmpfs_with ro ro
	tmpfs_with rw rw
	tmpfs_with nosuid nosuid
	tmpfs_with suid !nosuid
	tmpfs_with nodev nodev
	tmpfs_with dev !nodev
	tmpfs_with noexec noexec
	tmpfs_with exec !noexec
	tmpfs_with noatime noatime
	tmpfs_with atime !noatime
	tmpfs_with nodiratime nodiratime
	tmpfs_with diratime !nodiratime
	tmpfs_with relatime relatime
	tmpfs_with norelatime !noatime
	tmpfs_with strictatime "!relatime !noatime"
	tmpfs_with nostrictatime !noatime
	tmpfs_with sync sync
	tmpfs_with async !sync
	tmpfs_with dirsync dirsync
	assert_tmpfs
}

@test "lazytime, silent, iversion and their opposites are mount options" {
	WANT=()
	tmpfs_with lazytime lazytime
	tmpfs_with nolazytime !lazytime
	tmpfs_with silent rw
	tmpfs_with loud rw
	tmpfs_with iversion rw
	tmpfs_with noiversion rw
	assert_tmpfs
}

@test "the option defaults changes nothing" {
	rt_only "runc passes it to the file system"
	WANT=()
	tmpfs_with defaults "rw !nosuid !nodev !noexec"
	add_mount /mnt/bind bind "$BATS_TEST_TMPDIR" bind defaults
	WANT+=("/mnt/bind rw")
	assert_tmpfs
}

@test "nosymfollow forbids symbolic links and symfollow allows them" {
	rt_only "runc 1.1 does not know them"
	needs_kernel 5.10 nosymfollow
	WANT=()
	tmpfs_with nosymfollow nosymfollow
	tmpfs_with symfollow !nosymfollow
	assert_tmpfs
}

@test "the last of contradicting options wins" {
	WANT=()
	add_mount /mnt/a tmpfs tmpfs ro rw nosuid suid nodev
	WANT+=("/mnt/a rw !nosuid nodev")
	add_mount /mnt/b tmpfs tmpfs rw ro
	WANT+=("/mnt/b ro")
	assert_tmpfs
}

@test "unknown options go to the file system" {
	add_mount /mnt tmpfs tmpfs nosuid size=1m mode=0750 uid=5 gid=6 nr_inodes=10
	run_script_ok 'stat -c "%a %u %g" /mnt; cat /proc/self/mountinfo'
	# runc 1.1 gives it the mode of the directory that it covers
	[[ $stdout == "750 5 6"* ]] || ! is_rt || fail "stat"
	[[ $(mount_line /mnt) == *nosuid*size=1024k,nr_inodes=10,mode=750* ]] || fail "$(mount_line /mnt)"
}

@test "a tmpfs without the option mode has the mode of the directory that it covers" {
	mkdir -m 0711 "$ROOTFS/covered"
	add_mount /covered tmpfs tmpfs
	run_script_ok 'stat -c %a /covered'
	assert_out 711
}

@test "an option that the file system does not know is refused" {
	add_mount /mnt tmpfs tmpfs nosuchoption
	run_container
	assert_fails "/mnt" "invalid argument"
	assert_rt_says "mounts[7]" "nosuchoption"
}

@test "an unknown option on a bind mount is refused" {
	rt_only "runc 1.1 ignores it"
	add_mount /mnt bind "$BATS_TEST_TMPDIR" bind nosuchoption
	run_container
	assert_fails
	assert_rt_says "mounts[7]" "nosuchoption"
}

@test "an unknown file system is refused" {
	add_mount /mnt nosuchfs none
	run_container
	assert_fails "no such device"
	assert_rt_says "mounts[7]" "nosuchfs"
}

@test "remount changes the flags of an earlier mount" {
	rt_only "runc 1.1 takes it for a new mount"
	add_mount /mnt tmpfs tmpfs
	add_mount /mnt none none remount ro nosuid
	run_script_ok 'cat /proc/self/mountinfo; probe open c /mnt/x'
	[[ $(mount_line /mnt) == *" ro,nosuid"* ]] || fail "$(mount_line /mnt)"
	assert_has "open c /mnt/x EROFS"
	assert_equal "$(grep -c ' /mnt ' "$OUT")" 1
}

# --- recursive attributes

# recursive OPTION...: the flags of a bind mount and of a tmpfs mounted in its source.
recursive() {
	mkdir -p "$BATS_TEST_TMPDIR/vol/sub"
	on_private_host "mount -t tmpfs -o '${FLAGS:-rw}' a '$BATS_TEST_TMPDIR/vol' && mkdir -p '$BATS_TEST_TMPDIR/vol/sub' &&
		mount -t tmpfs -o '${FLAGS:-rw}' b '$BATS_TEST_TMPDIR/vol/sub';"
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" rbind "$@"
	run_script_ok 'cat /proc/self/mountinfo'
	outer=$(mount_line /mnt | cut -d' ' -f6)
	inner=$(mount_line /mnt/sub | cut -d' ' -f6)
	config 'del(.mounts[-1])'
}

@test "ro reaches the bind mount alone, rro the mounts below it too" {
	needs_kernel 5.12 mount_setattr
	recursive ro
	[[ ,$outer, == *,ro,* && ,$inner, == *,rw,* ]] || fail "ro: $outer / $inner"
	recursive rro
	[[ ,$outer, == *,ro,* && ,$inner, == *,ro,* ]] || fail "rro: $outer / $inner"
}

@test "recursive options set their flag on every mount of the tree" {
	needs_kernel 5.12 mount_setattr
	local o
	for o in nosuid nodev noexec noatime nodiratime; do
		recursive "r$o"
		[[ ,$outer, == *,$o,* && ,$inner, == *,$o,* ]] || fail "r$o: $outer / $inner"
	done
}

@test "recursive options clear their flag on every mount of the tree" {
	needs_kernel 5.12 mount_setattr
	local o
	for o in suid:nosuid dev:nodev exec:noexec diratime:nodiratime; do
		FLAGS=${o#*:}
		recursive "r${o%:*}"
		[[ ,$outer, != *,$FLAGS,* && ,$inner, != *,$FLAGS,* ]] || fail "r${o%:*}: $outer / $inner"
	done
}

@test "recursive access time options reach every mount of the tree" {
	needs_kernel 5.12 mount_setattr
	FLAGS=noatime
	recursive rrelatime
	[[ ,$outer, == *,relatime,* && ,$inner, == *,relatime,* ]] || fail "rrelatime: $outer / $inner"
	recursive rstrictatime
	[[ ,$outer, != *,*relatime,* && ,$inner, != *,*atime,* ]] || fail "rstrictatime: $outer / $inner"
}

@test "ratime clears noatime on every mount of the tree" {
	rt_only "runc 1.1 makes an invalid call of it"
	FLAGS=noatime
	recursive ratime
	[[ ,$outer, != *,noatime,* && ,$inner, != *,noatime,* ]] || fail "ratime: $outer / $inner"
}

@test "rnosymfollow reaches every mount of the tree" {
	needs_kernel 5.14 "mount_setattr with nosymfollow"
	recursive rnosymfollow
	[[ ,$outer, == *,nosymfollow,* && ,$inner, == *,nosymfollow,* ]] || fail "rnosymfollow: $outer / $inner"
}

@test "of contradicting recursive options the last wins" {
	rt_only "runc 1.1 sets and clears both"
	needs_kernel 5.14 "mount_setattr with nosymfollow"
	recursive rnosymfollow rsymfollow
	[[ ,$outer, != *,nosymfollow,* && ,$inner, != *,nosymfollow,* ]] || fail "rsymfollow: $outer / $inner"
	recursive rro rrw
	[[ ,$outer, == *rw,* && ,$inner, == *rw,* ]] || fail "rrw: $outer / $inner"
}

@test "bind leaves out what is mounted below its source, rbind takes it along" {
	mkdir -p "$BATS_TEST_TMPDIR/vol/sub"
	on_private_host "mount -t tmpfs b '$BATS_TEST_TMPDIR/vol/sub' && touch '$BATS_TEST_TMPDIR/vol/sub/deep';"
	add_mount /mnt/one bind "$BATS_TEST_TMPDIR/vol" bind
	add_mount /mnt/all bind "$BATS_TEST_TMPDIR/vol" rbind
	run_script_ok 'echo one:; ls /mnt/one/sub; echo all:; ls /mnt/all/sub'
	assert_out "one:
all:
deep"
}

# --- bind mounts

@test "a directory of the host is bound read-write and read-only" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	echo data >"$BATS_TEST_TMPDIR/vol/f"
	add_mount /mnt/rw bind "$BATS_TEST_TMPDIR/vol" bind
	add_mount /mnt/ro none "$BATS_TEST_TMPDIR/vol" rbind ro
	run_script_ok 'cat /mnt/ro/f; echo new >/mnt/rw/g; probe open c /mnt/ro/h'
	assert_out "data
open c /mnt/ro/h EROFS"
	assert_equal "$(<"$BATS_TEST_TMPDIR/vol/g")" new
}

@test "a file is bound on a file that exists and on one that does not" {
	echo data >"$BATS_TEST_TMPDIR/file"
	add_mount /etc/passwd bind "$BATS_TEST_TMPDIR/file" bind
	add_mount /deep/er/file bind "$BATS_TEST_TMPDIR/file" bind ro
	run_script_ok 'cat /etc/passwd /deep/er/file'
	assert_out "data
data"
	assert_equal "$(stat -c '%F %s' "$ROOTFS/deep/er/file")" "regular empty file 0"
}

@test "a relative source is relative to the bundle" {
	mkdir "$BUNDLE/vol"
	echo data >"$BUNDLE/vol/f"
	add_mount /mnt bind vol bind
	cd /
	run_script_ok 'cat /mnt/f'
	assert_out data
}

@test "a symbolic link as source is followed on the host" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	echo data >"$BATS_TEST_TMPDIR/vol/f"
	ln -s vol "$BATS_TEST_TMPDIR/link"
	add_mount /mnt bind "$BATS_TEST_TMPDIR/link" bind
	run_script_ok 'cat /mnt/f'
	assert_out data
}

@test "fifos, sockets and devices are bound without being opened" {
	mkfifo "$BATS_TEST_TMPDIR/fifo" "$ROOTFS/target"
	add_mount /target bind "$BATS_TEST_TMPDIR/fifo" bind
	add_mount /null bind /dev/null bind
	run_script_ok 'stat -c %F /target /null'
	assert_out "fifo
character special file"
	assert_within 2000
}

@test "a source that does not exist is refused" {
	add_mount /mnt bind /no/such/source bind
	run_container
	assert_fails "/no/such/source" "no such file or directory"
	assert_rt_says "mounts[7]"
}

@test "a file on a directory is refused" {
	echo data >"$BATS_TEST_TMPDIR/file"
	add_mount /etc bind "$BATS_TEST_TMPDIR/file" bind
	run_container
	assert_fails "not a directory" "/etc"
	assert_rt_says "mounts[7]"
}

@test "a directory on a file is refused" {
	mkdir "$BATS_TEST_TMPDIR/dir"
	add_mount /etc/passwd bind "$BATS_TEST_TMPDIR/dir" bind
	run_container
	assert_fails "/etc/passwd" "not a directory"
}

@test "the type bind without the option bind is refused" {
	mkdir "$BATS_TEST_TMPDIR/dir"
	add_mount /mnt bind "$BATS_TEST_TMPDIR/dir"
	run_container
	assert_fails
	assert_rt_says "mounts[7]"
}

# --- destinations

@test "destinations that do not exist are made" {
	add_mount /a/b/c tmpfs tmpfs
	run_script_ok 'echo x >/a/b/c/f && cat /a/b/c/f'
	assert_out x
	assert_equal "$(stat -c '%a %u' "$ROOTFS/a/b/c")" "755 0"
}

@test "a relative destination is relative to the root" {
	add_mount rel/dir tmpfs tmpfs
	run_script_ok 'cd /tmp; cat /proc/self/mountinfo'
	mount_line /rel/dir
}

@test "a destination with dots and slashes stays in the root" {
	add_mount //x/./../../../y/ tmpfs tmpfs
	run_script_ok 'cat /proc/self/mountinfo'
	mount_line /y
}

@test "symbolic links in a destination are followed inside the root" {
	mkdir -p "$ROOTFS/target" "$BATS_TEST_TMPDIR/outside"
	ln -s /target "$ROOTFS/absolute"
	ln -s ../../../../../target "$ROOTFS/relative"
	ln -s "$BATS_TEST_TMPDIR/outside" "$ROOTFS/out"
	add_mount /absolute/one tmpfs tmpfs
	add_mount /relative/two tmpfs tmpfs
	add_mount /out/three tmpfs tmpfs
	run_script_ok 'cat /proc/self/mountinfo'
	mount_line /target/one
	mount_line /target/two
	mount_line "$BATS_TEST_TMPDIR/outside/three"
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/outside")" ""
}

@test "a dangling symbolic link as destination is made inside the root" {
	ln -s /nowhere/dir "$ROOTFS/dangling"
	add_mount /dangling tmpfs tmpfs
	run_script_ok 'cat /proc/self/mountinfo'
	mount_line /nowhere/dir
	[ ! -e /nowhere ] || fail "made on the host"
}

@test "a loop of symbolic links as destination is refused" {
	ln -s b "$ROOTFS/a"
	ln -s a "$ROOTFS/b"
	add_mount /a/x tmpfs tmpfs
	run_container
	assert_fails "too many levels of symbolic links"
	assert_rt_says "mounts[7]"
}

@test "mounts are made in the order of the list" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	echo first >"$BATS_TEST_TMPDIR/vol/f"
	add_mount /mnt tmpfs tmpfs
	add_mount /mnt/a bind "$BATS_TEST_TMPDIR/vol" bind
	add_mount /mnt/b tmpfs tmpfs
	add_mount /mnt/b bind "$BATS_TEST_TMPDIR/vol" bind
	run_script_ok 'cat /mnt/a/f /mnt/b/f; ls /mnt'
	assert_out "first
first
a
b"
}

@test "a bind mount inside /proc is refused" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	add_mount /proc/fs bind "$BATS_TEST_TMPDIR/vol" bind
	run_container
	assert_fails "/proc"
	assert_rt_says "mounts[7]"
}

@test "every mount inside /proc is refused" {
	rt_only "runc 1.1 looks at bind mounts alone"
	add_mount /proc/fs tmpfs tmpfs
	run_container
	assert_fails "/proc"
	assert_rt_says "mounts[7]"
}

@test "an empty destination is refused" {
	add_mount "" tmpfs tmpfs
	run_container
	if is_rt; then assert_fails "mounts[7].destination"; fi
}

# --- kinds

@test "the usual mounts are what they should be" {
	run_script_ok 'cat /proc/self/mountinfo; stat -c "%n %a" /dev/shm /dev/mqueue; ls /dev/pts'
	[[ $(mount_line /proc) == *" - proc proc rw"* ]] || fail /proc
	[[ $(mount_line /dev) == *nosuid*" - tmpfs tmpfs rw,size=65536k,mode=755"* ]] || fail /dev
	[[ $(mount_line /dev/pts) == *nosuid,noexec*devpts*gid=5,mode=620,ptmxmode=666* ]] || fail /dev/pts
	[[ $(mount_line /dev/mqueue) == *nosuid,nodev,noexec*mqueue* ]] || fail /dev/mqueue
	[[ $(mount_line /sys) == *" ro,nosuid,nodev,noexec"*sysfs* ]] || fail /sys
	assert_has "/dev/shm 1777" "/dev/mqueue 1777" ptmx
}

@test "proc takes hidepid" {
	rt_only "runc 1.1 reads the container's /proc itself and fails"
	config '(.mounts[] | select(.destination == "/proc")).options = ["nosuid", "noexec", "nodev", "hidepid=2"]'
	run_script_ok 'cat /proc/self/mountinfo'
	[[ $(mount_line /proc) == *hidepid=* ]] || fail "$(mount_line /proc)"
}

@test "an overlay is mounted with its directories" {
	mkdir "$BATS_TEST_TMPDIR"/{low,up,work}
	echo low >"$BATS_TEST_TMPDIR/low/f"
	add_mount /mnt overlay overlay "lowerdir=$BATS_TEST_TMPDIR/low,upperdir=$BATS_TEST_TMPDIR/up,workdir=$BATS_TEST_TMPDIR/work"
	run_script_ok 'cat /mnt/f; echo up >/mnt/g'
	assert_out low
	assert_equal "$(<"$BATS_TEST_TMPDIR/up/g")" up
}

@test "cgroup shows the container's own cgroups, read-only" {
	run_script_ok 'for d in /sys/fs/cgroup/*; do echo "$d"; done; cat /proc/self/mountinfo; mkdir /sys/fs/cgroup/pids/x /sys/fs/cgroup/x; true'
	[[ $stderr == *"/sys/fs/cgroup/"*"Read-only"* ]] || fail "writable"
	mount_line /sys/fs/cgroup >"$BATS_TEST_TMPDIR/x"
	if [ -d /sys/fs/cgroup/pids ]; then
		mount_line /sys/fs/cgroup/pids >"$BATS_TEST_TMPDIR/x"
		[[ $(mount_line /sys/fs/cgroup/pids) == *" /$ID /sys/fs/cgroup/pids ro"* ]] || fail "$(mount_line /sys/fs/cgroup/pids)"
	fi
}

# --- tmpcopyup

@test "tmpcopyup fills a tmpfs with what was there" {
	mkdir -p "$ROOTFS/data/dir"
	echo content >"$ROOTFS/data/file"
	chmod 640 "$ROOTFS/data/file"
	chown 5:6 "$ROOTFS/data/file"
	chmod 1750 "$ROOTFS/data/dir"
	ln -s file "$ROOTFS/data/link"
	add_mount /data tmpfs tmpfs tmpcopyup
	run_script_ok 'cat /data/link; stat -c "%a %u:%g" /data/file /data/dir; readlink /data/link; echo new >/data/file; cat /data/file; cat /proc/self/mountinfo' \
		'.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE"])'
	assert_has "content
640 5:6
1750 0:0
file
new"
	[[ $(mount_line /data) == *" - tmpfs "* ]] || fail "$(mount_line /data)"
	assert_equal "$(<"$ROOTFS/data/file")" content
}

@test "tmpcopyup does not follow links out of the rootfs and does not hang on fifos" {
	mkdir -p "$ROOTFS/data"
	ln -s /etc/shadow "$ROOTFS/data/link"
	mkfifo "$ROOTFS/data/fifo"
	add_mount /data tmpfs tmpfs tmpcopyup
	RT_TIMEOUT=5 run_script 'readlink /data/link'
	[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || fail "hung"
	[ "$status" -ne 0 ] || assert_out /etc/shadow
}

@test "tmpcopyup on something else than tmpfs is refused" {
	rt_only "runc ignores it"
	add_mount /mnt bind "$BATS_TEST_TMPDIR" bind tmpcopyup
	run_container
	assert_fails "mounts[7]" "tmpcopyup"
}

# --- propagation of one mount

@test "the propagation of a bind mount is what its option says" {
	local o got
	mkdir "$BATS_TEST_TMPDIR/vol"
	on_shared_host
	for o in shared rshared slave rslave private rprivate unbindable runbindable; do
		add_mount "/mnt/$o" bind "$BATS_TEST_TMPDIR/vol" bind "$o"
	done
	run_script_ok 'cat /proc/self/mountinfo'
	for o in shared rshared slave rslave private rprivate unbindable runbindable; do
		got=$(mount_line "/mnt/$o" | sed -E 's/.* \/mnt[^ ]* [^ ]+ (.*)- .*/\1/')
		case $o in
		*shared) [[ $got == *shared:* ]] ;;
		*slave) [[ $got == *master:* && $got != *shared:* ]] ;;
		*unbindable) [[ $got == *unbindable* ]] ;;
		*private) [ -z "$got" ] ;;
		esac || fail "$o: '$got'"
	done
	assert_shared_host_unchanged
}

@test "a bind mount without propagation option does not leak mounts to the host" {
	mkdir -p "$BATS_TEST_TMPDIR/vol/sub"
	on_shared_host
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" rbind
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	run_script_ok 'mount -t tmpfs t /mnt/sub && echo mounted'
	assert_out mounted
	assert_shared_host_unchanged
}

@test "a mount of the host appears in a slave bind mount and not in a private one" {
	mkdir -p "$BATS_TEST_TMPDIR"/vol/{a,b}
	# The host mounts while the container runs, all in one namespace of the test.
	add_mount /mnt/slave bind "$BATS_TEST_TMPDIR/vol" rbind rslave
	add_mount /mnt/private bind "$BATS_TEST_TMPDIR/vol" rbind rprivate
	script 'echo ready; read x; ls /mnt/slave/a /mnt/private/a'
	mkfifo "$BATS_TEST_TMPDIR/in"
	RT_WRAP=(unshare --mount --propagation shared sh -c '
		{ sleep 0.3; mount -t tmpfs t "$0/vol/a" && touch "$0/vol/a/deep"; echo go; } >"$0/in" &
		"$@" <"$0/in"' "$BATS_TEST_TMPDIR")
	run_ok
	assert_out "ready
/mnt/private/a:

/mnt/slave/a:
deep"
}

# --- idmapped mounts

idmap() {
	rt_only "runc 1.1 has no idmapped mounts"
	needs_kernel 5.12 "idmapped mounts"
	mkdir "$BATS_TEST_TMPDIR/vol"
	echo data >"$BATS_TEST_TMPDIR/vol/f"
	chown 0:0 "$BATS_TEST_TMPDIR/vol" "$BATS_TEST_TMPDIR/vol/f"
	chmod 755 "$BATS_TEST_TMPDIR/vol"
}

@test "idmap without mappings uses the container's user namespace" {
	idmap
	use_userns
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" bind idmap
	add_mount /plain bind "$BATS_TEST_TMPDIR/vol" bind
	run_script_ok 'stat -c %u:%g /mnt/f /plain/f; echo new >/mnt/g'
	assert_out "0:0
65534:65534"
	assert_equal "$(stat -c %u:%g "$BATS_TEST_TMPDIR/vol/g")" 0:0
}

@test "idmap with mappings of its own uses them" {
	idmap
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" bind idmap
	config '.mounts[-1].uidMappings = [{containerID: 0, hostID: 1000, size: 10}]
		| .mounts[-1].gidMappings = [{containerID: 0, hostID: 2000, size: 10}]'
	run_script_ok 'stat -c %u:%g /mnt/f'
	assert_out 1000:2000
}

@test "mappings without the option idmap are used too" {
	idmap
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" bind
	config '.mounts[-1].uidMappings = [{containerID: 0, hostID: 1000, size: 10}]
		| .mounts[-1].gidMappings = [{containerID: 0, hostID: 2000, size: 10}]'
	run_script_ok 'stat -c %u:%g /mnt/f'
	assert_out 1000:2000
}

@test "idmap maps one mount and ridmap the mounts below it too" {
	idmap
	mkdir "$BATS_TEST_TMPDIR/vol/sub"
	on_private_host "mount -t tmpfs b '$BATS_TEST_TMPDIR/vol/sub' && touch '$BATS_TEST_TMPDIR/vol/sub/deep';"
	add_mount /mnt/one bind "$BATS_TEST_TMPDIR/vol" rbind idmap
	add_mount /mnt/all bind "$BATS_TEST_TMPDIR/vol" rbind ridmap
	config '.mounts[-2:][].uidMappings = [{containerID: 0, hostID: 1000, size: 10}]
		| .mounts[-2:][].gidMappings = [{containerID: 0, hostID: 1000, size: 10}]'
	run_script_ok 'stat -c %u /mnt/one/f /mnt/one/sub/deep /mnt/all/f /mnt/all/sub/deep'
	assert_out "1000
0
1000
1000"
}

@test "idmap without mappings and without a user namespace is refused" {
	idmap
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" bind idmap
	run_container
	assert_fails "mounts[7]" "idmap"
}

@test "uidMappings of a mount without gidMappings are refused" {
	idmap
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" bind idmap
	config '.mounts[-1].uidMappings = [{containerID: 0, hostID: 1000, size: 10}]'
	run_container
	assert_fails "mounts[7]" "gidMappings"
}

@test "idmapped mounts leave the source's owner alone" {
	idmap
	use_userns
	add_mount /mnt bind "$BATS_TEST_TMPDIR/vol" bind idmap
	run_script_ok 'chmod 600 /mnt/f; stat -c %u /mnt/f'
	assert_equal "$(stat -c '%u %a' "$BATS_TEST_TMPDIR/vol/f")" "0 600"
}

@test "a mount that fails leaves the host as it was and names the entry" {
	on_shared_host
	add_mount /a tmpfs tmpfs
	add_mount /b tmpfs tmpfs size=bogus
	run_container
	assert_fails "/b"
	assert_rt_says "mounts[8]"
	assert_shared_host_unchanged
}
