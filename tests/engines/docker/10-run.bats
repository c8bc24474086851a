load ../lib

@test "run gives a program's output and exit status" {
	ok docker run --rm busybox echo hello
	is hello
	fails 42 docker run --rm busybox sh -c 'exit 42'
}
