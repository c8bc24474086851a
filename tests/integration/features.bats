#!/usr/bin/env bats
load helpers

@test "features is pure JSON on stdout" {
	rt_ok features
	[ -z "$stderr" ] || fail "stderr"
	jq -e . <<<"$stdout" >"$BATS_TEST_TMPDIR/f"
}

@test "features has what containerd, Docker and CRI-O read" {
	rt_only "runc 1.1 knows neither rro nor idmap"
	rt_ok features
	jq -e '(.ociVersionMin | length > 0) and (.ociVersionMax | startswith("1.3"))
		and (.mountOptions | index("rro") != null)
		and (.linux.namespaces | index("user") != null)
		and .linux.mountExtensions.idmap.enabled == true' <<<"$stdout" || fail features
}

@test "features lists the six hooks and the namespaces that the kernel has" {
	rt_ok features
	jq -e '(.hooks | sort) == ["createContainer", "createRuntime", "poststart", "poststop", "prestart", "startContainer"]
		and (.linux.namespaces | contains(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"]))' <<<"$stdout" || fail features
}

@test "features lists time namespaces" {
	rt_only "runc 1.1 has none"
	rt_ok features
	jq -e '.linux.namespaces | index("time") != null' <<<"$stdout"
}

@test "features lists every capability that the kernel has" {
	rt_ok features
	jq -e --argjson last "$(</proc/sys/kernel/cap_last_cap)" '.linux.capabilities | length == $last + 1 and index("CAP_SYS_ADMIN") != null' <<<"$stdout"
}

@test "features lists every mount option of the specification" {
	rt_only "runc 1.1 knows an older table"
	rt_ok features
	local o
	for o in async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec \
		noiversion nolazytime norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime \
		remount rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime \
		rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid \
		symfollow sync tmpcopyup unbindable idmap ridmap; do
		jq -e --arg o "$o" '.mountOptions | index($o) != null' <<<"$stdout" >/dev/null || fail "no $o"
	done
}

@test "features says what of specification 1.3 is there" {
	rt_only "runc 1.1 is older"
	rt_ok features
	jq -e '.linux.netDevices.enabled == true and (.linux.memoryPolicy.modes | index("MPOL_BIND") != null)' <<<"$stdout"
}

@test "features lists the annotations that change what a runtime does" {
	rt_only "runc 1.1 lists none"
	rt_ok features
	jq -e '.potentiallyUnsafeConfigAnnotations | contains(["bundle", "org.systemd.property.", "org.criu.config"])' <<<"$stdout" || fail features
}

@test "features needs no root directory and no environment" {
	env -i "$RUNTIME" features >"$BATS_TEST_TMPDIR/f" 2>&1
	jq -e .ociVersionMax "$BATS_TEST_TMPDIR/f"
}
