# What the suites of attacks share. They run by scripts/test-attacks.sh, on top of
# what the integration tests have.

: "${RT_ATTACK_ROUNDS:?use scripts/test-attacks.sh}"
ATTACK=$RT_TEST_CACHE/attack
load ../integration/helpers

# attack VERB [NAME] [FLAG...]: the hostile program, in a directory that containers
# can reach. What it found is in its output.
attack() {
	local dir=$BATS_TEST_TMPDIR/attack words=("$1") log=$BATS_TEST_TMPDIR/log
	shift
	if [[ ${1:-} != -* && -n ${1:-} ]]; then
		words+=("$1")
		shift
	fi
	mkdir -m 0711 "$dir"
	status=0
	timeout -k 5 "${RT_TIMEOUT:-600}" "$ATTACK/attack" "${words[@]}" -runtime "$RUNTIME" \
		-rootfs "$RT_TEST_CACHE/small" -dir "$dir" -id "$ID" "$@" </dev/null >"$log" 2>&1 || status=$?
	tail -1 "$log"
	[ "$status" -eq 0 ] || fail "attack ${words[*]}: $(head -20 "$log")"
}
