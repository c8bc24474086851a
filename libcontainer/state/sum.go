package state

import "fmt"

// sumLen is the length of the last member of a record on disk, with the object's
// end: a checksum of all that is before it.
const sumLen = len(`,"sum":"0000000000000000"}`)

// withSum adds the checksum to an encoded record.
func withSum(data []byte) []byte {
	data = data[:len(data)-1]
	return append(data, member(data)...)
}

// summed reports whether the checksum is right.
func summed(data []byte) bool {
	if len(data) < sumLen {
		return false
	}
	text := data[:len(data)-sumLen]
	return string(data[len(text):]) == member(text)
}

func member(text []byte) string { return `,"sum":"` + checksum(text) + `"}` }

// checksum is FNV-1a with 64 bits: no single byte can change without it, and it
// needs no table.
func checksum(text []byte) string {
	sum := uint64(0xcbf29ce484222325)
	for _, b := range text {
		sum = (sum ^ uint64(b)) * 0x100000001b3
	}
	return fmt.Sprintf("%016x", sum)
}
