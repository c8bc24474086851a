package spec

import (
	"strings"
	"testing"
)

func TestSysctlPathFollowsTheFirstSeparator(t *testing.T) {
	for key, want := range map[string]string{
		"net.ipv4.ip_forward":                 "net/ipv4/ip_forward",
		"net/ipv4/ip_forward":                 "net/ipv4/ip_forward",
		"net.ipv4.conf.eth0/100.forwarding":   "net/ipv4/conf/eth0.100/forwarding",
		"net/ipv4/conf/eth0.100/forwarding":   "net/ipv4/conf/eth0.100/forwarding",
		"kernel.sem":                          "kernel/sem",
		"net.ipv4.conf.br-4f1d.rp_filter":     "net/ipv4/conf/br-4f1d/rp_filter",
		"fs/mqueue/msg_max":                   "fs/mqueue/msg_max",
		"net.netfilter.nf_log.2.with...dots/": "",
	} {
		got, err := SysctlPath(key)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q is %q, %v, want %q", key, got, err, want)
		}
	}
}

func TestSysctlPathRejects(t *testing.T) {
	for _, tt := range []struct{ name, key, want string }{
		{"an empty key", "", "at least two names"},
		{"one name", "kernel", "at least two names"},
		{"a leading slash", "/net/ipv4/ip_forward", `names other than ""`},
		{"a leading dot", ".net.ipv4", `names other than ""`},
		{"a trailing dot", "net.ipv4.", `names other than ""`},
		{"a trailing slash", "net/ipv4/", `names other than ""`},
		{"two separators in a row", "net..ipv4", `names other than ""`},
		{"a way up", "net/../kernel/core_pattern", `names other than ".."`},
		{"a way up behind swapped separators", "net.//.kernel.core_pattern", `names other than ".."`},
		{"a name that is the directory itself", "net/./ipv4", `names other than "."`},
		{"a NUL byte", "net.ipv4\x00.x", `without the character '\x00'`},
		{"white space", "net.ipv4 .x", `without the character ' '`},
		{"a line break", "net.ipv4\n.x", `without the character '\n'`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p, err := SysctlPath(tt.key); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, %v, want the error %s", p, err, tt.want)
			}
		})
	}
}

func TestParseListReadsNumbersAndRanges(t *testing.T) {
	got, err := ParseList("0-3,7,65535")
	if err != nil || len(got) != 3 || got[0] != (Range{0, 3}) || got[1] != (Range{7, 7}) || got[2] != (Range{65535, 65535}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParseListRejects(t *testing.T) {
	for _, list := range []string{
		"", ",", "1,", ",1", "a", "-1", "1-", "-", "1--2", "1-2-3", "+1", "0x1", " 1", "1 ", "1\n", "65536", "99999999999999999999", "3-1", "1;2",
	} {
		if got, err := ParseList(list); err == nil {
			t.Errorf("%q is %v, want an error", list, got)
		}
	}
}
