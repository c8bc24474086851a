@test "a case that passes" {
	true
}
