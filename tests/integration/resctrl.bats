#!/usr/bin/env bats
load helpers

not_mounted() {
	! grep -q ' - resctrl ' /proc/self/mountinfo || skip "resctrl is mounted"
}

@test "linux.intelRdt is refused where resctrl is not mounted, and leaves nothing" {
	local rdt
	rt_only "runc 1.1 ignores it without the hardware"
	not_mounted
	args true
	for rdt in '{}' '{closID: "gold"}' '{closID: "/"}' '{enableMonitoring: true}' '{schemata: ["L3:0=f"]}'; do
		config ".linux.intelRdt = $rdt"
		create
		assert_fails "mount -t resctrl resctrl /sys/fs/resctrl"
		rt state "$ID"
		[ "$status" -ne 0 ] || fail "the container is left"
	done
}

@test "what is wrong with linux.intelRdt is named" {
	local rdt want
	rt_only "runc 1.1 asks for the hardware first"
	args true
	while IFS='|' read -r rdt want; do
		config ".linux.intelRdt = $rdt"
		create
		assert_fails "$want"
	done <<-'END'
		{closID: ".."}|linux.intelRdt.closID
		{closID: "a/b"}|linux.intelRdt.closID
		{memBwSchema: "L3:0=f"}|linux.intelRdt.memBwSchema
		{schemata: ["L3:0=f\nMB:0=1"]}|linux.intelRdt.schemata[0]
	END
}
