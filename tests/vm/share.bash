# shellcheck shell=bash
# Sourced by tests/vm/run: what goes into the guest at each boot.

# make_job DIR USER COMMAND...: DIR/job.tar, which the guest unpacks at /run/rt-vm: the
# command, its environment, and what the bats suites need (RT_TEST_CACHE), with what
# RT_VM_ALSO names of it besides.
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
		# An emulated CPU is slow, and more so on a busy host.
		[[ " ${machine[*]} " == *" kvm "* ]] || echo 'export RT_TEST_PATIENCE=6 RT_TEST_TIMEOUT=${RT_TEST_TIMEOUT:-1800}'
		[ ! -t 0 ] || printf 'export TERM=%q RT_VM_STTY="rows %s cols %s"\n' "${TERM:-linux}" $(stty size)
	} >"$dir/job/env"
	printf '%q ' "$@" >"$dir/job/command"
	[ $# -gt 0 ] || : >"$dir/job/command"
	echo "$user" >"$dir/job/user"
	# For another architecture the same, made with its compiler and its busybox.
	if [ "$arch" != "$(dpkg --print-architecture)" ]; then
		cache+=/$arch
		local -x RT_TEST_CACHE=$cache BUSYBOX=$guest/busybox CC=aarch64-linux-gnu-gcc
	fi
	bundle=$("$root/scripts/test-integration.sh" --prepare)
	# shellcheck disable=SC2086 # words
	tar -cf "$dir/job.tar" -C "$dir" job -C "$cache" --transform 'flags=r;s,^\(bin\|small\|busybox\|bundle-\|newer\),cache/\1,' \
		bin small busybox "$(basename "$bundle")" ${RT_VM_ALSO:-}
}

# make_initramfs GUEST FILE [INIT]: busybox, the modules of the boot, and guest/initramfs
# or the text INIT.
make_initramfs() {
	local dir=$2.dir
	mkdir -p "$dir"/{bin,dev,proc,sys,run,newroot}
	cp "$1/busybox" "$dir/bin/busybox"
	cp -r "$1/modules" "$1/modules.list" "$dir/"
	cp "$here/guest/initramfs" "$dir/init"
	[ -z "${3:-}" ] || echo "$3" >"$dir/init"
	(cd "$dir" && find . | cpio --quiet -o -H newc -R 0:0) >"$2"
	rm -rf "$dir"
}

# machine_of GUEST ARCH: sets qemu_system, machine (words for it) and tty.
# shellcheck disable=SC2034,SC2054 # used where this is sourced; QEMU's commas
machine_of() {
	if [ "$2" = arm64 ]; then
		qemu_system=qemu-system-aarch64 tty=ttyAMA0
		machine=(-machine virt -accel tcg,thread=multi,tb-size=512 -cpu cortex-a72)
		return
	fi
	qemu_system=qemu-system-x86_64 tty=ttyS0
	if [ "${RT_VM_ACCEL:-$(accelerator "$1")}" = kvm ]; then
		machine=(-machine pc "${kvm[@]}")
	else
		machine=(-machine pc -accel tcg,thread=multi,tb-size=512 -cpu max)
	fi
}

# What some hosts of hosts do not let be set is left out.
kvm=(-accel kvm -cpu "host,-arch-capabilities")

# accelerator GUEST prints kvm where a guest runs with it, else tcg. A host can have a
# /dev/kvm on which no kernel gets far, so a boot decides, once for each boot of the host.
accelerator() {
	local answer
	answer=$1/accelerator.$(</proc/sys/kernel/random/boot_id)
	if [ ! -s "$answer" ]; then
		if [ -w /dev/kvm ] && boots_with_kvm "$1"; then echo kvm; else echo tcg; fi >"$answer.$$"
		mv "$answer.$$" "$answer"
	fi
	cat "$answer"
}

boots_with_kvm() {
	make_initramfs "$1" "$work/probe" $'#!/bin/busybox sh\necho rt-vm: booted\n/bin/busybox poweroff -f'
	timeout -k 1 10 qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none -machine pc "${kvm[@]}" \
		-smp 2 -m 512 -kernel "$1/vmlinuz" -initrd "$work/probe" -append "console=ttyS0 panic=-1" -serial "file:$work/probe.out" \
		</dev/null >/dev/null 2>&1
	grep -q 'rt-vm: booted' "$work/probe.out" 2>/dev/null
}
