package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// A Range is a run of CPUs or memory nodes, both ends included.
type Range struct{ First, Last int }

// maxListed is above the largest number of CPUs or memory nodes a kernel can be
// built for (8192), and keeps what follows from a list small.
const maxListed = 1<<16 - 1

// ParseList parses a list of CPUs or memory nodes as cpuset(7) defines it:
// numbers and ranges separated by commas, "0-3,7". The ranges are in the order
// given and may overlap.
func ParseList(list string) ([]Range, error) {
	var ranges []Range
	for item := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		a, okA := listNumber(first)
		b, okB := listNumber(last)
		switch {
		case !okA || !okB:
			return nil, fmt.Errorf("got %q, want numbers and ranges separated by commas, such as \"0-3,7\"", excerpt(list, 60))
		case a > b:
			return nil, fmt.Errorf("got %q, where the range %s runs backwards, want %s-%s", excerpt(list, 60), item, last, first)
		}
		ranges = append(ranges, Range{a, b})
	}
	return ranges, nil
}

// listNumber reads digits only; package strconv would take a sign too.
func listNumber(s string) (int, bool) {
	if s == "" || skipDigits(s, 0) != len(s) {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= maxListed
}
