#!/usr/bin/env bats
load helpers

@test "list of an empty root directory is an empty table" {
	rt_ok list
	[[ $stdout =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]] || fail "header"
}

@test "list works when the root directory does not exist" {
	STATE=$BATS_TEST_TMPDIR/none rt_ok list
	STATE=$BATS_TEST_TMPDIR/none rt_ok list --format json
	[ "$stdout" = null ] || [ "$stdout" = '[]' ] || fail "json"
	STATE=$BATS_TEST_TMPDIR/none rt_ok list -q
	assert_out ""
}

@test "list shows every container with pid, status, bundle and owner" {
	args sleep 100
	create_ok
	rt_ok run -d --bundle "$BUNDLE" "$ID-2"
	rt_ok list
	[[ $stdout =~ $ID\ +[1-9][0-9]*\ +created\ +$BUNDLE\ +[^\ ]+\ +root ]] || fail "table"
	[[ $stdout =~ $ID-2\ +[1-9][0-9]*\ +running\ +$BUNDLE\ +[^\ ]+\ +root ]] || fail "table"
}

@test "list --format json gives the same objects as state, and the owner" {
	create_ok
	rt_ok list --format json
	jq -e --arg id "$ID" --arg b "$BUNDLE" 'length == 1 and (.[0] |
		.id == $id and .status == "created" and .pid > 0 and .bundle == $b and .rootfs == $b + "/rootfs"
		and .owner == "root" and (.created | test("^[0-9]{4}-")))' <<<"$stdout" || fail json
	rt_ok list -f json
	jq -e 'length == 1' <<<"$stdout"
}

@test "list --quiet gives ids alone" {
	create_ok
	rt_ok create --bundle "$BUNDLE" "$ID-2"
	rt_ok list --quiet
	assert_equal "$(sort <<<"$stdout")" "$ID
$ID-2"
	rt_ok list -q
	assert_has "$ID"
}

@test "list refuses an unknown format" {
	rt list --format yaml
	assert_fails
	assert_rt_says "yaml" "json"
}

@test "list shows the others when one entry is broken" {
	rt_only "runc panics or hides it (B8)"
	local content
	create_ok
	mkdir "$STATE/broken"
	for content in '' null '{}' garbage; do
		printf '%s' "$content" >"$STATE/broken/state.json"
		rt list
		[[ $stdout == *"$ID "* ]] || fail "the healthy container is missing"
		! [[ $output =~ (panic|goroutine) ]] || fail "panic"
		[[ $output == *broken* ]] || fail "nothing said about the broken entry"
	done
	rm -r "$STATE/broken"
}

@test "list skips an entry that is being deleted and files that are no containers" {
	create_ok
	mkdir "$STATE/empty"
	touch "$STATE/file"
	rt_ok list -q
	rmdir "$STATE/empty"
	rm "$STATE/file"
	assert_has "$ID"
	assert_lacks file
}
