#!/bin/bash
# Make a root filesystem, once: a directory that is there is left as it is.
#
#   make-rootfs.sh busybox DIR [APPLET...]   static busybox, with all its applets or those named
#   make-rootfs.sh debian  DIR               Debian 12, debootstrap's minbase variant
#
# Environment: BUSYBOX, another architecture's instead of this machine's
set -euo pipefail

kind=${1:?usage: make-rootfs.sh busybox|debian DIR [APPLET...]}
dir=${2:?usage: make-rootfs.sh busybox|debian DIR [APPLET...]}
shift 2

mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9
[ ! -e "$dir" ] || exit 0

# Built beside its place and moved in whole: a directory that exists is complete.
new=$dir.new.$$
trap 'rm -rf "$new"' EXIT

make_busybox() {
	local applet
	mkdir -p "$new"/{bin,dev,etc,home,lib,mnt,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin,var}
	chmod 1777 "$new/tmp"
	chmod 0700 "$new/root"
	cp "${BUSYBOX:-$(command -v busybox)}" "$new/bin/busybox"
	if [ $# -eq 0 ]; then
		mapfile -t applets < <(busybox --list) # Debian's is built alike everywhere
		set -- "${applets[@]}"
	fi
	for applet; do
		[ -e "$new/bin/$applet" ] || ln -s busybox "$new/bin/$applet"
	done
	cat >"$new/etc/passwd" <<-'EOF'
		root:x:0:0:root:/root:/bin/sh
		daemon:x:1:1:daemon:/usr/sbin:/bin/false
		user:x:1000:1000:user:/home/user:/bin/sh
		nobody:x:65534:65534:nobody:/:/bin/false
	EOF
	cat >"$new/etc/group" <<-'EOF'
		root:x:0:
		daemon:x:1:
		tty:x:5:
		user:x:1000:
		nogroup:x:65534:
	EOF
	mkdir -p "$new/home/user"
	chown 1000:1000 "$new/home/user"
}

make_debian() {
	debootstrap --variant=minbase bookworm "$new" >"$dir.log" 2>&1 ||
		{ tail -5 "$dir.log" >&2; exit 1; }
	rm -rf "$new"/var/cache/apt/archives/*.deb "$new"/var/lib/apt/lists/*
	# The console that a login shell is tried on belongs to root without a password.
	sed -i 's/^root:[^:]*:/root::/' "$new/etc/shadow"
}

case $kind in
busybox) make_busybox "$@" ;;
debian) make_debian ;;
*) echo "make-rootfs.sh: unknown kind $kind: busybox or debian" >&2; exit 2 ;;
esac
chmod 0755 "$new"
mv "$new" "$dir"
