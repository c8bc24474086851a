# shellcheck shell=bash
# Sourced by the helpers of every suite: what makes bats quick.

# Debian's jq takes 25 ms to start, gojq 10, and there are thousands of calls.
jq() { gojq "$@"; }

# untraced, for setup: bats notes each command that is run, which takes longer than the
# command. What it is for is the line of the test that failed: the lines of helpers can do
# without. Without functrace the end that bats_error_trap puts to it is one for that
# function alone.
untraced() {
	set +o functrace
	trap 'bats_error_trap; trap - DEBUG' ERR
}
