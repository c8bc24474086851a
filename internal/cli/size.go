package cli

import (
	"math"
	"strconv"
	"strings"
)

// parseSize reads an amount of memory: a number of bytes, or a number, which may have
// a fraction, with one of k, m, g, t, p in either case for powers of 1024, behind
// which B or iB may stand; 10485760, 10M, 10MB, 10MiB and 0.5g are sizes. -1 is
// unlimited.
func parseSize(s string) (int64, bool) {
	if s == "-1" {
		return -1, true
	}
	end := strings.LastIndexAny(s, "0123456789") + 1
	number, unit := s[:end], strings.ToLower(strings.TrimPrefix(s[end:], " "))
	if strings.Trim(number, "0123456789.") != "" {
		return 0, false // hexadecimal, an exponent, a sign
	}
	factor := int64(1)
	if unit != "" && unit != "b" {
		power := strings.IndexByte("kmgtp", unit[0])
		if rest := unit[1:]; power < 0 || rest != "" && rest != "b" && rest != "ib" {
			return 0, false
		}
		factor <<= 10 * (power + 1)
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && n <= math.MaxInt64/factor {
		return n * factor, true
	}
	f, err := strconv.ParseFloat(number, 64)
	f *= float64(factor)
	if err != nil || f >= math.MaxInt64 {
		return 0, false
	}
	return int64(f), true
}
