#!/usr/bin/env bats
load helpers

setup() {
	rt_only "runc 1.1 has no time namespaces"
	needs_kernel 5.6 "time namespaces"
	setup_test
	config '.linux.namespaces += [{type: "time"}]'
	args probe clocks
}

# offset CLOCK: how far the container's clock is ahead of the host's, in seconds.
offset() {
	local host name
	host=$("$BIN/probe" clocks)
	[[ $host =~ $1=([0-9]+) ]]
	host=${BASH_REMATCH[1]}
	[[ $stdout =~ $1=(-?[0-9]+) ]]
	echo $((BASH_REMATCH[1] - host))
}

near() {
	local d=$(($1 - $2))
	[ "${d#-}" -le 3 ] || fail "offset $1, want $2"
}

@test "time offsets move both clocks" {
	config '.linux.timeOffsets = {monotonic: {secs: 172800}, boottime: {secs: 604800}}'
	run_ok
	near "$(offset monotonic)" 172800
	near "$(offset boottime)" 604800
}

@test "nanoseconds of an offset are added" {
	config '.linux.timeOffsets = {monotonic: {secs: 1000, nanosecs: 999999999}}'
	run_ok
	near "$(offset monotonic)" 1000
	near "$(offset boottime)" 0
}

@test "no offsets leave the clocks as they are" {
	run_ok
	near "$(offset monotonic)" 0
}

@test "an unknown clock is refused" {
	config '.linux.timeOffsets = {realtime: {secs: 1}}'
	run_container
	assert_fails "linux.timeOffsets" "realtime"
}

@test "offsets without a time namespace are refused" {
	config '.linux.timeOffsets = {monotonic: {secs: 1}} | del(.linux.namespaces[] | select(.type == "time"))'
	run_container
	assert_fails "linux.timeOffsets"
}

@test "an offset that would make a clock negative is refused" {
	config '.linux.timeOffsets = {monotonic: {secs: -99999999999}}'
	run_container
	assert_fails "linux.timeOffsets"
}

@test "nanoseconds of a second or more are refused" {
	config '.linux.timeOffsets = {monotonic: {secs: 1, nanosecs: 1000000000}}'
	run_container
	assert_fails 'linux.timeOffsets[\"monotonic\"].nanosecs'
}

@test "time offsets work in a user namespace" {
	use_userns
	config '.linux.timeOffsets = {boottime: {secs: 5000}}'
	run_ok
	near "$(offset boottime)" 5000
}
