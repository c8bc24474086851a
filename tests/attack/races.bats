#!/usr/bin/env bats
load helpers

# Each test makes RT_ATTACK_ROUNDS containers while somebody who shares a directory
# with them exchanges names in it, some thousand times during each create. Nothing of
# the host may be mounted, made, written or seen, whether create succeeds or not.

race() {
	rt_only "other runtimes look paths up more than once"
	attack race "$1" -rounds "$RT_ATTACK_ROUNDS"
}

@test "S12, S13: mount points in a volume that is swapped meanwhile stay in the volume" {
	race volume
}

@test "S03: a working directory that is swapped meanwhile is none of the host's" {
	race cwd
}

@test "S14, S15: a /dev that is swapped for a link leaves the host alone" {
	race dev
}

@test "S16: a terminal in a /dev that is swapped meanwhile is a terminal" {
	race console
}

@test "S17, S19: masks and read-only paths hold in a rootfs whose /proc is swapped meanwhile" {
	race masks
}

@test "S17, S19: and so they do when the host's /proc and /sys are bound" {
	race bound-masks
}

@test "S18: stdio stays the caller's when /dev/null is swapped for a link" {
	race stdio
}

@test "S20: a read-only root is read-only when the image's /proc is swapped meanwhile" {
	race readonly
}

@test "S21: what is written to procfs arrives there when the rootfs' /proc is swapped" {
	race sysctl
}

@test "tmpcopyup opens no device and follows no link in a directory that is swapped" {
	race copyup
}
