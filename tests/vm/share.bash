# shellcheck shell=bash
# Sourced by tests/vm/run: what goes into the guest at each boot.

# make_job DIR USER COMMAND...: DIR/job.tar, which the guest unpacks at /run/rt-vm: the
# command, its environment, and what the bats suites need (RT_TEST_CACHE).
make_job() {
	local dir=$1 user=$2 name cache=${RT_TEST_CACHE:-/var/cache/rt-test} bundle
	shift 2
	mkdir -p "$dir/job"
	{
		for name in $(compgen -e RT_); do
			case $name in
			RT_TEST_CACHE | RT_TEST_BUNDLE) ;;
			*) printf 'export %s=%q\n' "$name" "${!name}" ;;
			esac
		done
		[ ! -t 0 ] || printf 'export TERM=%q RT_VM_STTY="rows %s cols %s"\n' "${TERM:-linux}" $(stty size)
	} >"$dir/job/env"
	printf '%q ' "$@" >"$dir/job/command"
	[ $# -gt 0 ] || : >"$dir/job/command"
	echo "$user" >"$dir/job/user"
	bundle=$("$root/scripts/test-integration.sh" --prepare)
	tar -cf "$dir/job.tar" -C "$dir" job -C "$cache" --transform 'flags=r;s,^\(bin\|small\|busybox\|bundle-\),cache/\1,' \
		bin small busybox "$(basename "$bundle")"
}

# make_initramfs GUEST FILE: busybox, the modules of the boot, and guest/initramfs.
make_initramfs() {
	local dir=$work/initramfs.dir
	mkdir -p "$dir"/{bin,dev,proc,sys,run,newroot}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	cp -r "$1/modules" "$1/modules.list" "$dir/"
	cp "$here/guest/initramfs" "$dir/init"
	(cd "$dir" && find . | cpio --quiet -o -H newc -R 0:0) >"$2"
}
