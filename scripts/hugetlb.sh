#!/bin/bash
# Mount the cgroup v1 hierarchy of hugetlb, or unmount it again. Debian's crun does not
# start on a host with cgroup v1 whose kernel has hugetlb if nobody has mounted it.
#
#   hugetlb.sh mount      prints the directory, or nothing where there is nothing to do
#   hugetlb.sh umount DIRECTORY
#
# In a mount namespace of its own the caller's mount is nobody else's; the hierarchy is
# everybody's: hugetlb is gone from cgroup v2 meanwhile.
set -euo pipefail
dir=/sys/fs/cgroup/hugetlb

case ${1:-} in
mount)
	[ "$(stat -f -c %T /sys/fs/cgroup)" = tmpfs ] && ! mountpoint -q "$dir" || exit 0
	grep -Eq '^hugetlb.*1$' /proc/cgroups || exit 0
	made=
	[ -d "$dir" ] || { mkdir "$dir" && made=1; }
	# On a hybrid host it may be in use by cgroup v2, also by cgroups that the kernel still
	# removes; if it stays so, there is nothing to mount.
	for ((n = 0; n < 20; n++)); do
		if mount -t cgroup -o hugetlb cgroup "$dir" 2>/dev/null; then
			echo "$dir"
			exit
		fi
		sleep 0.1
	done
	[ -z "$made" ] || rmdir "$dir"
	;;
umount)
	# A hierarchy stays after its last mount while the kernel still removes cgroups in
	# it; only the end of a mount ends it.
	for ((n = 0; n < 30; n++)); do
		umount "$2"
		grep -Eq '^hugetlb[[:space:]]+[1-9]' /proc/cgroups || break
		sleep 0.1
		mount -t cgroup -o hugetlb cgroup "$2"
	done
	! mountpoint -q "$2" || umount "$2"
	# Removing a directory unmounts it in every other mount namespace too (Linux 3.18).
	rmdir "$2"
	;;
*) echo "usage: scripts/hugetlb.sh mount | umount DIRECTORY" >&2; exit 2 ;;
esac
