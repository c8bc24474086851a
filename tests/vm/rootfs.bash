# shellcheck shell=bash
# Sourced by tests/vm/build: the root file system of a guest.

# make_rootfs ARCH DIR: Debian 12 with the packages that are listed, and a user.
make_rootfs() {
	local arch=$1 fs=$2
	if [ "$arch" = "$(dpkg --print-architecture)" ]; then
		bootstrap "$arch" "$fs"
		add_policy "$fs"
		# useradd gives the user 65536 subordinate ids.
		chroot "$fs" useradd --create-home --uid 1000 --shell /bin/bash user
		sed -i 's/^\(root\|user\):[^:]*:/\1::/' "$fs/etc/shadow"
	else
		bootstrap "$arch" "$fs" --foreign
		unpack "$fs"
	fi
	rm -rf "$fs"/var/cache/apt/*.bin "$fs"/var/cache/apt/archives/*.deb "$fs"/var/lib/apt/lists/* \
		"$fs"/usr/share/{doc,locale,man} "$fs/etc/machine-id"
	: >"$fs/etc/machine-id"
	echo rt-vm >"$fs/etc/hostname"
	printf '/dev/vda / ext4 defaults 0 0\n' >"$fs/etc/fstab"
	mkdir -p "$fs/rt" "$fs/var/lib/systemd/linger"
}

# bootstrap ARCH DIR [OPTION]
bootstrap() {
	local include
	include=$(cat "$here/packages"; [ "$1" = amd64 ] || echo "linux-image-$1")
	# shellcheck disable=SC2086 # none is no word
	debootstrap --arch="$1" ${3:-} --variant=minbase \
		--include="$(sed "s/ *#.*//; /^$/d; /:/{/:$1$/!d; s/:.*//}" <<<"$include" | paste -sd,)" \
		bookworm "$2" >"$new/log" 2>&1 || { tail -5 "$new/log" >&2; exit 1; }
}

# add_policy DIR: the types of the SELinux suite, in Debian's policy. It is compiled
# here, where that takes seconds.
add_policy() {
	cp "$here/guest/rt.cil" "$1/tmp/"
	chroot "$1" semodule --noreload --store=default --install=/tmp/rt.cil >&2
	rm "$1/tmp/rt.cil"
}

# unpack DIR: everything that debootstrap fetched for a CPU that this machine has not.
# Nothing is configured, which would need that CPU: scripts and programs run as they are.
unpack() {
	local deb
	for deb in "$1"/var/cache/apt/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$1" --keep-directory-symlink
	done
	rm -rf "$1/debootstrap" "$1/proc" # which leads to this machine's
	mkdir "$1/proc"
	cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"
	cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"
	ln -sf mawk "$1/usr/bin/awk"
	[ -e "$1/bin/sh" ] || ln -s dash "$1/bin/sh"
}
