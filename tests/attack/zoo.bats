#!/usr/bin/env bats
load helpers

@test "S61: hostile root file systems run confined or are refused in one line and at once" {
	rt_only "runc 1.1 hangs on some"
	attack zoo -rounds "$RT_ATTACK_TREES" -seed "$RT_ATTACK_SEED"
}

@test "S61: a tree and what comes of it follow from the seed" {
	rt_only "see above"
	local n
	for n in 1 2; do
		attack zoo -rounds 4 -seed 7 -v
		sed 's/time="[^"]*"//; s/slowest call [^,]*//' "$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/log.$n"
		rm -rf "$BATS_TEST_TMPDIR/attack"
	done
	diff "$BATS_TEST_TMPDIR/log.1" "$BATS_TEST_TMPDIR/log.2"
}
