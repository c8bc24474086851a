package dbus

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// socketOf finds the first unix socket in a D-Bus address, which lists places to
// try: "unix:path=/run/user/1000/bus,guid=...;unix:abstract=...".
func socketOf(address string) (*unix.SockaddrUnix, error) {
	for entry := range strings.SplitSeq(address, ";") {
		rest, ok := strings.CutPrefix(entry, "unix:")
		if !ok {
			continue
		}
		for pair := range strings.SplitSeq(rest, ",") {
			key, value, _ := strings.Cut(pair, "=")
			path, err := unescape(value)
			if err != nil {
				return nil, fmt.Errorf("D-Bus address %q: %w", address, err)
			}
			switch key {
			case "path":
				return &unix.SockaddrUnix{Name: path}, nil
			case "abstract":
				return &unix.SockaddrUnix{Name: "@" + path}, nil
			case "runtime":
				if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
					return &unix.SockaddrUnix{Name: dir + "/bus"}, nil
				}
				return nil, fmt.Errorf("D-Bus address %q: XDG_RUNTIME_DIR is not set", address)
			}
		}
	}
	return nil, fmt.Errorf("D-Bus address %q names no unix socket, want for instance unix:path=/run/dbus/system_bus_socket", address)
}

// unescape replaces %XX.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 > len(s) {
			return "", errors.New("an escape is cut off")
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%q is no escape", s[i:i+3])
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String(), nil
}
